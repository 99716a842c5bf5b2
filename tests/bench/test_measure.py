from __future__ import annotations

import gc
from typing import TYPE_CHECKING, assert_never

import pytest
import torch
from torch import nn

from bench.complexity.torch_counter import TorchCounter
from bench.measure import Started
from bench.prepared import Counted
from bench.stopping import PrecisionOrBudget
from results.records import Case, Complexity, Failed, FailureKind, Measured, Samples, Skipped, StopReason

from .fakes import FakeClock, FakePrepare, StopAfter, Work, case_of, events_of, outcomes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.records import Outcome

A, B, C = (case_of(name) for name in "abc")


@pytest.fixture
def _threads() -> Iterator[None]:
    """Put back the number of threads that a measurement has set."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def samples_of(outcomes: Sequence[Outcome], case: Case) -> Samples:
    """Return the samples of a case, of which there must be exactly one outcome."""
    (outcome,) = [outcome for outcome in outcomes if outcome.case == case]
    assert isinstance(outcome, Measured)
    assert outcome.samples is not None
    return outcome.samples


def failure_of(outcomes: Sequence[Outcome], case: Case) -> Failed:
    """Return the failure of a case, of which there must be exactly one outcome."""
    (outcome,) = [outcome for outcome in outcomes if outcome.case == case]
    assert isinstance(outcome, Failed)
    return outcome


def summary(outcome: Outcome) -> str:
    """Say in a few words what came of a case."""
    match outcome:
        case Measured(samples=samples):
            return f"{0 if samples is None else len(samples.seconds)} samples"
        case Failed(kind=kind, error=error):
            return f"{kind}: {error}"
        case Skipped(reason=reason):
            return f"skipped: {reason}"
        case _:
            assert_never(outcome)


def test_samples_are_kept_as_taken() -> None:
    """Warm-up of three equal windows apart, every sample is on record: seconds a call, in order, and its round."""
    clock = FakeClock()
    warmup = [4.0, *[0.25] * 6]
    samples = samples_of(
        outcomes_of([A], FakePrepare({"a": Work(clock, *warmup, 0.25, 0.5, 0.125, 2.0)}), clock, StopAfter(4)), A
    )
    assert samples == Samples(
        seconds=(0.25, 0.5, 0.125, 2.0),
        rounds=(0, 1, 2, 3),
        calls_per_sample=1,
        warmup_calls=3,
        warmup_s=4.5,
        stop=StopReason.BUDGET,
        precision=0.25,
        clock="a fake clock",
    )
