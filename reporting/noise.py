"""Where the machine was too noisy to compare times: what a report says first, and what it does not say then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.machine import MOST_NOISE
from results.records import Latency, Measured

from .describe import TIMING_WORDS
from .units import format_chosen_share, format_percent

if TYPE_CHECKING:
    from results.records import Case, NoiseFloor, Run

TOO_NOISY = (
    "Too noisy to compare times: the noise floor of {place} is ± {floor} {when} the run, beyond ± {most}. Two equal "
    "cases came out as far apart as that, so no case is called faster or slower than another. Quiet the machine, see: "
    "attnbench doctor"
)
#: More than half of its samples were kept all the same, as waiting did not help.
THROTTLED = (
    "The device was throttled in most samples of {count} of {of} timed cases: their times are of a slowed device. "
    "Cool it or raise its power limit, see: attnbench doctor"
)
#: Under a table that says nothing of it now.
WITHHELD = "Withheld, as the noise floor is ± {floor}: {what}."


def noise_words(run: Run) -> tuple[str, ...]:
    """Return a sentence for each device, timing and kind of case of which the noise floor is too high."""
    worst = (floors[-1] for floors in run.index.noise_floors.values())
    return tuple(_too_noisy(floor) for floor in worst if floor.is_too_noisy)


def unfit(run: Run) -> tuple[str, ...]:
    """Return why times of this run are not to be compared, a sentence each; empty where the machine was fit.

    It was too noisy, or threads waited for cores, or the device was throttled all the time.
    """
    return (*noise_words(run), *run.disturbances, *_throttled(run))


def _throttled(run: Run) -> tuple[str, ...]:
    timed = [each.result for each in run.outcomes if isinstance(each, Measured) and isinstance(each.result, Latency)]
    slow = [latency for latency in timed if latency.samples.throttled * 2 > len(latency.samples.seconds)]
    return (THROTTLED.format(count=len(slow), of=len(timed)),) if slow else ()


def withheld(run: Run, case: Case, what: str) -> tuple[str, ...]:
    """Return the note that something is not said of cases of this kind; nothing where it is said.

    Args:
        run: what the table is of.
        case: any of the table's.
        what: is withheld.

    """
    floor = run.index.noise_floor(case)
    if floor is None or not floor.is_too_noisy:
        return ()
    return (WITHHELD.format(floor=format_percent(floor.relative), what=what),)


def _too_noisy(floor: NoiseFloor) -> str:
    timing = TIMING_WORDS.get(floor.timing)
    return TOO_NOISY.format(
        place=", ".join((floor.device, *([timing] if timing else []), floor.equals)),
        floor=format_percent(floor.relative),
        when=floor.when,
        most=format_chosen_share(MOST_NOISE),
    )
