"""Promises of the sentences at the top of a report: they follow from its data, and claim no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.in_words import in_words
from reporting.report import report
from results.numerics import Fault, Frontier
from results.records import Failed, FailureKind, Frontiers, Latency, Logits, Measured, NoiseFloor, Subject, Timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Run, Samples

    MakeRun = Callable[..., Run]
    MakeMeasured = Callable[..., Measured]


@pytest.fixture
def run(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> Run:
    """Return three attentions beside the plain network; one case failed, one was not reached."""
    times = {"none": 0.010, "se": 0.011, "eca": 0.0111, "cbam": 0.015}
    lost = Failed(case=replace(host, implementation="sk"), kind=FailureKind.OUT_OF_MEMORY, error="no room")
    timed = [make_measured(replace(host, implementation=name), seconds) for name, seconds in times.items()]
    return make_run(*timed, lost, pending=[replace(host, implementation="later")])


def floor(relative: float) -> NoiseFloor:
    """Return how far apart equal networks came out."""
    return NoiseFloor(
        relative=relative,
        pairs=9,
        seconds_per_call=0.01,
        builds=6,
        device="cpu",
        timing=Timing.HOT,
        subject=Subject.NETWORK,
    )


def test_who_is_fastest_and_slowest_what_failed_and_what_was_not_reached(run: Run) -> None:
    """With ratios, intervals and noise floor; the report begins with it."""
    found = in_words(replace(run, noise_floors=(floor(0.005),)))
    assert found == (
        (
            "Forward: of 3 attentions se is the fastest, 1.100 [1.100, 1.100] times the plain network; cbam the "
            "slowest, 1.500 [1.500, 1.500]; noise floor ± 0.5%."
        ),
        "1 of 6 cases failed: no room. Use a smaller --batch-size or --image-size, or another --device. (1)",
        "1 of 6 cases not reached: latency 1.",
    )
    assert report(run).splitlines()[2].startswith("- Forward: of 3 attentions se is the fastest")


def test_what_lies_within_the_noise_is_not_told_apart(run: Run) -> None:
    """Equal cases differ by 2%: 1.10 and 1.11 are the same."""
    (times, *_) = in_words(replace(run, noise_floors=(floor(0.02),)))
    assert "se is the fastest, 1.100 [1.100, 1.100] times the plain network (not told apart from eca)" in times


def test_an_unfit_machine_draws_no_conclusion(run: Run) -> None:
    """What failed is said all the same."""
    found = in_words(replace(run, noise_floors=(floor(0.9),)))
    assert [words[:8] for words in found] == ["1 of 6 c", "1 of 6 c"]


def test_one_attention_is_compared_with_the_plain_network(
    host: Case, make_run: MakeRun, make_samples: Callable[..., Samples]
) -> None:
    """An interval that holds 1 tells nothing."""
    plain = [0.010, 0.011, 0.012, 0.010, 0.011, 0.012, 0.010, 0.011]
    same = [0.011, 0.010, 0.012, 0.011, 0.010, 0.013, 0.009, 0.011]
    run = make_run(
        Measured(case=host, result=Latency(samples=make_samples(plain))),
        Measured(case=replace(host, implementation="se"), result=Latency(samples=make_samples(same))),
    )
    (times,) = in_words(run)
    assert times.startswith("Forward: se takes 1.00")
    assert times.endswith("times the plain network, not told apart from it.")


def test_functions_have_their_verdicts(host: Case, make_run: MakeRun) -> None:
    """Those of one verdict together."""
    softmax = replace(host, host=None, input=Logits(shape=(1, 2), dim=1), suite="overflow", dtype="float16")
    fails = Frontier(pattern="one large", threshold=11.0, failure=Fault.NAN)
    run = make_run(
        *(
            Measured(case=replace(softmax, implementation=name), result=Frontiers(patterns=(found,)))
            for name, found in (
                ("softmax", Frontier(pattern="one large")),
                ("naive", fails),
                ("hard", Frontier(pattern="one large")),
            )
        )
    )
    assert in_words(run) == ("Functions, in float16, cpu: safe (softmax, hard); overflows at ordinary inputs (naive).",)
