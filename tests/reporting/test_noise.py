"""Promises of reports of a machine that was too noisy: they open with it, and call nothing faster or slower."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.conjecture import answers
from reporting.logit_function_tables import logit_function_tables
from reporting.machine_notes import machine_notes
from reporting.published.speeds import load_speeds
from reporting.report import report
from reporting.speed_tables import Measured as Column
from reporting.speed_tables import Timed, speed_tables
from results.records import Case, Direction, Logits, NoiseFloor, Subject, Timing, When
from results.stats import Ratio

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Measured, Run

QUIET = NoiseFloor(
    relative=0.02,
    pairs=40,
    seconds_per_call=0.002,
    builds=6,
    device="cpu",
    timing=Timing.HOT,
    subject=Subject.OP,
    equals="softmaxes",
)
NOISY = replace(QUIET, relative=0.23, when=When.AFTER)
OPENING = (
    "Too noisy to compare times: the noise floor of cpu, softmaxes is ± 23.0% after the run, beyond ± 10%. Two equal "
    "cases came out as far apart as that, so no case is called faster or slower than another. Quiet the machine, see: "
    "attnbench doctor"
)
CROWDED = "of 2 threads 0.5 stood in line for a core on average; take --threads 1"


@pytest.fixture
def run(make_run: Callable[..., Run], make_measured: Callable[..., Measured]) -> Run:
    """Return a run in which a fused HardSoftmax takes half of softmax's time, with a quiet noise floor before it."""
    softmax = Case(
        suite="operators", implementation="softmax", source="0" * 8, threads=2, input=Logits(shape=(4, 9), dim=1)
    )
    outcomes = [
        make_measured(replace(softmax, implementation=name, direction=direction), seconds)
        for direction in (Direction.FORWARD, Direction.FORWARD_BACKWARD)
        for name, seconds in (("none", 1e-3), ("softmax", 2e-3), ("hard_softmax/fused", 1e-3))
    ]
    return replace(make_run(*outcomes), noise_floors=(QUIET,))


def test_a_noisy_report_opens_with_it(run: Run) -> None:
    """Before how many cases there were; what disturbed the machine follows."""
    noisy = replace(run, noise_floors=(QUIET, NOISY), disturbances=(CROWDED,))
    assert report(noisy).splitlines()[2:6:2] == [f"**{OPENING}**", f"**{CROWDED}**"]
    assert report(run).splitlines()[2].startswith("- Forward: hard_softmax/fused takes 0.500 ")
    assert "**" not in report(run).split("## ")[0]


def test_a_noise_floor_of_a_tenth_still_tells(run: Run) -> None:
    """Beyond it is too noisy, and not at it."""
    assert "Too noisy" not in report(replace(run, noise_floors=(replace(NOISY, relative=0.1),)))


def test_the_answer_is_withheld(run: Run) -> None:
    """A quiet machine says yes; a noisy one gives the ratios alone."""
    (told,) = answers(run)
    assert ": yes; the fused one takes 0.500 [0.500, 0.500] forward (1 of 1 shapes faster, 0 slower)" in told
    (withheld,) = answers(replace(run, noise_floors=(QUIET, NOISY)))
    assert (
        ": withheld, as the machine is too noisy to tell; the fused one takes 0.500 [0.500, 0.500] forward (1 shape)"
    ) in withheld


def test_wins_are_withheld(run: Run) -> None:
    """On how many shapes a function was faster; the note says why."""
    assert logit_function_tables(run)[0].texts[1][4:6] == ("1 of 1", "0 of 1")
    table = logit_function_tables(replace(run, noise_floors=(NOISY,)))[0]
    assert table.texts[1][4:6] == ("-", "-")
    assert table.notes == (
        "Withheld, as the noise floor is ± 23.0%: on how many shapes a function is faster or slower (-).",
    )


def test_a_printed_speed_is_not_judged() -> None:
    """SE is 12% slower here, in print and here; a noisy machine does not say so."""
    published = load_speeds("senet", 0)
    found = Column(
        column=published.columns[0],
        how="on a made-up machine",
        noise=0.23,
        rows={
            name: Timed(seconds=seconds, low_s=seconds, high_s=seconds, images=4)
            for name, seconds in (("ResNet-50", 0.5), ("SE-ResNet-50", 0.9))
        },
        pairs={("SE-ResNet-50", "ResNet-50"): Ratio(value=1.8, low=1.79, high=1.81, pairs=20)},
    )
    (table,) = speed_tables(published, [found])
    assert table.caption.splitlines()[0] == (
        "Too noisy to compare times: the noise floor is ± 23.0%. No row is called faster or slower than another, and "
        "no ratio is decided. Quiet the machine, see: attnbench doctor"
    )
    assert table.texts[1][-1] == "not decided"


def test_the_worse_noise_floor_is_printed(run: Run) -> None:
    """Of before and after, with the side that it is of."""
    (note,) = machine_notes(replace(run, noise_floors=(NOISY, QUIET)), run.plan.cases[0])
    assert note.startswith("Noise floor of cpu after the run: ± 23.0%, the worse of 2 (A/A: 95% of the ratios of 6 ")
