"""Many networks and batches -> one row an attention: the mean of its ratios, the least and the most of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.contest import Contest
from results.records import PLAIN, Subject

from . import describe
from .block_times import BlockTimes
from .cells import EMPTY, Kind, Quantity, count
from .latency_blocks import call_blocks
from .noise import withheld
from .table import Table, number, text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from results.records import Block, Case, Run
    from results.stats import Ratio

    from .cells import Cell

#: With more networks and batches than that in one direction, nobody reads all of their ratios.
FEW = 12
OVERALL_WORDS = (
    (
        "**÷ plain**, over many networks and batches: the geometric mean of the paired ratios, with the interval that "
        "follows from theirs; least and most of them; and how many are faster or slower, their whole interval below "
        "or above 1. It speaks of these networks on this machine, of no others."
    ),
)


def is_of_many(run: Run) -> bool:
    """Return whether a run has more networks and batches in one direction than one reads."""
    return bool(_together(run))


def overall_tables(run: Run) -> tuple[Table, ...]:
    """Return a table a direction, dtype and device in which there are more than a few networks and batches."""
    return tuple(_table(run, blocks) for blocks in _together(run).values())


def _together(run: Run) -> Mapping[Hashable, list[Block]]:
    found: dict[Hashable, list[Block]] = {}
    for block in call_blocks(run):
        case = block.shared
        if case.subject is Subject.NETWORK:
            where = (case.direction, case.dtype, case.device, case.timing, describe.execution_words(case))
            found.setdefault(where, []).append(block)
    return {where: blocks for where, blocks in found.items() if len(blocks) > FEW}


def _table(run: Run, blocks: Sequence[Block]) -> Table:
    ratios: dict[str, dict[Hashable, Ratio]] = {}
    planned: dict[str, int] = {}
    for place, block in enumerate(blocks):
        times, names = BlockTimes(run, block), describe.labels(block.cases)
        for case in block.cases:
            if case.implementation != PLAIN:
                planned[names[case]] = planned.get(names[case], 0) + 1
        if times.baseline is None or times.baseline.implementation != PLAIN:
            continue
        for case, found in times.ratios.items():
            if found is not None:
                ratios.setdefault(names[case], {})[place] = found
    shared = blocks[0].shared
    contests = {name: Contest(ratios=ratios.get(name, {}), planned=of) for name, of in planned.items()}
    return Table(
        title=", ".join(_shared_words(shared, len(blocks))),
        caption=f"Time over the plain network's, paired, on {describe.machine(run.environment, shared)}.",
        columns=(
            text("attention"),
            number("÷ plain, geometric mean"),
            number("least"),
            number("most"),
            number("faster"),
            number("slower"),
            number("compared"),
        ),
        rows=tuple(
            (name, *_cells(found, counts=not run.index.is_too_noisy(shared))) for name, found in contests.items()
        ),
        notes=withheld(run, shared, f"in how many networks an attention is faster or slower ({EMPTY.reason})"),
    )


def _shared_words(case: Case, count_of: int) -> tuple[str, ...]:
    return (
        f"{count_of} networks and batches",
        case.direction,
        case.dtype,
        case.device,
        *describe.execution_words(case),
    )


def _cells(found: Contest, *, counts: bool) -> tuple[Cell, ...]:
    mean = found.mean
    if mean is None:
        return (EMPTY, EMPTY, EMPTY, EMPTY, EMPTY, f"0 of {found.planned}")
    values = [each.value for each in found.ratios.values()]
    return (
        describe.ratio_cell(mean, near_overhead=found.near_overhead),
        Quantity(value=min(values), kind=Kind.RATIO),
        Quantity(value=max(values), kind=Kind.RATIO),
        *((count(found.faster), count(found.slower)) if counts else (EMPTY, EMPTY)),
        f"{len(values)} of {found.planned}",
    )
