"""A clock that calls move by hand, calls of scripted duration, and what hands them to the measurement."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

from bench.measure import Instruments, Settings, measure_block
from bench.prepared import Timed
from bench.session import run_plan
from bench.telemetry import NoWatch
from results.blocks import blocks_of
from results.records import Case, Failed, Images, Latency, Measured, Skipped, StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bench.events import Event
    from bench.prepared import Prepare, Prepared
    from bench.stopping import StopRule
    from results.records import Block, Outcome, Sampled, Samples
    from results.stats import Series


class FakeClock:
    """Shows the time that the calls say they took; nothing waits."""

    name = "a fake clock"
    host_bound = False

    def __init__(self, resolution_s: float = 1e-9, overhead_s: float = 0.0) -> None:
        self.resolution_s = resolution_s
        self.overhead_s = overhead_s
        self.elapsed_s = 0.0
        self._before_s = 0.0

    def now_s(self) -> float:
        """Return the sum of all durations so far."""
        return self._before_s + self.elapsed_s

    def time(self, call: Callable[[], object], calls: int) -> float:
        """Return the sum of the calls' own durations."""
        self._before_s, self.elapsed_s = self.now_s(), 0.0
        for _ in range(calls):
            call()
        return self.elapsed_s

    def wall_time(self, call: Callable[[], object], calls: int) -> float | None:
        """Call nothing: it is the CPU's clock."""
        del call, calls
        return None


class Work:
    """A call that takes the scripted seconds, the last of them for ever; an exception in the script is raised."""

    def __init__(
        self, clock: FakeClock, *script: float | Exception, doing: Callable[[], object] = int, giving: object = None
    ) -> None:
        self.calls = 0
        self._clock = clock
        self._script = chain(script, repeat(script[-1]))
        self._doing = doing
        self._giving = giving

    def __call__(self) -> object:
        """Take the next step of the script, and give the result."""
        self.calls += 1
        self._doing()
        step = next(self._script)
        if isinstance(step, Exception):
            raise step
        self._clock.elapsed_s += step
        return self._giving


class StopAfter:
    """Stops a case after so many samples, as if its budget were spent."""

    precision = 0.25

    def __init__(self, samples: int) -> None:
        self._samples = samples

    def reason(self, samples: Series, spent_s: float, baseline: Series | None) -> StopReason | None:
        """Return the budget as reason once there are enough samples."""
        del spent_s, baseline
        return StopReason.BUDGET if len(samples.seconds) >= self._samples else None


def case_of(implementation: str, *, threads: int | None = None, batch: int = 1) -> Case:
    """Return a network's case that differs from others of its batch by its implementation's name; none is plain."""
    return Case(
        suite="latency",
        implementation=implementation,
        source="0" * 12,
        host="host",
        input=Images(batch=batch, channels=8, height=4, width=4, num_classes=10),
        threads=threads,
    )


def block_of(cases: Sequence[Case]) -> Block:
    """Return the block of cases that are all compared."""
    (block,) = blocks_of(cases)
    return block


def samples_in(outcome: object) -> Samples:
    """Return the samples of a case that must have been timed."""
    assert isinstance(outcome, Measured)
    assert isinstance(outcome.result, Latency)
    return outcome.result.samples


class FakePrepare:
    """Prepares a case as scripted for its implementation: a call, something to count, or an exception."""

    def __init__(self, scripted: Mapping[str, Callable[[], object] | Prepared | Exception]) -> None:
        self._scripted = scripted

    def __call__(self, case: Case) -> Prepared:
        """Return or raise what the script says."""
        found = self._scripted[case.implementation]
        if isinstance(found, Exception):
            raise found
        return Timed(call=found) if callable(found) else found


class LocalExecutor:
    """Runs every block in this process: nothing to start, nothing that survives a crash."""

    def __init__(self, instruments: Instruments, settings: Settings) -> None:
        self._instruments = instruments
        self._settings = settings

    def run(self, block: Block, earlier: Mapping[Case, tuple[Sampled, ...]]) -> Iterator[Event]:
        """Measure one block; yields events as they happen."""
        yield from measure_block(block, self._instruments, self._settings, earlier=earlier)


def executor(prepare: Prepare, clock: FakeClock, stop: StopRule, budget_s: float, seed: int) -> LocalExecutor:
    """Return what measures in this process, by the fake clock."""
    instruments = Instruments(
        prepare=prepare, clock_for=lambda _: clock, watch_for=lambda _: NoWatch(), now_s=clock.now_s
    )
    return LocalExecutor(instruments, Settings(stop=stop, budget_s=budget_s, seed=seed))


def events_of(
    cases: Sequence[Case],
    prepare: Prepare,
    clock: FakeClock,
    stop: StopRule | None = None,
    *,
    budget_s: float = 200.0,
    seed: int = 0,
) -> Iterator[Event]:
    """Measure a plan in this process; by default seven samples a case, and time to get steady."""
    return run_plan(blocks_of(cases), executor(prepare, clock, stop or StopAfter(7), budget_s, seed))


def outcomes_of(
    cases: Sequence[Case],
    prepare: Prepare,
    clock: FakeClock,
    stop: StopRule | None = None,
    *,
    budget_s: float = 200.0,
    seed: int = 0,
) -> list[Outcome]:
    """Measure a plan in this process and return its outcomes in the order in which they came."""
    events = events_of(cases, prepare, clock, stop, budget_s=budget_s, seed=seed)
    return [event for event in events if isinstance(event, Measured | Skipped | Failed)]
