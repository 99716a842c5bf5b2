"""The PSK paper's conjecture, answered: is a HardSoftmax that is made as well as PyTorch's softmax faster than it?"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from results.contest import Contest, Contestant
from results.records import Direction, Mode

from . import describe
from .logit_function_tables import SOFTMAX, places
from .units import cell_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from results.records import Run

    from .logit_function_tables import Place

QUESTION = "Is a HardSoftmax that is made as well as PyTorch's softmax faster, as Zhu et al. 2021 conjecture?"
#: In place of an answer.
TOO_NOISY = "withheld, as the machine is too noisy to tell"
#: Of both together the answer is given.
DIRECTIONS = (Direction.FORWARD, Direction.FORWARD_BACKWARD)
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
    together: dict[Hashable, dict[Direction, Place]] = {}
    for place in places(run):
        case = place.shared
        where = (case.dtype, case.device, case.timing, case.threads)
        together.setdefault(where, {})[case.direction] = place
    found = (_answer(run, directions) for directions in together.values())
    sentences = tuple(sentence for sentences in found for sentence in sentences)
    marked = any(describe.NEAR_OVERHEAD in sentence for sentence in sentences)
    return (*sentences, describe.NEAR_OVERHEAD_NOTE) if marked else sentences


def _answer(run: Run, directions: Mapping[Direction, Place]) -> list[str]:
    case = next(iter(directions.values())).shared
    where = ", ".join((describe.machine(run.environment, case), f"in {case.dtype}", *describe.execution_words(case)))
    for making, hard_softmax, softmax in WELL_MADE:
        against = _contests(run, directions, hard_softmax, SOFTMAX)
        if not any(each.ratios for each in against.values()):
            continue
        is_told = not run.index.is_too_noisy(case)
        said = verdict(against) if is_told else TOO_NOISY
        answer = (
            f"{QUESTION} On {where}: {said}; the {making} one takes {_words(against, counted=is_told)} "
            "the time of PyTorch's softmax."
        )
        alike = _contests(run, directions, hard_softmax, softmax)
        if not any(each.ratios for each in alike.values()):
            return [answer]
        return [
            answer,
            (
                f"Rule against rule, the {making} HardSoftmax takes {_words(alike, counted=is_told)} the time of the "
                f"{making} softmax, which is made in the same way."
            ),
        ]
    return []


class State(StrEnum):
    """What the interval of a mean says."""

    FASTER = "faster"
    SLOWER = "slower"
    UNDECIDED = "no difference found"
    UNKNOWN = "too few samples to tell"


def verdict(contests: Mapping[Direction, Contest]) -> str:
    """Return the answer in a few words: by the intervals of the means, and of each shape."""
    # Where no shape was timed, "too few samples to tell" says all.
    short = any(0 < len(each.ratios) < each.planned for each in contests.values())
    return f"{_verdict(contests)}{', as far as both were timed' if short else ''}"


def _verdict(contests: Mapping[Direction, Contest]) -> str:
    states = {direction: _state(each) for direction, each in contests.items()}
    if set(states) != set(DIRECTIONS) or len(set(states.values())) > 1:
        return ", ".join(f"{state} {direction}" for direction, state in states.items())
    match next(iter(states.values())):
        case State.FASTER:
            return "yes, but not on every shape" if any(each.slower for each in contests.values()) else "yes"
        case State.SLOWER:
            return "no, but on some shapes" if any(each.faster for each in contests.values()) else "no"
        case state:
            return str(state)


def _state(found: Contest) -> State:
    mean = found.mean
    if mean is None:
        return State.UNKNOWN
    if mean.high < 1:
        return State.FASTER
    return State.SLOWER if mean.low > 1 else State.UNDECIDED


def _contests(
    run: Run, directions: Mapping[Direction, Place], one: Contestant, other: Contestant
) -> dict[Direction, Contest]:
    found = {direction: place.contest(run.index, one, other) for direction, place in directions.items()}
    return {direction: each for direction, each in found.items() if each is not None}


def _words(contests: Mapping[Direction, Contest], *, counted: bool) -> str:
    """Return the means with what they are of: ``0.41 [0.40, 0.42] forward (10 of 10 shapes faster, 0 slower)``.

    Args:
        contests: by direction.
        counted: whether to say on how many shapes it was faster.

    """
    parts = []
    for direction, each in contests.items():
        mean, left_out = each.mean, each.planned - len(each.ratios)
        ratio = "an unknown share" if mean is None else describe.ratio_cell(mean, near_overhead=each.near_overhead)
        without = f", {left_out} without a paired ratio" if left_out else ""
        counts = f"{each.faster} of {each.planned} shapes faster, {each.slower} slower"
        shapes = f"{counts if counted else describe.plural(each.planned, 'shape')}{without}"
        parts.append(f"{cell_text(ratio)} {direction} ({shapes})")
    return f"{' and '.join(parts)} of"
