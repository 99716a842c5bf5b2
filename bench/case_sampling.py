"""One timed case while its block is being measured: its samples, and what they come to."""

from __future__ import annotations

import gc
import statistics
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from results.records import Case, Failed, FirstCall, Latency, Measured, Ran, Sampled, Samples, StopReason, Timing

from .cuda_device import made_current
from .failures import failed, refuse_nan
from .telemetry.energy import LONGEST_STEP_S

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from .clocks import Clock
    from .pulse import Pulse
    from .sampling import WarmUp
    from .stopping import StopRule
    from .telemetry import Watch

#: A device that throttles all the time would never give a sample: after so many in a row, of any cases, they are kept.
MOST_DISCARDED_IN_A_ROW = 20

#: What calls longer than this work on stays where it is: so much memory, fetched anew each time, that its places make a
#: mean; and a move costs as much as a call.
LONGEST_MOVED_S = 0.02


@dataclass(slots=True, kw_only=True)
class Patience:
    """With a throttled device; the cases of a block share it."""

    discarded_in_a_row: int = 0


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
    move: Callable[[random.Random], None] | None = None
    """Puts what the call works on elsewhere in memory."""
    baseline: Sampling | None = None
    """What the case is divided by, as long as it is sampled too."""
    seconds: list[float] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    spent_s: float = 0.0
    peak_bytes: int | None = None
    """Of memory, above what other cases hold."""
    ran: Ran | None = None
    """What was found of the call before it was timed."""
    first: FirstCall | None = None
    """What the first call took, and what is made before it."""
    discarded: int = 0
    throttled: int = 0
    """Kept although the device was throttled."""
    _given_up: bool = False
    """Until a sample comes unthrottled: waiting for one was in vain."""
    _wall_s_per_call: float | None = None
    _host_bound: int = 0
    _taken_here: int = 0
    """By this process: what its watch and its clock have seen."""

    def go_on_from(self, earlier: tuple[Sampled, ...]) -> None:
        """Take over the samples that an earlier process took of this case."""
        if earlier:
            # As many calls a sample as before: the record has one figure for all.
            self.calls = earlier[0].calls
        for sampled in earlier:
            self.seconds.append(sampled.seconds)
            self.rounds.append(sampled.round)
            self.spent_s += sampled.seconds * sampled.calls

    def sample(self, round_: int, patience: Patience, pulse: Pulse, draw: random.Random) -> Sampled:
        """Take one sample; what a throttled device gave is taken again at once, so that no round lacks a case."""
        if self.move is not None and self.warmup.call_s < LONGEST_MOVED_S:
            pulse.beat(self.case)
            started = time.perf_counter()
            with made_current(self.case.device):
                self.move(draw)
                # Untimed: the caches hold what a call leaves in them, not what a copy does.
                self.call()
            self.spent_s += time.perf_counter() - started
        while True:
            pulse.beat(self.case)
            seconds = self._take()
            if self._is_kept(patience):
                break
        self.seconds.append(seconds)
        self.rounds.append(round_)
        return Sampled(case=self.case, round=round_, seconds=seconds, calls=self.calls)

    def _take(self) -> float:
        """Return the seconds of one call, from as many as make a sample."""
        started = time.perf_counter()
        with garbage_collector_off():
            taken = self.clock.time(self.call, self.calls)
        # Flushed caches and a queue that is kept full take time too, and the budget is the user's time.
        self.spent_s += max(taken, time.perf_counter() - started)
        self._taken_here += 1
        self._host_bound += self.clock.host_bound
        return taken / self.calls

    def _is_kept(self, patience: Patience) -> bool:
        if self.watch.keep():
            patience.discarded_in_a_row, self._given_up = 0, False
            return True
        if self._given_up or patience.discarded_in_a_row >= MOST_DISCARDED_IN_A_ROW:
            self._given_up = True
            self.throttled += 1
            return True
        self.discarded += 1
        patience.discarded_in_a_row += 1
        return False

    def run_alone(self, pulse: Pulse) -> None:
        """Run the call back to back, by the CPU's clock and on the device's energy counter, once it has been sampled.

        Takes 0.1 s on a device with a queue of its own, 2 s more where that has a counter, and at least one sample's
        calls for each; on the CPU nothing is run. It is no part of the budget.
        """
        walls_s: list[float] = []

        def run() -> int:
            pulse.beat(self.case)
            with garbage_collector_off():
                wall_s = self.clock.wall_time(self.call, self.calls)
            if wall_s is None:
                return 0
            walls_s.append(wall_s)
            return self.calls

        # An interrupt is a small part of that, and the first step that is weighed holds nothing of other cases.
        while run() and sum(walls_s) < LONGEST_STEP_S:
            pass
        if not walls_s:
            return
        # With caches that are hot, it is no other figure of calls that were timed cold.
        if self.case.timing is not Timing.COLD:
            self._wall_s_per_call = statistics.median(walls_s) / self.calls
        self.watch.weigh(run)

    def check_last(self, pulse: Pulse) -> None:
        """Look at the result of one more call: the first one was good, and the state that calls leave may not be.

        Raises:
            NanOutputError: there is a NaN in it.

        """
        pulse.beat(self.case)
        with made_current(self.case.device):
            refuse_nan(self.call(), " after the last sample")

    def outcome(self, stop: StopReason, precision: float) -> Measured:
        """Return what was measured."""
        return Measured(
            case=self.case,
            result=Latency(
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
                    throttled=self.throttled,
                    host_bound=2 * self._host_bound > self._taken_here,
                    warmup_steady=self.warmup.steady,
                    wall_s_per_call=self._wall_s_per_call,
                    overhead_s=self.clock.overhead_s,
                ),
                telemetry=self.watch.summary(),
                peak_bytes=self.peak_bytes,
                ran=self.ran,
                first=self.first,
            ),
        )

    def try_to_sample(
        self, round_: int, patience: Patience, pulse: Pulse, draw: random.Random, caught: type[BaseException]
    ) -> Sampled | Failed:
        """Take one sample, or say what the case raised."""
        try:
            return self.sample(round_, patience, pulse, draw)
        except caught as error:
            return failed(self.case, error)

    def ended(
        self, stop_rule: StopRule, pulse: Pulse, caught: type[BaseException], *, alone: bool
    ) -> Measured | Failed | None:
        """Return the outcome of a case that has enough samples, or has raised; None: it goes on."""
        try:
            reason = stop_rule.reason(self, self.spent_s, self.baseline)
            if reason is None:
                return None
            if alone:
                self.run_alone(pulse)
            self.check_last(pulse)
            return self.outcome(reason, stop_rule.precision)
        except caught as error:
            return failed(self.case, error)


@contextmanager
def garbage_collector_off() -> Iterator[None]:
    """Keep a collection, which can take milliseconds, out of a sample."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
