"""Logit functions -> tables over all shapes: how each did against PyTorch's softmax."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from results.bandwidth import speed
from results.blocks import OP_BASELINE
from results.contest import Contestant, contest, contestant_of
from results.records import Latency

from . import describe
from .cells import BLANK, EMPTY, Kind, Quantity
from .noise import withheld
from .table import Table, number, text

if TYPE_CHECKING:
    from collections.abc import Hashable

    from results.contest import Contest
    from results.index import Index
    from results.records import Block, Case, Run
    from results.stats import Ratio

    from .cells import Cell

SOFTMAX = Contestant(implementation=OP_BASELINE)
SPEED_WORDS = (
    "**GB/s**: the least that a logit function must move, in 1e9 bytes, over the median time. Forward: read the "
    "logits, write the result; with backward also read the result and its gradient, write the logits' gradient. "
    "**÷ copy**: that over what a copy into existing memory reaches, paired; its 95% interval in brackets. It can be "
    "above 1: what is still in a cache is not moved again."
)
CONTEST_WORDS = (
    "**÷ softmax**, over several shapes: the geometric mean of the paired ratios, with the interval that follows from "
    "theirs; least and most of them; and on how many of the planned shapes the whole interval is below 1 (faster) or "
    "above (slower). Shapes on which one of both failed, or both have fewer than six rounds in common, are in none of "
    "these."
)
MEAN_WORDS = (
    "**interval of the mean**: it takes the errors of different shapes to be independent, and allows for medians of "
    "few rounds that are all off in one direction because one function is disturbed more often than the other. It "
    "speaks of these shapes on this machine, of no others."
)
NO_MEAN = f"No mean ({EMPTY.reason}): on no shape were both sampled in six rounds together. Measure both in a new run."
WORDS = (SPEED_WORDS, CONTEST_WORDS, MEAN_WORDS)


def logit_function_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a direction, dtype and device; its rows are functions, its figures over all shapes."""
    return tuple(_table(run, place) for place in places(run))


class Place(NamedTuple):
    """The blocks of logit functions in one direction, dtype and device; they differ in the logits alone."""

    blocks: tuple[Block, ...]

    @property
    def shared(self) -> Case:
        """Any of the cases."""
        return self.blocks[0].shared

    def contest(self, index: Index, one: Contestant, other: Contestant) -> Contest | None:
        """Return how one function did against another over all logits; None if they were not to be timed together."""
        return contest(index, self.blocks, one, other)


def places(run: Run) -> tuple[Place, ...]:
    """Return the logit functions that were timed beside a copy, in plan order."""
    together: dict[Hashable, list[Block]] = {}
    for block in run.index.blocks_with(Latency):
        if block.copy is not None:
            case = block.shared
            where = (case.direction, case.dtype, case.device, case.timing, case.threads)
            together.setdefault(where, []).append(block)
    found = (Place(tuple(blocks)) for blocks in together.values())
    return tuple(place for place in found if any(run.index.results(block.cases, Latency) for block in place.blocks))


def _table(run: Run, place: Place) -> Table:
    shared = place.shared
    logits = [block.shared.input for block in place.blocks]
    largest = max(place.blocks, key=lambda block: prod(block.shared.shape))
    functions = {
        contestant_of(case): describe.name(case) for block in place.blocks for case in block.cases if not case.is_copy
    }
    speeds = _speeds(run.index, largest)
    rows = tuple(
        (name, *_contest_cells(run.index, place, function), *speeds.get(function, (EMPTY, EMPTY)))
        for function, name in functions.items()
    )
    words = ("all shapes", shared.direction, shared.dtype, shared.device, *describe.execution_words(shared))
    return Table(
        title=f"{shared.input.noun}, {', '.join(words)}",
        caption=(
            f"Time over that of PyTorch's softmax, paired, on {describe.machine(run.environment, shared)}. "
            f"Shapes: {', '.join(map(describe.logits_words, logits))}."
        ),
        columns=(
            text("function"),
            number("÷ softmax, geometric mean"),
            number("least"),
            number("most"),
            number("faster"),
            number("slower"),
            number(f"GB/s at {describe.logits_words(largest.shared.input)}"),
            number("÷ copy there"),
        ),
        rows=rows,
        notes=(
            *([NO_MEAN] if any(row[1] == EMPTY for row in rows) else []),
            *withheld(run, shared, f"on how many shapes a function is faster or slower ({EMPTY.reason})"),
            *describe.cell_notes(rows),
        ),
    )


def _speeds(index: Index, block: Block) -> dict[Contestant, tuple[Cell, Cell]]:
    """Return the cells of bytes a second, and of their share of the copy's, on the logits of one block."""
    copy = index.copy_of(block.shared)
    found: dict[Contestant, tuple[Cell, Cell]] = {}
    for case, latency in index.results(block.cases, Latency).items():
        fast = speed(case, latency.samples, copy)
        found[contestant_of(case)] = (
            describe.speed_cell(fast),
            EMPTY if copy is None else describe.paired(fast.share_of_copy),
        )
    return found


def _contest_cells(index: Index, place: Place, function: Contestant) -> tuple[Cell, ...]:
    if function == SOFTMAX:
        return ("1", BLANK, BLANK, BLANK, BLANK)
    found = place.contest(index, function, SOFTMAX)
    mean = None if found is None else found.mean
    if found is None or mean is None:
        return (EMPTY, BLANK, BLANK, BLANK, BLANK)
    ratios = found.ratios.values()
    return (
        describe.ratio_cell(mean, near_overhead=found.near_overhead),
        *(_extreme(extreme) for extreme in (min(ratios, key=_value), max(ratios, key=_value))),
        *((EMPTY, EMPTY) if index.is_too_noisy(place.shared) else _counts(found)),
    )


def _counts(found: Contest) -> tuple[Cell, Cell]:
    return f"{found.faster} of {found.planned}", f"{found.slower} of {found.planned}"


def _value(found: Ratio) -> float:
    return found.value


def _extreme(found: Ratio) -> Quantity:
    marks = describe.overhead_marks(near=found.near_overhead)
    return Quantity(value=found.value, kind=Kind.RATIO, marks=marks)
