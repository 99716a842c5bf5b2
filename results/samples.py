"""What timing a case gave."""

from __future__ import annotations

from itertools import pairwise
from operator import lt

from .first_call import FirstCall  # noqa: TC001
from .kinds import StopReason  # noqa: TC001 - msgspec reads type hints when the program runs
from .machine import Telemetry  # noqa: TC001
from .ran import Ran  # noqa: TC001
from .ranges import Duration, Line, Seconds, Share, Size, Whole  # noqa: TC001
from .record import Record


class Samples(Record, frozen=True, kw_only=True):
    """Raw timings of one case, in the order taken."""

    seconds: tuple[Seconds, ...]
    """Seconds per call, one figure a sample."""
    rounds: tuple[Whole, ...]
    """The random round in which each sample was taken: equal rounds pair the samples of two cases."""
    calls_per_sample: Size
    warmup_calls: Whole
    """Warm-up, discarded samples and the CPU's part are those of the process that took the last sample: a run that was
    resumed, or whose worker died, has samples of others too."""
    warmup_s: Duration
    """The first call and the check of its result included."""
    stop: StopReason
    precision: Share
    """The relative half-width of the interval that was asked for."""
    clock: Line
    """Which clock took the time, in words."""
    discarded: Whole = 0
    """Samples that were taken while the device was throttled, and taken again."""
    throttled: Whole = 0
    """Samples that were kept although the device was throttled: so many before them had been taken in vain."""
    host_bound: bool = False
    """The device waited for the CPU's launches in most samples: their times are the CPU's more than the device's."""
    warmup_steady: bool = True
    """Warming up ended because two windows agreed, and not because its time was spent."""
    wall_s_per_call: Duration | None = None
    """Of calls back to back after the samples, by the CPU's clock, launches and waits included; the median of 0.1 s.
    None on the CPU, whose clock that is, and with cold timing, since back to back caches are hot."""
    overhead_s: Duration | None = None
    """What the clock shows for an empty call: its own time, which is in every figure. None where it was not asked."""

    def __post_init__(self) -> None:
        """Refuse what no statistics can be made of: no samples, or not one a round in their order (ValueError)."""
        if not len(self.seconds) == len(self.rounds) > 0:
            msg = f"seconds: {len(self.seconds)} of them in {len(self.rounds)} rounds; one a round, and at least one"
            raise ValueError(msg)
        # Looked at by what takes no time: a run has millions of samples.
        if not all(map(lt, self.rounds, self.rounds[1:])):
            index = next(index for index, (before, after) in enumerate(pairwise(self.rounds)) if before >= after)
            before, after = self.rounds[index : index + 2]
            msg = f"rounds[{index + 1}]: {after} after {before}; one sample a round, in the order of the rounds"
            raise ValueError(msg)


class Latency(Record, frozen=True, kw_only=True, tag="latency"):
    """How long a call takes, and what the device did meanwhile."""

    samples: Samples
    telemetry: Telemetry | None = None
    """None on the CPU."""
    peak_bytes: Whole | None = None
    """Of steps of an epoch on CUDA: the allocator's highest total while the case was built and warmed up, above what
    other cases held. None elsewhere."""
    ran: Ran | None = None
    """Of attention between tokens: what was found of the call before it was timed. None of other cases, and of records
    from before it was looked at."""
    first: FirstCall | None = None
    """Of the same: what is paid once, before any sample."""
