"""Timed cases that take turns: one sample each a round, in random order, until each has a reason to stop."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from results.records import Block, Case, Failed, Measured

from .case_sampling import Patience, Sampling
from .cores import NoWatcher
from .failures import has_another_try
from .pauses import NoPauses
from .surroundings import Untouched, disturbances

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from .cores import Watcher
    from .events import Event
    from .pauses import Pauses
    from .pulse import Pulse
    from .stopping import StopRule
    from .surroundings import Surroundings


def take_turns(
    block: Block,
    active: list[Sampling],
    stop_rule: StopRule,
    pulse: Pulse,
    *,
    seed: int,
    first_round: int,
    crowded: list[Case],
    alone: bool = True,
    surroundings: Surroundings | None = None,
    caught: type[BaseException] = Exception,
    watcher: Watcher | None = None,
    pauses: Pauses | None = None,
) -> Generator[Event, None, int]:
    """Sample until every case has stopped; yields each sample, and each outcome as soon as it is known.

    Args:
        block: knows what is compared with what.
        active: its cases, warmed up; emptied.
        stop_rule: when a case has enough.
        seed: of turns, and of places in memory.
        pulse: told which case is being sampled.
        first_round: no round before it: samples of different processes are never paired.
        crowded: cases that run out of memory beside others are left in it, without an outcome.
        alone: run each case by itself when it has stopped: for its wall-clock time and its energy.
        surroundings: what a sample has changed of them is put back before the next one.
        caught: what a case raises is its outcome if it is one of these.
        watcher: looks after each round whether there are enough cores.
        pauses: are offered after each round.

    Returns:
        The round after the last one.

    """
    round_ = max(first_round, *(number + 1 for sampling in active for number in sampling.rounds), 0)
    draw = random.Random(f"{seed}/{round_}")  # noqa: S311 - turns and places, not secrets
    references = _compare(block, active)
    patience = Patience()
    surroundings, watcher, pauses = surroundings or Untouched(), watcher or NoWatcher(), pauses or NoPauses()
    watcher.begin()
    pauses.begin()
    while active:
        turns = draw.sample(active, len(active))
        while turns:
            sampling = turns.pop()
            ended: Measured | Failed | None = None
            # Nothing is yielded while errors are caught: whoever closes this generator raises one in it.
            taken = sampling.try_to_sample(round_, patience, pulse, draw, caught)
            if isinstance(taken, Failed):
                ended = taken
            else:
                yield from disturbances(surroundings, sampling.case, sampled=True)
                yield taken
                # What the others are compared with stays to the end: they are paired with it, round by round.
                if sampling.case not in references or references.issuperset(_cases(active)):
                    ended = sampling.ended(stop_rule, pulse, caught, alone=alone)
            if ended is None:
                continue
            yield from disturbances(surroundings, sampling.case)
            active.remove(sampling)
            # The last pointers to it: with them goes what the case holds, before the others go on.
            del sampling
            if isinstance(ended, Failed):
                references = _compare(block, active)
            if isinstance(ended, Failed) and has_another_try(ended, others=len(active)):
                crowded.append(ended.case)
            else:
                yield ended
        round_ += 1
        yield from watcher.look(block.shared)
        yield from pauses.offer(block.shared)
    return round_


def _cases(active: list[Sampling]) -> Iterator[Case]:
    return (sampling.case for sampling in active)


def _compare(block: Block, active: list[Sampling]) -> frozenset[Case]:
    """Tell each case what it is divided by; return what others are compared with, which is sampled to the end."""
    sampled = {sampling.case: sampling for sampling in active}
    references = block.references(sampled)
    for sampling in active:
        divisor = None if sampling.case in references else block.divisor_of(sampling.case, sampled.__contains__)
        sampling.baseline = None if divisor is None else sampled.get(divisor)
    return references
