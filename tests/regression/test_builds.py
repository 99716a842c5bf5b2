"""One figure: each arm built anew, in an order of its own."""

from __future__ import annotations

import contextlib
import random
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from bench.prepared import Timed
from regression import builds
from regression.builds import Arm, ArmError, Builds
from results.records import Case, FeatureMap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attn_impls import Registry

CASE = Case(suite="latency", implementation="se", source="", input=FeatureMap(batch=2, channels=8, height=4, width=4))


class Clock:
    """Every call takes what its arm takes; a disturbance lengthens the first sample of all."""

    name = "fake"
    resolution_s = 1e-9
    overhead_s = 0.0
    host_bound = False

    def __init__(self, arms: dict[str, float], disturbed: float = 0.0) -> None:
        self.arms, self.disturbed = arms, disturbed

    def time(self, call: Callable[[], object], calls: int) -> float:
        disturbed, self.disturbed = self.disturbed, 0.0
        return self.arms[str(call())] * calls + disturbed

    def wall_time(self, call: Callable[[], object], calls: int) -> None:
        """Nothing is asked of it."""


class Version:
    """Notes when it is active."""

    registry: Registry = MappingProxyType({})  # type: ignore[assignment] # nothing is looked up

    def __init__(self, name: str, log: list[str], fails: bool = False) -> None:  # noqa: FBT001, FBT002 - a fact of the fake
        self.name, self.log, self.fails = name, log, fails

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        self.log.append(self.name)
        ACTIVE.append(self)
        yield
        ACTIVE.pop()


ACTIVE: list[Version] = []


def arms(log: list[str], *names: str, fails: str = "") -> list[Arm]:
    return [Arm(version=Version(name, log, name == fails), case=CASE) for name in names]


@pytest.fixture(autouse=True)
def suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite whose calls return the name of the version that was active when they were built."""

    class Suite:
        @staticmethod
        def prepare(case: Case, registry: Registry) -> Timed:
            del case, registry
            version = ACTIVE[-1]
            if version.fails:
                msg = "no such channels"
                raise ValueError(msg)
            return Timed(call=lambda: version.name)

    monkeypatch.setattr(builds, "SUITES", {"latency": Suite})
    monkeypatch.setattr(builds, "refuse_nan", lambda _: None)
    monkeypatch.setattr(builds, "own_seconds", lambda sample: sample())


def test_each_arm_has_its_own_time() -> None:
    clock = Clock({"base": 0.002, "head": 0.003})
    found = Builds(arms=arms([], "base", "head"), clock=clock, draw=random.Random(0)).time()
    assert found == pytest.approx((0.002, 0.003))


def test_a_disturbed_sample_does_not_count() -> None:
    """Other programs only add time: the fastest sample is the arm's."""
    clock = Clock({"base": 0.002, "head": 0.003})
    made = Builds(arms=arms([], "base", "head"), clock=clock, draw=random.Random(0))
    made.time()
    clock.disturbed = 5.0
    assert made.time() == pytest.approx((0.002, 0.003))


def test_the_order_is_another_each_time_and_code_runs_in_its_own_version() -> None:
    log: list[str] = []
    made = Builds(arms=arms(log, "base", "head"), clock=Clock({"base": 0.1, "head": 0.1}), draw=random.Random(0))
    firsts = set()
    for _ in range(20):
        log.clear()
        made.time()
        firsts.add(log[0])
    assert firsts == {"base", "head"}


def test_long_calls_are_sampled_once_a_build() -> None:
    """More builds say more than more samples of each."""
    short, long = (
        Builds(arms=arms([], "a", "b"), clock=Clock({"a": seconds, "b": seconds}), draw=random.Random(0))
        for seconds in (0.001, 0.05)
    )
    short.time()
    long.time()
    assert (short.samples, long.samples) == (4, 1)


def test_the_arm_that_fails_is_named() -> None:
    made = Builds(arms=arms([], "base", "head", fails="head"), clock=Clock({}), draw=random.Random(0))
    with pytest.raises(ArmError) as error:
        made.time()
    assert error.value.index == 1
    assert isinstance(error.value.__cause__, ValueError)
