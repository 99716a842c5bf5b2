"""What the suites build is measured by the CUDA clock, on a simulated device."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest
from simulated_gpu import Speed, simulated_clock, simulated_instruments

from bench.cuda_clock import CudaClock
from bench.equal_cases import build
from bench.errors import UsageError
from bench.measure import Settings, measure_block
from bench.noise import BUILDS, Place, noise_floor
from results.records import Direction, Failed, Measured, Subject, Timing
from suites.prepare import Preparer
from suites.request import Request, plan

from .fakes import StopAfter

if TYPE_CHECKING:
    from results.records import Case, Outcome

KINDS = {
    "networks": Request(suites=("latency",), impls=("se",), hosts=("resnet18_cifar",), image_size=8),
    "modules": Request(suites=("latency",), impls=("se", "eca"), hosts=("none",)),
    "functions": Request(suites=("latency",), impls=("softmax", "hard_softmax")),
    "operators": Request(suites=("operators",), impls=("softmax", "hard_softmax"), logits=("64x10",), modes=("eager",)),
}


#: At the first shape a call takes it 52 us.
FAST = Speed(shortest_run_s=2e-6, bytes_per_s=1e10)


def block(kind: str, direction: Direction, timing: Timing) -> list[Case]:
    """Return the first block of a kind; cases of the CPU, where their calls really compute, with a timing of CUDA."""
    request = replace(KINDS[kind], devices=("cpu",), directions=(direction,), batch_sizes=(2,))
    _, cases, _ = plan(request)
    first = replace(cases[0], implementation="", source="", options=(), slot=None)
    together = [case for case in cases if replace(case, implementation="", source="", options=(), slot=None) == first]
    return [replace(case, timing=timing) for case in together]


def outcomes(cases: list[Case]) -> list[Outcome]:
    """Measure a block, three samples a case."""
    settings = Settings(stop=StopAfter(3), budget_s=0.1, seed=0)
    events = measure_block(cases, simulated_instruments(Preparer()), settings)
    return [event for event in events if isinstance(event, Measured | Failed)]


@pytest.mark.parametrize(
    ("kind", "direction", "timing"),
    [each for each in product(KINDS, Direction, Timing) if each[0] != "operators" or each[1] != Direction.BACKWARD],
)
def test_every_built_call_can_be_timed(kind: str, direction: Direction, timing: Timing) -> None:
    """Networks, modules and functions, in every direction, hot, cold and from a graph: three samples each."""
    cases = block(kind, direction, timing)
    found = outcomes(cases)
    assert len(cases) > 1
    assert {outcome.case for outcome in found} == set(cases)
    for outcome in found:
        assert isinstance(outcome, Measured), outcome
        assert outcome.samples is not None
        assert len(outcome.samples.seconds) >= 3
        assert min(outcome.samples.seconds) > 0
        assert outcome.samples.overhead_s == pytest.approx(1e-6, abs=0.1e-6)


@pytest.mark.parametrize(("subject", "timing"), list(product(Subject, Timing)))
def test_every_kind_has_its_noise_floor(subject: Subject, timing: Timing) -> None:
    """Equal cases of networks, modules and functions differ by nothing on a device without noise."""
    found = noise_floor(simulated_instruments(build), Place("cpu", timing, 1, subject))
    assert (found.builds, found.timing, found.subject) == (BUILDS, timing, subject)
    assert found.relative == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("subject", [Subject.NETWORK, Subject.OP])
def test_equal_cases_are_long_enough_for_the_device(subject: Subject) -> None:
    """At the first shape a call takes half of 100 us there; the batch is doubled."""
    found = noise_floor(simulated_instruments(build, FAST), Place("cpu", Timing.HOT, 1, subject))
    assert 100e-6 <= found.seconds_per_call < 200e-6


def test_a_backward_pass_alone_has_no_graph() -> None:
    """Its graph of autograd was recorded on another stream: asked for, it is refused before anything is built."""
    with pytest.raises(UsageError, match="graph"):
        plan(Request(suites=("latency",), impls=("se",), devices=("cpu",), timing="graph", directions=("backward",)))


def test_equal_calls_are_not_taken_for_one_another() -> None:
    """A clock knows each call by itself, also those that are equal to others or cannot be hashed."""

    class Equal:
        __hash__ = None  # type: ignore[assignment]

        def __init__(self) -> None:
            self.calls = 0

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Equal)

        def __call__(self) -> None:
            self.calls += 1

    case = block("modules", Direction.FORWARD, Timing.GRAPH)[0]
    clock = simulated_clock(case)
    assert isinstance(clock, CudaClock)
    one, other = Equal(), Equal()
    for call in (one, other, one):
        clock.time(call, 3)
    # Each was captured, once.
    assert (one.calls, other.calls) == (1, 1)
