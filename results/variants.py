"""The same network, measured by several suites: trained, counted, timed and watched."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from .inputs import TrainingSet
from .kinds import Direction, Mode
from .learning import Spread, Training, spread
from .samples import Latency
from .sizes import Complexity, Memory

if TYPE_CHECKING:
    from .blocks import Block
    from .cases import Case
    from .index import Index

#: The rule that most papers' scripts count multiply-adds by.
RULE = "fvcore"


def variant(case: Case) -> tuple[object, ...]:
    """Return what cases of the same network have in common, whatever is asked of it."""
    size = (case.input.shape[1:], case.input.num_classes)
    return (case.host, case.slot, case.implementation, case.source, case.options, *size)


def without_seed(case: Case) -> Case:
    """Return the case that stands for all seeds of a training."""
    trained = case.input
    return replace(case, input=replace(trained, seed=0)) if isinstance(trained, TrainingSet) else case


def by_network(block: Block) -> dict[Case, list[Case]]:
    """Return the trainings of each network of a block, by the case that stands for all its seeds."""
    found: dict[Case, list[Case]] = {}
    for case in block.cases:
        found.setdefault(without_seed(case), []).append(case)
    return found


class Known(NamedTuple):
    """What a run knows of a network beside what it learned."""

    complexity: Complexity | None
    latency: tuple[Case, Latency] | None
    """Of inference."""
    memory: tuple[Case, Memory] | None
    """Of inference."""

    @property
    def multiply_adds(self) -> int | None:
        """By the rule that most papers' scripts use; None where it did not count."""
        counts = () if self.complexity is None else self.complexity.counts
        return next((count.total for count in counts if count.rule == RULE), None)


def known(index: Index, case: Case) -> Known:
    """Return what suites other than train found of a network, on the device and in the dtype that it was trained in."""
    same = [other for other in _measured(index).get(variant(case), []) if other.input != case.input]
    placed = [other for other in same if (other.device, other.dtype) == (case.device, case.dtype)]
    inference = [other for other in placed if other.direction is Direction.FORWARD]
    counted = index.results(same, Complexity)
    timed = index.results([other for other in inference if other.mode in {case.mode, Mode.EAGER}], Latency)
    watched = index.results(inference, Memory)
    return Known(
        complexity=next(iter(counted.values()), None),
        latency=next(((other, found) for other, found in timed.items() if not other.input.is_step), None),
        memory=next(iter(watched.items()), None),
    )


def accuracies(index: Index, cases: list[Case]) -> Spread | None:
    """Return the test accuracy after the last epoch over the seeds that were trained; None if none was."""
    trained = index.results(cases, Training)
    return spread([training.last_accuracy for training in trained.values()]) if trained else None


@lru_cache(maxsize=1)
def _measured(index: Index) -> dict[tuple[object, ...], list[Case]]:
    found: dict[tuple[object, ...], list[Case]] = {}
    for case in index.outcomes:
        found.setdefault(variant(case), []).append(case)
    return found
