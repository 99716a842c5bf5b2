"""The first table of a report: one row an attention and network, figures equal to those of the details."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.details import latency_details, memory_details
from reporting.noise import unfit
from reporting.report import document, report
from reporting.summarizing import summarize
from reporting.summary import Figure
from results.records import Case, Count, Direction, Failed, FailureKind, Logits, Measured, Memory, NoiseFloor, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporting.summary import Summary
    from results.records import Complexity, Run

    MakeMeasured = Callable[..., Measured]
    MakeRun = Callable[..., Run]

CANNOT = "ValueError: Expected more than 1 value per channel when training, got input size torch.Size([1, {0}, 1, 1])"
BYTES = Memory(saved_bytes=0, peak_live_bytes=3 * 2**20, read_bytes=9, written_bytes=9, operators=3)


@pytest.fixture
def run(host: Case, make_run: MakeRun, make_measured: MakeMeasured, plain_counts: Complexity) -> Run:
    """Two attentions in two networks, two batches, two directions; training on one image fails for one of them."""
    counts = replace(
        plain_counts,
        counts=(*plain_counts.counts, Count(rule="fvcore", unit=Unit.MAC, total=1_000_000, by_operator=())),
    )
    outcomes: list[Measured | Failed] = []
    for network, name in product(("resnext50_16x4d", "mobilenet_v3_small"), ("none", "se")):
        case = replace(host, host=network, implementation=name, slot=None if name == "none" else "block_output")
        outcomes.append(Measured(case=replace(case, suite="complexity", threads=1), result=counts))
        for batch, direction in product((1, 8), (Direction.FORWARD, Direction.FORWARD_BACKWARD)):
            timed = replace(case, input=case.input.with_batch(batch), direction=direction)
            if name == "se" and batch == 1 and direction is Direction.FORWARD_BACKWARD:
                error = CANNOT.format(len(network))
                outcomes.append(Failed(case=timed, kind=FailureKind.EXCEPTION, error=error))
                continue
            outcomes.append(make_measured(timed, 0.001 * batch * (2 if name == "se" else 1)))
            outcomes.append(Measured(case=replace(timed, suite="memory"), result=BYTES))
    return make_run(*outcomes)


def summary_of(run: Run) -> Summary:
    """Return the summary, which there is."""
    found = summarize(run)
    assert found is not None
    return found


def test_a_network_is_a_panel_of_nine_columns(run: Run) -> None:
    """Sizes by one named rule, each direction and batch, the last ratio and memory."""
    first, second = summary_of(run).panels()
    assert (first.title, second.title) == ("resnext50_16x4d", "mobilenet_v3_small")
    assert [column.title for column in first.columns] == [
        "attention",
        "parameters (M)",
        "MACs (M)",
        "forward b1",
        "forward b8",
        "forward+backward b1",
        "forward+backward b8",
        "÷ plain (forward+backward b8)",
        "peak live (forward+backward b8)",
    ]
    assert first.texts[1] == (
        *("se", "6.22", "1.00", "2.00 ms ± 0.0%", "16.0 ms ± 0.0%", "failed ¹", "16.0 ms ± 0.0%"),
        *("2.000 [2.000, 2.000]", "3.00 MiB"),
    )
    assert "MACs by fvcore's rule" in first.caption


def test_two_latencies_stand_beside_both_ratios(run: Run) -> None:
    """There is room for them; of four, the last ratio has a column."""
    of_eight = [each for each in run.outcomes if each.case.input.batch == 8 or each.case.suite == "complexity"]
    panel, _ = summary_of(replace(run, outcomes=tuple(of_eight))).panels()
    assert [column.title for column in panel.columns[3:]] == [
        *("forward b8", "÷ plain (forward b8)", "forward+backward b8", "÷ plain (forward+backward b8)"),
        "peak live (forward+backward b8)",
    ]


def test_many_conditions_are_more_panels(run: Run) -> None:
    """Six latencies are a panel a direction, each with its own ratio; sizes stand in the first."""
    more = [
        replace(outcome, case=replace(outcome.case, input=outcome.case.input.with_batch(32)))
        for outcome in run.outcomes
        if outcome.case.suite == "latency" and outcome.case.input.batch == 8
    ]
    plan = replace(run.plan, blocks=(*run.plan.blocks, *replace_blocks(run, 8, 32)))
    wider = replace(run, plan=plan, outcomes=(*run.outcomes, *more))
    titles = [[column.title for column in panel.columns[1:]] for panel in summary_of(wider).panels()[:2]]
    assert titles == [
        [
            *("parameters (M)", "MACs (M)", "forward b1", "forward b8", "forward b32", "÷ plain (forward b32)"),
            "peak live (forward b8)",
        ],
        [
            *("forward+backward b1", "forward+backward b8", "forward+backward b32"),
            *("÷ plain (forward+backward b32)", "peak live (forward+backward b8)"),
        ],
    ]


def replace_blocks(run: Run, batch: int, other: int) -> list[object]:
    """Return the timed blocks of one batch with another."""
    return [
        block.with_cases(lambda case: replace(case, input=case.input.with_batch(other)))
        for block in run.plan.blocks
        if block.shared.suite == "latency" and block.shared.input.batch == batch
    ]


def test_its_figures_are_those_of_the_details(run: Run) -> None:
    """Each latency, ratio and peak is the very cell that the details have."""
    found = summary_of(run)
    (times,), (memory,) = latency_details(run), memory_details(run)
    details = {
        Figure.LATENCY: (times, "latency"),
        Figure.RATIO: (times, "÷ plain"),
        Figure.PEAK: (memory, "peak live"),
    }
    compared = 0
    for row, column in product(found.rows, found.columns):
        if column.condition is None:
            continue
        table, title = details[column.figure]
        key = (row.attention, row.network, column.condition.direction, str(column.condition.batch))
        for there in (each for each, shown in zip(table.rows, table.texts, strict=True) if shown[:4] == key):
            place = [head.title for head in table.columns].index(title)
            assert row.cells[found.columns.index(column)] == there[place]
            compared += 1
    assert compared == 46


def test_failures_that_differ_in_sizes_share_a_footnote(run: Run) -> None:
    """It says what to do; the summary and the details have the same number."""
    rendered = report(run)
    footnotes = [line for line in rendered.splitlines() if line.startswith("- ¹")]
    assert footnotes == [
        (
            "- ¹ ValueError: Expected more than 1 value per channel when training. "
            "Batch norm over pooled features cannot be trained on one image: use --batch-size 2."
        )
    ]
    assert "²" not in rendered


def test_each_note_stands_once(run: Run) -> None:
    """Also where two networks, two batches and two directions have it."""
    lines = [line for line in report(run).splitlines() if line and not line.startswith("|")]
    assert len(lines) == len(set(lines))


def test_an_unfit_machine_is_a_banner(run: Run) -> None:
    """Noise beyond a tenth, or threads that waited for cores, stand before all else."""
    floor = NoiseFloor(
        relative=0.41,
        pairs=9,
        seconds_per_call=0.1,
        builds=6,
        device="cpu",
        timing=run.plan.cases[1].timing,
        subject=run.plan.cases[1].subject,
    )
    noisy = replace(run, noise_floors=(floor,), disturbances=("2 threads waited for a core; take --threads 1",))
    assert unfit(run) == ()
    assert document(run).banner == ()
    first, second = document(noisy).banner
    assert first.startswith("Too noisy to compare times: the noise floor of cpu, cases is ± 41.0%")
    assert second == "2 threads waited for a core; take --threads 1"
    assert report(noisy).splitlines()[2] == f"**{first}**"


def test_functions_and_empty_runs_have_no_summary(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """Logit functions have a table of their own over all shapes."""
    softmax = replace(host, implementation="softmax", host=None, input=Logits(shape=(4, 10), dim=1))
    assert summarize(make_run(make_measured(softmax, 1.0))) is None
    assert summarize(make_run(pending=[host])) is None


def test_a_run_of_one_record_has_a_summary(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """Without counts and memory there are no columns for them."""
    (panel,) = summary_of(make_run(make_measured(host, 0.5))).panels()
    assert panel.texts == (("(none)", "500 ms ± 0.0%", "1"),)
