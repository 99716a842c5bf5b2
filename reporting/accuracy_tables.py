"""Errors against float64 -> tables: all functions, sizes and dtypes under each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.records import Errors, Measured, Subject

from . import describe
from .cells import BLANK, EMPTY
from .stacking import CALLS, Part, stacks
from .table import number, text
from .units import format_error, format_percent, format_ulps, format_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from results.records import Block, ErrorAtScale, Outcome, Run

    from .cells import Cell
    from .table import Table

CAPTION = "Largest / median error against float64, relative, and in ulps, at each scale of the inputs."
ERROR_WORDS = (
    "**errors**: distance from the same function in float64 on the same inputs, seeded Gaussian ones of the scale that "
    "heads the column: the largest and, after the slash, the median over all elements, as a share of the exact value; "
    "then both in ulps, units in the last place of the exact value. The exact function has the weights that the dtype "
    "has, rounded."
)
LEFT_OUT_WORDS = (
    "**below normal**: elements whose exact value is 0 or below the normal numbers of the dtype, where such figures "
    "mean little. **not finite**: elements that are NaN or infinite where the exact ones are not. Both are in no other "
    "figure."
)
WORDS = (ERROR_WORDS, LEFT_OUT_WORDS)


def accuracy_tables(run: Run) -> tuple[Table, ...]:
    """Return the errors of all cases in one table, apart only for functions, modules alone and networks."""
    blocks = [block for block in run.index.blocks_with(Errors) if run.index.reached(block)]
    scales = {kind: _scales(run, (block for block in blocks if block.shared.subject is kind)) for kind in Subject}
    stacked = stacks((_part(run, block, scales[block.shared.subject]) for block in blocks), CALLS)
    return tuple(stack.table(title="Errors", caption=CAPTION, notes=(), document_notes=()) for stack in stacked)


def _scales(run: Run, blocks: Iterable[Block]) -> list[float]:
    outcomes = (outcome for block in blocks for outcome in run.index.reached(block))
    return sorted({error.scale for outcome in outcomes for error in _errors(outcome)})


def _part(run: Run, block: Block, scales: Sequence[float]) -> Part:
    names = describe.labels(block.cases)
    return Part(
        block.shared,
        (
            text("function" if block.shared.subject is Subject.OP else "attention"),
            *(number(f"scale {format_value(scale)}") for scale in scales),
            *([] if scales else [text("errors")]),
        ),
        tuple((names[outcome.case], *_cells(outcome, scales)) for outcome in run.index.reached(block)),
    )


def _cells(outcome: Outcome, scales: Sequence[float]) -> list[Cell]:
    if not isinstance(outcome, Measured):
        return [describe.no_figure(outcome), *[BLANK] * (len(scales) - 1)]
    found = {error.scale: error for error in _errors(outcome)}
    return [_cell(found[scale]) if scale in found else EMPTY for scale in scales]


def _errors(outcome: Outcome) -> tuple[ErrorAtScale, ...]:
    found = outcome.result if isinstance(outcome, Measured) else None
    return found.scales if isinstance(found, Errors) else ()


def _cell(error: ErrorAtScale) -> Cell:
    left_out = {"below normal": error.below_normal, "not finite": error.not_finite}
    shares = [f"{format_percent(count / error.elements)} {words}" for words, count in left_out.items() if count]
    relative = _pair(error.max_relative, error.median_relative, format_error)
    ulps = _pair(error.max_ulps, error.median_ulps, format_ulps)
    figures = [relative, f"{ulps} ulp" if ulps else "", *shares]
    return ", ".join(figure for figure in figures if figure) or EMPTY


def _pair(largest: float | None, median: float | None, form: Callable[[float], str]) -> str:
    if largest is None or median is None:
        return ""
    return f"{form(largest)} / {form(median)}"
