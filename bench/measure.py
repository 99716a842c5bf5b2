"""One block of cases that will be compared -> one outcome each; timed cases interleaved in random rounds."""

from __future__ import annotations

import gc
import random
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

import torch

from results.records import Case, Failed, FailureKind, Measured, Samples, StopReason

from .complexity.counter import count_all
from .events import Started
from .prepared import Counted, Prepare, Timed
from .sampling import WarmUp, calls_per_sample, warm_up
from .threads import cpu_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .clocks import Clock
    from .events import Event
    from .stopping import StopRule

#: The share of a case's budget that warming up may take at most.
WARM_UP_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to sample."""

    stop: StopRule
    budget_s: float
    seed: int


@dataclass(slots=True, kw_only=True)
class _Sampling:
    """One timed case while its block is being measured."""

    case: Case
    call: Callable[[], object]
    clock: Clock
    warmup: WarmUp
    calls: int
    seconds: list[float] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    spent_s: float = 0.0

    def sample(self, round_: int) -> None:
        taken = self.clock.time(self.call, self.calls)
        self.seconds.append(taken / self.calls)
        self.rounds.append(round_)
        self.spent_s += taken

    def outcome(self, stop: StopReason, precision: float) -> Measured:
        return Measured(
            case=self.case,
            samples=Samples(
                seconds=tuple(self.seconds),
                rounds=tuple(self.rounds),
                calls_per_sample=self.calls,
                warmup_calls=self.warmup.calls,
                warmup_s=self.warmup.seconds,
                stop=stop,
                precision=precision,
                clock=self.clock.name,
            ),
        )


def measure_block(
    cases: Sequence[Case], prepare: Prepare, clock_for: Callable[[str], Clock], settings: Settings
) -> Iterator[Event]:
    """Measure cases that belong together; yields each outcome as soon as it is known.

    Args:
        cases: to be compared with each other, so they are sampled in the same rounds.
        prepare: builds what a case runs.
        clock_for: device -> clock.
        settings: how to sample.

    """
    # What is compared runs on the same number of threads: that is part of what makes a block.
    with cpu_threads(cases[0].threads):
        yield from _measure(cases, prepare, clock_for, settings)


def _measure(
    cases: Sequence[Case], prepare: Prepare, clock_for: Callable[[str], Clock], settings: Settings
) -> Iterator[Event]:
    sampled: list[_Sampling] = []
    for case in cases:
        yield Started(case=case)
        try:
            prepared = prepare(case)
            match prepared:
                case Counted():
                    counts = count_all(prepared.module, prepared.inputs, prepared.counters)
                    yield Measured(case=case, complexity=counts)
                case Timed():
                    clock = clock_for(case.device)
                    warmup = warm_up(prepared.call, clock, settings.budget_s * WARM_UP_SHARE)
                    calls = calls_per_sample(warmup.call_s, clock)
                    sampled.append(_Sampling(case=case, call=prepared.call, clock=clock, warmup=warmup, calls=calls))
                case _:
                    assert_never(prepared)
        except Exception as error:  # noqa: BLE001 - whatever an implementation raises is this case's outcome
            yield failed(case, error)
    yield from _rounds(sampled, settings)


def _rounds(active: list[_Sampling], settings: Settings) -> Iterator[Event]:
    """Sample every case once a round, in random order, until each has a reason to stop."""
    order = random.Random(settings.seed)  # noqa: S311 - an order, not a secret
    round_ = 0
    while active:
        for sampling in order.sample(active, len(active)):
            try:
                with _garbage_collector_off():
                    sampling.sample(round_)
            except Exception as error:  # noqa: BLE001 - whatever an implementation raises is this case's outcome
                active.remove(sampling)
                yield failed(sampling.case, error)
                continue
            stop = settings.stop.reason(sampling.seconds, sampling.spent_s)
            if stop is not None:
                active.remove(sampling)
                yield sampling.outcome(stop, settings.stop.precision)
        round_ += 1


def failed(case: Case, error: Exception) -> Failed:
    """Return the outcome of a case that raised."""
    out_of_memory = isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
    first_line = (str(error).splitlines() or [""])[0]
    return Failed(
        case=case,
        kind=FailureKind.OUT_OF_MEMORY if out_of_memory else FailureKind.EXCEPTION,
        error=f"{type(error).__name__}: {first_line}",
        traceback="".join(traceback.format_exception(error)),
    )


@contextmanager
def _garbage_collector_off() -> Iterator[None]:
    """Keep a collection, which can take milliseconds, out of a sample."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
