"""What the suites build is measured by the CUDA clock, on a simulated device."""

from __future__ import annotations

import dataclasses
from itertools import product
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from simulated_gpu import Speed, simulated_clock, simulated_instruments

from bench.cuda_clock import CudaClock
from bench.equal_cases import build
from bench.errors import UsageError
from bench.measure import Settings, measure_block
from bench.noise import BUILDS, Place, noise_floor
from results.blocks import blocks_of
from results.records import Direction, Failed, Measured, Subject, Timing
from suites.prepare import Preparer
from suites.request import Request, plan

from .fakes import StopAfter, samples_in

if TYPE_CHECKING:
    from results.records import Block, Outcome

KINDS = {
    "networks": Request(suites=("latency",), impls=("se",), hosts=("resnet18_cifar",), image_size=8),
    "modules": Request(suites=("latency",), impls=("se", "eca"), hosts=("none",)),
    "functions": Request(suites=("latency",), impls=("softmax", "hard_softmax")),
    "operators": Request(suites=("operators",), impls=("softmax", "hard_softmax"), logits=("64x10",), modes=("eager",)),
}


#: At the first shape a call takes it 52 us.
FAST = Speed(shortest_run_s=2e-6, bytes_per_s=1e10)


def block_of(kind: str, direction: Direction, timing: Timing) -> Block:
    """Return the first block of a kind; cases of the CPU, where their calls really compute, with a timing of CUDA."""
    request = dataclasses.replace(KINDS[kind], devices=("cpu",), directions=(direction,), batch_sizes=(2,))
    _, cases, _ = plan(request)
    first, *_ = blocks_of(cases)
    return first.with_cases(lambda case: replace(case, timing=timing))


def outcomes(block: Block) -> list[Outcome]:
    """Measure a block, three samples a case."""
    settings = Settings(stop=StopAfter(3), budget_s=0.1, seed=0)
    events = measure_block(block, simulated_instruments(Preparer()), settings)
    return [event for event in events if isinstance(event, Measured | Failed)]


@pytest.mark.parametrize(
    ("kind", "direction", "timing"),
    [each for each in product(KINDS, Direction, Timing) if each[0] != "operators" or each[1] != Direction.BACKWARD],
)
def test_every_built_call_can_be_timed(kind: str, direction: Direction, timing: Timing) -> None:
    """Networks, modules and functions, in every direction, hot, cold and from a graph: three samples each."""
    block = block_of(kind, direction, timing)
    found = outcomes(block)
    assert len(block.cases) > 1
    assert {outcome.case for outcome in found} == set(block.cases)
    for outcome in found:
        assert isinstance(outcome, Measured), outcome
        samples = samples_in(outcome)
        assert len(samples.seconds) >= 3
        assert min(samples.seconds) > 0
        assert samples.overhead_s == pytest.approx(1e-6, abs=0.1e-6)


@pytest.fixture
def _few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take as few samples of equal cases as a noise floor needs: on this device they do not scatter."""
    monkeypatch.setattr("bench.noise.BUDGET_S", 0.001)


@pytest.mark.usefixtures("_few_rounds")
@pytest.mark.parametrize(("subject", "timing"), list(product(Subject, Timing)))
def test_every_kind_has_its_noise_floor(subject: Subject, timing: Timing) -> None:
    """Equal cases of networks, modules and functions differ by nothing on a device without noise."""
    found = noise_floor(simulated_instruments(build), Place("cpu", timing, 1, subject))
    assert (found.builds, found.timing, found.subject) == (BUILDS, timing, subject)
    assert found.relative == pytest.approx(0, abs=1e-3)


@pytest.mark.usefixtures("_few_rounds")
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

    clock = simulated_clock(block_of("modules", Direction.FORWARD, Timing.GRAPH).shared)
    assert isinstance(clock, CudaClock)
    one, other = Equal(), Equal()
    for call in (one, other, one):
        clock.time(call, 3)
    # Each was captured, once.
    assert (one.calls, other.calls) == (1, 1)
