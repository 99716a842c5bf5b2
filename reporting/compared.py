"""What each case costs against the baseline of its block: what sentences are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from results.records import PLAIN, Subject

from . import describe
from .block_times import BlockTimes
from .cells import Quantity
from .latency_blocks import call_blocks
from .noise import unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from results.records import Block, Case, Run


class Cost(NamedTuple):
    """A case with its ratio to the baseline."""

    name: str
    ratio: Quantity


class Compared(NamedTuple):
    """The cases of one block that were paired with its baseline."""

    block: Block
    where: str
    """The direction, and whatever else differs between the blocks: ``forward, in resnet18_cifar, batch 4``."""
    baseline: str
    """``the plain network``, or the name of a function."""
    baseline_s: float
    """Median of its time: the larger the network and its batch, the longer."""
    costs: tuple[Cost, ...]

    @property
    def place(self) -> tuple[object, ...]:
        """What the directions of one network and batch share."""
        case = self.block.shared
        return (case.host, case.input, case.dtype, case.device, describe.execution_words(case))


def compared(run: Run) -> tuple[Compared, ...]:
    """Return the blocks of which times may be compared, in plan order; none where the machine was unfit to tell.

    Kinds of cases for which the machine was too noisy are left out, as in the tables.
    """
    if unfit(run):
        return ()
    blocks = [block for block in call_blocks(run) if not run.index.is_too_noisy(block.shared)]
    found = [(block, times, costs) for block in blocks if (costs := _costs(times := BlockTimes(run, block)))]
    where = _telling([block for block, _, _ in found])
    return tuple(
        Compared(
            block=block,
            where=where(block),
            baseline=_called(times.baseline),
            baseline_s=0.0 if times.baseline is None else times.estimates[times.baseline].median_s,
            costs=costs,
        )
        for block, times, costs in found
    )


def _costs(times: BlockTimes) -> tuple[Cost, ...]:
    """Return the ratio of each case that is divided by the block's baseline."""
    names = describe.labels(times.block.cases)
    cells = {case: times.ratio(case) for case in times.ratios}
    return tuple(
        Cost(names[case], cell) for case, cell in cells.items() if isinstance(cell, Quantity) and not case.is_copy
    )


def _called(baseline: Case | None) -> str:
    if baseline is None:
        return "the baseline"
    plain = baseline.subject is Subject.NETWORK and baseline.implementation == PLAIN
    return "the plain network" if plain else describe.name(baseline)


def _telling(blocks: Sequence[Block]) -> Callable[[Block], str]:
    """Return what says of a block where it was measured: the direction, and whatever else differs between them."""
    columns = list(zip(*map(_facts, blocks), strict=True))
    telling = [index == 0 or len(set(column)) > 1 for index, column in enumerate(columns)]

    def words(block: Block) -> str:
        parts = zip(_facts(block), telling, strict=True)
        return ", ".join(f"{before}{fact}" for (before, fact), tells in parts if tells and fact)

    return words


def _facts(block: Block) -> tuple[tuple[str, str], ...]:
    shared = block.shared
    sized = f"batch {shared.input.batch}" if shared.subject is Subject.NETWORK else shared.input.name
    return (
        ("", shared.direction),
        ("in ", shared.host or ""),
        ("", sized),
        ("", shared.dtype),
        ("on ", shared.device),
        ("", ", ".join(describe.execution_words(shared))),
    )
