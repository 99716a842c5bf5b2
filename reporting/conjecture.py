"""The PSK paper's conjecture, answered: is a HardSoftmax that is made as well as PyTorch's softmax faster than it?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from results.contest import Contest, Contestant, contest
from results.records import Direction, Mode

from . import describe
from .operators_tables import SOFTMAX, by_direction
from .units import format_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from results.records import Case, Environment, Measured, Run

QUESTION = "Is a HardSoftmax that is made as well as PyTorch's softmax faster, as Zhu et al. 2021 conjecture?"
#: HardSoftmax as well made as PyTorch's softmax, and softmax made in the same way; the first that was timed counts.
WELL_MADE = (
    ("fused", Contestant(implementation="hard_softmax/fused"), Contestant(implementation="softmax/fused")),
    (
        "compiled",
        Contestant(implementation="hard_softmax", mode=Mode.COMPILED),
        Contestant(implementation="softmax", mode=Mode.COMPILED),
    ),
)


def answers(run: Run) -> tuple[str, ...]:
    """Return two sentences for each dtype and device: the answer, and what of it is the making and not the rule.

    Nothing where no well-made HardSoftmax was timed beside PyTorch's softmax.
    """
    places: dict[Case, list[list[Measured]]] = {}
    for outcomes in by_direction(run):
        case = outcomes[0].case
        place = replace(
            case,
            direction=Direction.FORWARD,
            implementation="",
            source="",
            options=(),
            mode=Mode.EAGER,
            shape=(),
            dim=None,
        )
        places.setdefault(place, []).append(outcomes)
    found = (_answer(run.environment, directions) for directions in places.values())
    return tuple(sentence for sentences in found for sentence in sentences)


def _answer(environment: Environment, directions: Sequence[Sequence[Measured]]) -> list[str]:
    case = directions[0][0].case
    for making, hard_softmax, softmax in WELL_MADE:
        against = _contests(directions, hard_softmax, SOFTMAX)
        if not against:
            continue
        answer = (
            f"{QUESTION} On {describe.machine(environment, case)}, in {case.dtype}: {verdict(against.values())}; the "
            f"{making} one takes {_words(against)} the time of PyTorch's softmax."
        )
        alike = _contests(directions, hard_softmax, softmax)
        if not alike:
            return [answer]
        return [
            answer,
            (
                f"Rule against rule, the {making} HardSoftmax takes {_words(alike)} the time of the {making} softmax, "
                "which is made in the same way."
            ),
        ]
    return []


def verdict(contests: Iterable[Contest]) -> str:
    """Return the answer in a word or two: by the intervals of the means, and of each shape."""
    means = [each.mean for each in contests]
    slower = any(each.slower for each in contests)
    if all(mean.high is not None and mean.high < 1 for mean in means):
        return "yes, but not on every shape" if slower else "yes"
    if all(mean.low is not None and mean.low > 1 for mean in means):
        return "no"
    if any(mean.low is None for mean in means):
        return "too few samples to tell"
    return "in one direction only" if any(mean.high is not None and mean.high < 1 for mean in means) else "no"


def _contests(directions: Sequence[Sequence[Measured]], one: Contestant, other: Contestant) -> dict[Direction, Contest]:
    found = {outcomes[0].case.direction: contest(outcomes, one, other) for outcomes in directions}
    return {direction: each for direction, each in found.items() if each is not None}


def _words(contests: Mapping[Direction, Contest]) -> str:
    """Return the means with what they are of: ``0.41 [0.40, 0.42] forward (10 of 10 shapes faster, 0 slower)``."""
    parts = []
    for direction, each in contests.items():
        mean, shapes = each.mean, len(each.ratios)
        parts.append(
            f"{format_mean(mean.value, mean.low, mean.high)} {direction} ({each.faster} of {shapes} shapes faster, "
            f"{each.slower} slower)"
        )
    return f"{' and '.join(parts)} of"
