from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from reporting.report import report
from results.records import (
    Case,
    Complexity,
    Direction,
    Environment,
    Failed,
    FailureKind,
    Measured,
    Run,
    Skipped,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeMeasured = Callable[..., Measured]
    MakeRun = Callable[..., Run]


@pytest.fixture
def full_run(host: Case, make_run: MakeRun, make_measured: MakeMeasured, plain_counts: Complexity) -> Run:
    """A run with everything in it; the backward case comes first, as rounds in random order may have it."""
    backward = replace(host, direction=Direction.BACKWARD)
    mine = replace(host, implementation="mine", source="1" * 8, slot="spatial_conv")
    return make_run(
        Measured(case=replace(host, suite="complexity"), result=plain_counts),
        make_measured(backward, 2.0),
        make_measured(host, 0.812),
        Failed(case=mine, kind=FailureKind.EXCEPTION, error="ValueError: <tensor> | no"),
        Skipped(case=replace(mine, input=mine.input.with_batch(32)), reason="a smaller batch failed"),
        pending=[replace(backward, implementation="mine")],
    )


def headings(markdown: str) -> list[str]:
    """Return the headings as a Markdown parser sees them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [f"{token.tag} {content.content}" for token, content in pairwise(tokens) if token.type == "heading_open"]


def test_sections_come_in_order(full_run: Run) -> None:
    """The summary, sizes before times, failures, what was not reached, how to read it, counters, and notes once."""
    assert headings(report(full_run)) == [
        "h1 complexity, latency: run 2026-11-21T21-40-07-latency",
        "h2 Summary",
        "h3 resnext50_16x4d",
        "h2 Complexity",
        "h3 Sizes, resnext50_16x4d, input 1×3×32×32, 100 classes",
        "h2 Latency",
        "h3 Times, resnext50_16x4d, input 1×3×32×32, 100 classes, float32, cpu",
        "h2 Failed and skipped cases",
        "h3 2 cases without a result",
        "h2 Not reached",
        "h3 1 case not reached",
        "h2 How to read this report",
        "h2 How to cite this run",
        "h2 Where the counters disagree",
        "h3 Operators, resnext50_16x4d, input 1×3×32×32, 100 classes",
        "h2 Notes",
    ]


def test_the_summary_says_what_ran_on_what(full_run: Run) -> None:
    """One paragraph: how many cases, how they ended, when, and the machine and software in full."""
    assert report(full_run).splitlines()[6] == (
        "6 cases: 3 measured, 1 failed, 1 skipped, 1 not reached. Started at 2026-11-21T21:40:07Z (UTC). "
        "CPU: Example CPU, 2 cores, 2 threads, 8.00 GiB. No GPU. Software: attnbench 0.1.0 (commit 0123456789ab), "
        "torch 2.15.0, torchvision 0.30.0, Python 3.11.7, Linux 6.1 x86_64."
    )


def test_the_summary_names_gpu_and_driver(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured, gpu_environment: Environment
) -> None:
    """A GPU is named with its memory, its compute capability, and the versions that drive it."""
    run = make_run(make_measured(replace(host, device="cuda", threads=None), 1.0), environment=gpu_environment)
    assert (
        "GPU: Example GPU, 139 GiB, compute capability 9.0, driver 570.1, CUDA 12.8, cuDNN 91002. "
        "Software: attnbench 0.1.0, torch 2.15.0"
    ) in report(run)


def test_failures_are_listed_with_their_cause(full_run: Run) -> None:
    """Each case without a result has a line that names it in full and says what happened."""
    rendered = report(full_run)
    lines = [line for line in rendered.splitlines() if line.startswith("| latency ")][:2]
    assert [[cell.strip() for cell in line.replace(r"\|", "/").split("|")[2:4]] for line in lines] == [
        [
            "mine (spatial_conv) in resnext50_16x4d, forward, batch 1, float32, cpu, input 1×3×32×32, 100 classes",
            "failed ¹",
        ],
        [
            "mine (spatial_conv) in resnext50_16x4d, forward, batch 32, float32, cpu, input 32×3×32×32, 100 classes",
            "skipped ²",
        ],
    ]
    assert rendered.splitlines()[-2:] == [
        r"- ¹ ValueError: \<tensor> \| no. The traceback is in records.jsonl.",
        "- ² Skipped: a smaller batch failed",
    ]


def test_it_says_how_to_read_and_repeat_it(full_run: Run) -> None:
    """What was asked of the samples, the clock, the directions and the seed are explained; the command is exact."""
    rendered = report(full_run)
    assert (
        "taken until the intervals of the median and of the ratio are within ± 1.0%, or 5.00 s of sampling are spent"
        in rendered
    )
    assert (
        "A slow case may spend four times that, and 2 s at least, on the six samples that an interval takes" in rendered
    )
    assert "what the others are divided by is sampled for as long as they are" in rendered
    assert "**clock**: a fake clock. " in rendered
    assert (
        "- **backward**: gradients of all parameters, and of the input except in networks, from a graph made before."
    ) in rendered
    assert "reaches more than twice as far to one side as to the other, stands in brackets itself" in rendered
    assert (
        "Outliers are further from the middle half of the samples than three times the range of that half" in rendered
    )
    assert "in random order (seed 7)" in rendered
    assert "`attnbench report .`" in rendered


def test_what_did_not_happen_has_no_section(host: Case, make_run: MakeRun, plain_counts: Complexity) -> None:
    """A run of counts alone says nothing of latency, samples or failures."""
    run = make_run(Measured(case=replace(host, suite="complexity"), result=plain_counts))
    rendered = report(run)
    assert "## Latency" not in rendered
    assert "median" not in rendered
    assert "samples" not in rendered
    assert "Failed" not in rendered


def test_a_run_that_reached_nothing_still_has_a_report(host: Case, make_run: MakeRun) -> None:
    """Interrupted before the first case, a run says so."""
    rendered = report(make_run(pending=[host]))
    assert "1 case: 0 measured, 0 failed, 0 skipped, 1 not reached." in rendered
    assert headings(rendered)[1:] == [
        *("h2 Not reached", "h3 1 case not reached", "h2 How to read this report", "h2 How to cite this run"),
    ]
    assert "Go on from the folder that holds this report: attnbench run --resume ." in rendered
