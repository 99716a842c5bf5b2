"""The sentence that a run ends with: what each attention costs, from the ratios that the tables show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from results.records import PLAIN, Subject

from . import describe
from .block_times import BlockTimes
from .cells import Quantity
from .latency_blocks import call_blocks
from .noise import unfit
from .units import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from results.records import Block, Case, Run

#: A sentence names so many blocks, and so many cases of each; the tables have all.
MOST_BLOCKS = 4
MOST_CASES = 6


def closing_words(run: Run) -> str:
    """Return what the cases cost against their baselines; empty where nothing may be said of times, or was measured.

    Of kinds of cases of which the machine was too noisy nothing is said, as in the tables.
    """
    if unfit(run):
        return ""
    compared = [block for block in call_blocks(run) if not run.index.is_too_noisy(block.shared)]
    clauses = [(block, words) for block in compared if (words := _costs(run, block))]
    if not clauses:
        return ""
    where = _telling([block for block, _ in clauses])
    said = [_clause(run, block, words, where(block)) for block, words in clauses[:MOST_BLOCKS]]
    more = len(clauses) - MOST_BLOCKS
    return "; ".join((*said, *([f"{describe.plural(more, 'more table')} in the report"] if more > 0 else []))) + "."


def _costs(run: Run, block: Block) -> list[tuple[str, str]]:
    """Return the name and the ratio of each case that is divided by the block's baseline."""
    names = describe.labels(block.cases)
    times = BlockTimes(run, block)
    cells = {case: times.ratio(case) for case in times.ratios}
    return [
        (names[case], cell_text(replace(cell, marks=())))
        for case, cell in cells.items()
        if isinstance(cell, Quantity) and not case.is_copy
    ]


def _clause(run: Run, block: Block, costs: Sequence[tuple[str, str]], where: str) -> str:
    baseline = run.index.baseline(block)
    (name, ratio), *others = costs[:MOST_CASES]
    more = [f"{len(costs) - MOST_CASES} more"] if len(costs) > MOST_CASES else []
    return ", ".join((f"{name} costs {ratio} times {_called(baseline)} {where}", *map(" ".join, others), *more))


def _called(baseline: Case | None) -> str:
    if baseline is None:
        return "the baseline"
    plain = baseline.subject is Subject.NETWORK and baseline.implementation == PLAIN
    return "the plain network" if plain else describe.name(baseline)


def _telling(blocks: Sequence[Block]) -> Callable[[Block], str]:
    """Return what says of a block where it was measured: the direction, and whatever else differs between them."""

    def facts(block: Block) -> tuple[tuple[str, str], ...]:
        shared = block.shared
        sized = f"batch {shared.input.batch}" if shared.subject is Subject.NETWORK else shared.input.name
        return (
            ("", shared.direction),
            ("in ", shared.host or ""),
            ("", sized),
            ("", shared.dtype),
            ("on ", shared.device),
        )

    columns = list(zip(*map(facts, blocks), strict=True))
    telling = [index == 0 or len(set(column)) > 1 for index, column in enumerate(columns)]

    def words(block: Block) -> str:
        parts = [
            f"{before}{fact}" for (before, fact), tells in zip(facts(block), telling, strict=True) if tells and fact
        ]
        return ", ".join(parts)

    return words
