"""Timed cases that take turns: one sample each a round, in random order, until each has a reason to stop."""

from __future__ import annotations

import gc
import random
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from results.compare import references_of
from results.records import Case, Measured, Sampled, Samples, StopReason

from .failures import failed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from .clocks import Clock
    from .events import Event
    from .pulse import Pulse
    from .sampling import WarmUp
    from .stopping import StopRule
    from .telemetry import Watch

#: A device that throttles all the time would never give a sample: after so many in a row they are kept.
MOST_DISCARDED_IN_A_ROW = 20


@dataclass(slots=True, kw_only=True)
class Sampling:
    """One timed case while its block is being measured."""

    case: Case
    call: Callable[[], object]
    clock: Clock
    watch: Watch
    warmup: WarmUp
    calls: int
    """Calls a sample."""
    seconds: list[float] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    spent_s: float = 0.0
    discarded: int = 0
    _in_a_row: int = 0
    _taken_here: int = 0
    """By this process: what its watch has seen."""

    def go_on_from(self, earlier: tuple[Sampled, ...]) -> None:
        """Take over the samples that an earlier process took of this case."""
        if earlier:
            # As many calls a sample as before: the record has one figure for all.
            self.calls = earlier[0].calls
        for sampled in earlier:
            self.seconds.append(sampled.seconds)
            self.rounds.append(sampled.round)
            self.spent_s += sampled.seconds * sampled.calls

    def sample(self, round_: int) -> Sampled | None:
        """Take one sample; None if the device was throttled meanwhile."""
        self.watch.begin()
        started = time.perf_counter()
        taken = self.clock.time(self.call, self.calls)
        # Flushed caches and a queue that is kept full take time too, and the budget is the user's time.
        self.spent_s += max(taken, time.perf_counter() - started)
        self._taken_here += 1
        if not self.watch.keep() and self._in_a_row < MOST_DISCARDED_IN_A_ROW:
            self.discarded += 1
            self._in_a_row += 1
            return None
        self._in_a_row = 0
        self.seconds.append(taken / self.calls)
        self.rounds.append(round_)
        return Sampled(case=self.case, round=round_, seconds=taken / self.calls, calls=self.calls)

    def outcome(self, stop: StopReason, precision: float) -> Measured:
        """Return what was measured."""
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
                discarded=self.discarded,
            ),
            telemetry=self.watch.summary(self.calls * self._taken_here),
        )


def take_turns(
    active: list[Sampling], stop_rule: StopRule, seed: int, pulse: Pulse, first_round: int
) -> Generator[Event, None, int]:
    """Sample until every case has stopped; yields each sample, and each outcome as soon as it is known.

    Args:
        active: the cases, warmed up; emptied.
        stop_rule: when a case has enough.
        seed: of the order.
        pulse: told which case is being sampled.
        first_round: no round before it: samples of different processes are never paired.

    Returns:
        The round after the last one.

    """
    round_ = max(first_round, *(number + 1 for sampling in active for number in sampling.rounds), 0)
    order = random.Random(f"{seed}/{round_}")  # noqa: S311 - an order, not a secret
    references = references_of(_cases(active))
    while active:
        for sampling in order.sample(active, len(active)):
            pulse.beat(sampling.case)
            try:
                with _garbage_collector_off():
                    sampled = sampling.sample(round_)
                reason = stop_rule.reason(sampling.seconds, sampling.spent_s) if sampling.seconds else None
            except Exception as error:  # noqa: BLE001 - whatever an implementation raises is this case's outcome
                active.remove(sampling)
                yield failed(sampling.case, error)
                continue
            if sampled is not None:
                yield sampled
            # What the others are compared with stays to the end: they are paired with it, round by round.
            if reason is not None and (sampling.case not in references or references.issuperset(_cases(active))):
                active.remove(sampling)
                yield sampling.outcome(reason, stop_rule.precision)
        round_ += 1
    return round_


def _cases(active: list[Sampling]) -> Iterator[Case]:
    return (sampling.case for sampling in active)


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
