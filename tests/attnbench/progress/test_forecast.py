"""Promises of the estimate of how long a run takes."""

from __future__ import annotations

from math import prod

import pytest
from msgspec.structs import replace

from attnbench.progress.forecast import Forecast
from attnbench.progress.spending import timed_s
from attnbench.progress.work import Work, backbones
from bench.events import Started
from results.blocks import blocks_of
from results.records import (
    Case,
    Complexity,
    Count,
    Direction,
    Failed,
    FailureKind,
    Images,
    Measured,
    Plan,
    Sampled,
    Unit,
)

IMAGES = Images(batch=4, channels=3, height=32, width=32, num_classes=100)
NETWORK = Case(
    suite="latency", implementation="none", source="", host="resnet50_cifar", input=IMAGES, device="cpu", threads=2
)
SE = replace(NETWORK, implementation="se", slot="block_output")


def plan_of(*cases: Case) -> Plan:
    """Return a plan of these cases with a budget of 1.5 s."""
    return Plan(suites=("latency",), blocks=blocks_of(cases), budget_s=1.5, precision=0.02, seed=0, time_limit_s=300.0)


@pytest.mark.parametrize(
    ("call_s", "seconds"),
    [
        # 1.5 s of samples; two windows of 20 ms, as two calls of nothing before them take nothing.
        (0.0, 1.54),
        # Two calls and two windows of three calls.
        (0.05, 1.9),
        # Six samples are more than the budget; warming up ends with the call that spends half of it.
        (0.5, 4.75),
        # At four budgets it stops without six, but not without one.
        (10.0, 40.0),
    ],
)
def test_what_the_sampler_spends(call_s: float, seconds: float) -> None:
    """The budget bounds it where calls are fast; where they are slow, calls do."""
    assert timed_s(NETWORK, call_s, 1.5) == pytest.approx(seconds)


def test_work_grows_with_batch_direction_and_area() -> None:
    """Multiply-adds of a call, from the table of backbones."""
    work, image = Work(), backbones()["resnet50_cifar"]
    assert work.of(NETWORK) == 4 * image
    assert work.of(replace(NETWORK, direction=Direction.FORWARD_BACKWARD)) == 12 * image
    assert work.of(replace(NETWORK, input=replace(IMAGES, height=64, width=64))) == 16 * image
    assert work.of(replace(NETWORK, host="somebody's")) is None


def test_what_the_run_has_counted_is_better_than_the_table() -> None:
    """The suite that counts comes first, and knows the attention too."""
    work = Work()
    count = Count(rule="fvcore", unit=Unit.MAC, total=7, by_operator=())
    counted = replace(SE, suite="complexity", input=IMAGES.with_batch(1))
    assert work.of(SE) == work.of(NETWORK)
    work.saw(Measured(case=counted, result=Complexity(parameters=1, counts=(count,))))
    assert (work.of(SE), work.of(NETWORK)) == (28, 4 * backbones()["resnet50_cifar"])


def test_a_backbone_that_nobody_knows_makes_it_at_least() -> None:
    """Its budget bounds it from below, as does what all cases need."""
    assert not Forecast(plan_of(NETWORK, SE)).whole().at_least
    strange = replace(NETWORK, host="somebody's")
    assert Forecast(plan_of(strange)).whole().at_least


def test_what_was_seen_takes_the_place_of_what_was_expected() -> None:
    """Calls that take ten times as long as expected make the cases to come longer, and what is done is gone."""
    later = [replace(case, direction=Direction.BACKWARD) for case in (NETWORK, SE)]
    forecast = Forecast(plan_of(NETWORK, SE, *later))
    before = forecast.left(0.0)
    for at, case in enumerate((NETWORK, SE)):
        forecast.saw(Started(case=case), float(at))
    for case in (NETWORK, SE):
        forecast.saw(Sampled(case=case, round=0, seconds=3.0, calls=1), 3.0)
    slower = forecast.left(3.0)
    assert slower.seconds > before.seconds
    for case in (NETWORK, SE):
        forecast.saw(Failed(case=case, kind=FailureKind.NAN, error="no"), 40.0)
    assert 0 < forecast.left(40.0).seconds < slower.seconds
    for case in later:
        forecast.saw(Failed(case=case, kind=FailureKind.NAN, error="no"), 41.0)
    # The noise floor after the run.
    assert forecast.left(41.0).seconds == 2.0


def test_what_is_done_already_takes_no_time() -> None:
    """A run that is gone on with has less to do."""
    both = plan_of(NETWORK, SE)
    assert Forecast(both, {NETWORK}).whole().seconds < Forecast(both).whole().seconds


def saw_slow_calls(forecast: Forecast, cases: list[Case], *, looking: bool) -> Forecast:
    """Let cases end one after the other, a second each; their calls take what their work says."""
    for at, case in enumerate(cases):
        forecast.saw(Started(case=case), float(at))
        seconds = 1e-4 * prod(case.shape)
        forecast.saw(Sampled(case=case, round=0, seconds=seconds, calls=1), float(at))
        forecast.saw(Failed(case=case, kind=FailureKind.NAN, error="no"), float(at))
        if looking:
            forecast.left(float(at))
    return forecast


def test_a_large_plan_is_summed_up_as_a_small_one_is() -> None:
    """What ends is taken off the sum, and what is learned enters it, also where not all of it is looked at anew."""
    cases = [
        replace(case, input=replace(IMAGES, height=size, width=size))
        for size in range(8, 608)
        for case in (NETWORK, SE)
    ]
    before = Forecast(plan_of(*cases)).left(0.0).seconds
    looked = saw_slow_calls(Forecast(plan_of(*cases)), cases[:200], looking=True)
    anew = saw_slow_calls(Forecast(plan_of(*cases)), cases[:200], looking=False)
    assert looked.left(200.0).seconds == pytest.approx(anew.left(200.0).seconds, rel=1e-3)
    # Cases took a second each, which is less than expected.
    assert looked.left(200.0).seconds < before / 2
    for case in cases[200:]:
        looked.saw(Failed(case=case, kind=FailureKind.NAN, error="no"), 300.0)
    # The noise floor after the run.
    assert looked.left(300.0).seconds == 2.0


def test_looking_at_a_large_plan_does_not_go_through_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal looks again and again: of 2,000 cases, of which 200 ended, fewer were estimated than 200 times all."""
    cases = [replace(NETWORK, input=replace(IMAGES, height=size, width=8)) for size in range(8, 2008)]
    forecast, estimated = Forecast(plan_of(*cases)), 0
    of_case = Forecast.of_case

    def counting(self: Forecast, case: Case) -> object:
        nonlocal estimated
        estimated += 1
        return of_case(self, case)

    monkeypatch.setattr(Forecast, "of_case", counting)
    for at, case in enumerate(cases[:200]):
        forecast.saw(Started(case=case), float(at))
        forecast.saw(Sampled(case=case, round=0, seconds=0.5, calls=1), float(at))
        forecast.saw(Failed(case=case, kind=FailureKind.NAN, error="no"), float(at))
        forecast.left(float(at))
    assert 2_000 < estimated < 100 * 2_000
