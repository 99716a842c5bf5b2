"""One block of cases that will be compared -> one outcome each."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

import torch

from results.records import Batches, Block, Case, Errors, Failed, Frontiers, Measured

from .case_sampling import Sampling
from .complexity.counter import count_all
from .cores import CoreWatcher, NoWatcher, Uncounted
from .cuda_device import made_current
from .events import Started
from .failures import failed, has_another_try, refuse_nan
from .interleave import take_turns
from .memory.allocator import PeakSince
from .memory.measure import measure_memory
from .numerics.errors import Compared, measure_errors
from .numerics.frontier import Searched, find_frontiers
from .pauses import NoPauses, RegularPauses
from .prepared import Counted, Prepare, Profiled, Timed, Trained
from .pulse import NoPulse
from .sampling import LARGEST_SEGMENT, SHORTEST_SEGMENT_S, calls_per_sample, warm_up
from .surroundings import disturbances, untouched
from .threads import cpu_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from contextlib import AbstractContextManager

    from results.records import Sampled

    from .clocks import Clock
    from .cores import Cores, Watcher
    from .events import Event
    from .pulse import Pulse
    from .stopping import StopRule
    from .surroundings import Surroundings
    from .telemetry import Watch

#: The share of a case's budget that warming up may take at most.
WARM_UP_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to sample."""

    stop: StopRule
    budget_s: float
    seed: int
    alone: bool = True
    """Run each case by itself when it has been sampled, for its wall-clock time and its energy."""
    pauses: bool = False
    """Leave moments in which nothing is timed, and say so: for a display."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What measuring needs of its surroundings; tests bring their own."""

    prepare: Prepare
    clock_for: Callable[[Case], Clock]
    watch_for: Callable[[Case], Watch]
    now_s: Callable[[], float] = time.perf_counter
    """The CPU's clock, which times a first call: what it compiles and loads is the CPU's work."""
    surroundings: Callable[[], AbstractContextManager[Surroundings]] = untouched
    """Keeps what the cases of a block share, where some of them are not our own."""
    cores: Callable[[], Cores] = Uncounted
    """Those that the threads of the process run on, and who else does."""


def measure_block(
    block: Block,
    instruments: Instruments,
    settings: Settings,
    *,
    pulse: Pulse | None = None,
    earlier: Mapping[Case, tuple[Sampled, ...]] | None = None,
    first_round: int = 0,
    caught: type[BaseException] = Exception,
) -> Iterator[Event]:
    """Measure cases that belong together; yields each outcome as soon as it is known.

    Args:
        block: cases that are compared with each other, so they are sampled in the same rounds.
        instruments: what builds, times and watches them.
        settings: how to sample.
        pulse: told of every step.
        earlier: samples that another process took before it died.
        first_round: rounds before it belong to other processes.
        caught: what a case raises is its outcome if it is one of these; in a process that a user can interrupt,
            KeyboardInterrupt is none.

    """
    # What is compared runs on the same number of threads: that is part of what makes a block.
    with cpu_threads(block.shared.threads), instruments.surroundings() as surroundings:
        work = _Work(
            instruments=instruments,
            settings=settings,
            pulse=pulse or NoPulse(),
            earlier=earlier or {},
            surroundings=surroundings,
            caught=caught,
            watcher=_watcher(block.shared, instruments),
        )
        crowded: list[Case] = []
        round_ = yield from _measure(block, work, first_round, crowded)
        for case in crowded:
            # Alone, as it would be measured alone: the memory that its neighbours held is no fault of its own.
            round_ = yield from _measure(block.only((case,)), work, round_, [])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    instruments: Instruments
    settings: Settings
    pulse: Pulse
    earlier: Mapping[Case, tuple[Sampled, ...]]
    surroundings: Surroundings
    caught: type[BaseException]
    watcher: Watcher


def _watcher(case: Case, instruments: Instruments) -> Watcher:
    """Return what watches the threads of a block on the CPU.

    Launches that a GPU waits for are its clock's matter, and those who compute beside an epoch are its own loaders.
    """
    if case.device != "cpu" or isinstance(case.input, Batches):
        return NoWatcher()
    return CoreWatcher(case.threads or torch.get_num_threads(), instruments.cores(), instruments.now_s)


def _measure(block: Block, work: _Work, first_round: int, crowded: list[Case]) -> Generator[Event, None, int]:
    """Measure; cases that ran out of memory beside others are left in ``crowded`` without an outcome."""
    sampled: list[Sampling] = []
    for case in block.cases:
        yield Started(case=case)
        work.pulse.beat(case)
        outcome: Measured | Failed | None = None
        try:
            with made_current(case.device):
                outcome = _begin(case, work, sampled)
        except work.caught as error:
            outcome = failed(case, error)
        yield from disturbances(work.surroundings, case)
        if sampled and sampled[-1].case is case:
            yield from work.watcher.look(case, least_s=0.0)
        # After the handler: until then the error holds the frames, and they what the case had allocated.
        if isinstance(outcome, Failed) and has_another_try(outcome, others=len(sampled)):
            crowded.append(case)
        elif outcome is not None:
            yield outcome
    settings = work.settings
    turns = take_turns(
        block,
        sampled,
        settings.stop,
        work.pulse,
        seed=settings.seed,
        first_round=first_round,
        crowded=crowded,
        alone=settings.alone,
        surroundings=work.surroundings,
        caught=work.caught,
        watcher=work.watcher,
        pauses=RegularPauses() if settings.pauses else NoPauses(),
    )
    return (yield from turns)


def _begin(case: Case, work: _Work, sampled: list[Sampling]) -> Measured | None:
    """Measure what is measured once; make ready, and add to ``sampled``, what is timed."""
    peak = PeakSince(case.device) if case.input.is_step else None
    prepared = work.instruments.prepare(case)
    ran = prepared.look() if isinstance(prepared, Timed) and prepared.look is not None else None
    # Building, and looking, may call the module, and warming up must find what sampling will find.
    work.surroundings.put_back(case)
    match prepared:
        case Counted():
            counts = count_all(prepared.module, prepared.inputs, prepared.counters)
            return Measured(case=case, result=counts)
        case Profiled():
            bytes_ = measure_memory(prepared.call, device=case.device, forward=prepared.forward)
            return Measured(case=case, result=bytes_)
        case Searched():
            found = find_frontiers(prepared, lambda: work.pulse.beat(case))
            return Measured(case=case, result=Frontiers(patterns=found))
        case Compared():
            errors = measure_errors(prepared, lambda: work.pulse.beat(case))
            return Measured(case=case, result=Errors(scales=errors))
        case Trained():
            return Measured(case=case, result=prepared.train(lambda: work.pulse.beat(case)))
        case Timed():
            work.watcher.begin()
            sampling = _warmed_up(case, prepared, work.instruments, work.settings, work.pulse)
            sampling.peak_bytes = None if peak is None else peak.bytes()
            sampling.ran, sampling.first = ran, prepared.first
            sampling.go_on_from(work.earlier.get(case, ()))
            sampled.append(sampling)
            return None
        case _:
            assert_never(prepared)


def _warmed_up(case: Case, prepared: Timed, instruments: Instruments, settings: Settings, pulse: Pulse) -> Sampling:
    """Check the first result, and make the case ready to be sampled."""
    clock = instruments.clock_for(case)
    pulse.beat(case)
    # Known before anything is timed: an empty call between samples would leave caches and clocks as it likes them.
    _ = clock.overhead_s
    # Not by the clock: it would take the call that keeps the result for another than the one that is sampled.
    started_s = instruments.now_s()
    refuse_nan(prepared.call())
    first_s = instruments.now_s() - started_s
    allowed_s = settings.budget_s * WARM_UP_SHARE
    warmed = warm_up(prepared.call, clock, allowed_s, before_each=lambda: pulse.beat(case))
    return Sampling(
        case=case,
        call=prepared.call,
        move=prepared.move,
        clock=clock,
        watch=instruments.watch_for(case),
        warmup=replace(warmed, calls=warmed.calls + 1, seconds=warmed.seconds + first_s),
        calls=_calls_per_sample(case, warmed.call_s, clock),
    )


def _calls_per_sample(case: Case, call_s: float, clock: Clock) -> int:
    if not isinstance(case.input, Batches):
        return calls_per_sample(call_s, clock)
    most = max(1, round(LARGEST_SEGMENT * case.input.steps))
    return min(most, calls_per_sample(call_s, clock, SHORTEST_SEGMENT_S))
