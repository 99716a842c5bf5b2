"""How far from 1 can the ratio of two equals be here? Equal cases are measured as a run measures its own.

Each is built on its own: where its memory comes to lie makes it faster or slower than its equals for as long as it
lives, which pairs of samples do not show and longer sampling does not mend. All take turns, as the cases of a block do.
"""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from results.records import Block, Failed, Latency, Measured, NoiseFloor, StopReason, Subject, Timing
from results.stats import estimate, ratio

from .errors import WorkerLostError
from .events import Starved

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from results.records import Samples
    from results.stats import Series

    from .measure import Instruments

BUILDS = 6
#: Seconds of sampling for each: with warming up all take some 1.5 s, long enough to meet what disturbs the machine a
#: few times a second.
BUDGET_S = 0.2
#: Where calls are slow there are so many all the same: a median of fewer is moved by a single disturbance.
FEWEST_ROUNDS = 10
SEED = 0
#: Student's t beyond which 5% lie, both sides together, with BUILDS - 1 degrees of freedom.
STUDENT = 2.571


class NoiseError(Exception):
    """The equal cases could not be measured."""


class Place(NamedTuple):
    """What a noise floor is of."""

    device: str
    timing: Timing = Timing.HOT
    threads: int | None = None
    """CPU threads to use; None leaves them as they are."""
    subject: Subject = Subject.NETWORK
    """What kind of cases they are equals of."""


class NoFloor(NamedTuple):
    """There is no noise floor of a place, and why."""

    place: Place
    why: str


@dataclass(frozen=True, slots=True)
class _Enough:
    """As much sampling of each as of the others: none stops because it is known well enough."""

    precision: float = 0.0

    def reason(self, samples: Series, spent_s: float, baseline: Series | None) -> StopReason | None:
        del baseline
        return StopReason.BUDGET if spent_s >= BUDGET_S and len(samples.seconds) >= FEWEST_ROUNDS else None


def _unheard(event: Starved) -> None:
    """Tell nobody."""


def noise_floor(instruments: Instruments, place: Place, hear: Callable[[Starved], object] = _unheard) -> NoiseFloor:
    """Measure equal cases in one block, and compare each with each.

    Args:
        instruments: what builds and times them.
        place: where.
        hear: is told at once if threads wait for cores meanwhile.

    Raises:
        NoiseError: one of them failed.

    """
    from .equal_cases import EQUALS, long_enough
    from .measure import Settings, measure_block

    try:
        sized = long_enough(instruments, place)
    except Exception as error:
        # Whatever a device has to say, as when it has no room.
        msg = f"{type(error).__name__}: {error}"
        raise NoiseError(msg) from error
    # No baseline: each has as many samples as the others.
    equals = Block(cases=tuple(replace(sized, implementation=f"equal {number}") for number in range(BUILDS)))
    # Their energy, 2 s each, would take longer than all the rest.
    settings = Settings(stop=_Enough(), budget_s=BUDGET_S, seed=SEED, alone=False)
    taken: list[Samples] = []
    for event in measure_block(equals, instruments, settings):
        if isinstance(event, Failed):
            raise NoiseError(event.error)
        if isinstance(event, Starved):
            hear(event)
        if isinstance(event, Measured) and isinstance(event.result, Latency):
            taken.append(event.result.samples)
    return replace(floor_of(taken, place), equals=EQUALS[place.subject])


def floor_of(equals: Sequence[Samples], place: Place) -> NoiseFloor:
    """Return below what distance from 1 the ratio of two further equals stays with a probability of 95%.

    The logarithm of a ratio is the difference of what two builds are off by. Half of the mean square of all of them is
    the variance of one build, known from so many builds: of a normal distribution, Student's t bounds the ratio of the
    next two. What is left of the samples' own noise is in it too. Where builds are of two kinds, one slower than the
    other, the bound lies beyond their distance.

    Raises:
        NoiseError: they have too few rounds in common.

    """
    ratios = [ratio(one, other) for one, other in itertools.combinations(equals, 2)]
    known = [found for found in ratios if found is not None]
    if len(known) < len(ratios) or not known:
        msg = "the equal cases were sampled in too few rounds"
        raise NoiseError(msg)
    typical = math.sqrt(statistics.fmean(math.log(found.value) ** 2 for found in known))
    return NoiseFloor(
        relative=math.expm1(STUDENT * typical),
        pairs=min(found.pairs for found in known),
        seconds_per_call=statistics.median(estimate(samples).median_s for samples in equals),
        builds=len(equals),
        device=place.device,
        timing=place.timing,
        subject=place.subject,
    )


def noise_floors(
    places: Collection[Place], hear: Callable[[Starved], object] = _unheard
) -> tuple[NoiseFloor | NoFloor, ...]:
    """Return the noise floor of each place, or why there is none.

    Args:
        places: of which.
        hear: is told at once if threads wait for cores, where all places are on the CPU.

    """
    if all(place.device == "cpu" for place in places):
        return measured_here(places, hear)
    from .subprocesses import subprocess_call

    # A CUDA context must be gone before the worker's begins.
    try:
        return subprocess_call(measured_here, places)
    except WorkerLostError as error:
        return tuple(NoFloor(place, str(error)) for place in places)


def measured_here(
    places: Collection[Place], hear: Callable[[Starved], object] = _unheard
) -> tuple[NoiseFloor | NoFloor, ...]:
    """Return the noise floor of each place, measured in this process (arguments as for ``noise_floors``)."""
    from .equal_cases import build
    from .heap import settle_heap
    from .instruments import instruments

    # As in a worker.
    settle_heap()
    found: list[NoiseFloor | NoFloor] = []
    for place in places:
        try:
            found.append(noise_floor(instruments(build), place, hear))
        except NoiseError as error:
            found.append(NoFloor(place, str(error)))
    return tuple(found)
