"""Overflow and accuracy for whoever has to choose: one row a function, a verdict in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from results.numerics import FIXED, Fault
from results.numerics_rows import length_of
from results.records import Direction, Errors, Frontiers, Measured, Subject

from . import describe
from .cells import EMPTY, Kind, Quantity
from .table import Table, number, text
from .units import format_ulps, format_value

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from results.records import Case, ErrorAtScale, Failed, Frontier, Run, Skipped

    from .cells import Cell
    from .table import Column

NEVER = "never"
#: Its figure is the scale of many numbers, not the value of one.
SCALES = frozenset({"Gaussian", "attention"})
MASKED = "all -inf"
#: Logits of trained attention mostly stay below this: what fails there fails in use. Scores of large models have been
#: seen up to the second figure, before they are normalised.
ORDINARY, ORDINARY_SCORES = 100.0, 2500.0
#: Of attention between tokens: its figure is the value of a value, not of a score.
VALUES = "values"
#: The scale of the inputs of which errors are shown.
SCALE = 1.0
ROUNDED = "correctly rounded"
CHOOSING_WORDS = (
    (
        "**fails from**: the input nearest to 0 at which the output or the gradient is NaN or infinite, or is 0 "
        f"without need, or weights do not sum to 1. *Ordinary* inputs are up to {ORDINARY:g}. **masked row**: what "
        f"comes of a row of -inf alone. Scores of attention between tokens are ordinary up to {ORDINARY_SCORES:g}."
    ),
    (
        "**no gradient from**: all of the gradient is 0. *correctly rounded*: so is the exact gradient, rounded to "
        "the dtype: the function saturates, as it must, and does not fail. *too early*: the exact gradient, rounded, "
        "is not 0 there. It is lost where a backward pass works from a rounded output, as softmax's does."
    ),
)


def choosing_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a dtype and device; lengths with equal limits share a row."""
    together: dict[Hashable, list[Case]] = {}
    for kind in (Frontiers, Errors):
        for block in run.index.blocks_with(kind):
            case = block.shared
            where = (case.subject, case.dtype, case.device, case.timing)
            together.setdefault(where, []).extend(each.case for each in run.index.reached(block))
    tables = (_table(run, cases) for cases in together.values())
    return tuple(table for table in tables if table is not None)


class _Function(NamedTuple):
    """What was found of one function at one length."""

    length: int | None
    frontiers: tuple[tuple[Direction, Frontier], ...]
    errors: tuple[ErrorAtScale, ...]
    lost: tuple[Skipped | Failed, ...]
    """Cases that failed or were skipped."""


def _table(run: Run, cases: Sequence[Case]) -> Table | None:
    found: dict[str, list[_Function]] = {}
    for name, group in _by_name(cases).items():
        lengths = dict.fromkeys(length_of(case) for case in group)
        found[name] = [_function(run, length, group) for length in lengths]
    if not any(each.frontiers for functions in found.values() for each in functions):
        return None
    rows = [(name, merged) for name, functions in found.items() for merged in _merged(functions)]
    shared = cases[0]
    with_lengths = any(len(merged) < len(found[name]) for name, merged in rows)
    masked = any(frontier.pattern == MASKED for _, merged in rows for _, frontier in merged[0].frontiers)
    errors = any(each.errors for _, merged in rows for each in merged)
    columns: list[Column] = [text("function" if shared.subject is Subject.OP else "attention")]
    columns += [text("logits")] if with_lengths else []
    columns += [number("fails from"), number("no gradient from")]
    columns += [text("masked row")] if masked else []
    columns += [text("error at scale 1 (median, worst)")] if errors else []
    columns.append(text("verdict"))
    return Table(
        title=", ".join(
            (
                "functions" if shared.subject is Subject.OP else shared.input.noun,
                f"in {shared.dtype}",
                shared.device,
                *describe.execution_words(shared),
            )
        ),
        caption="The worse of forward and backward; errors of the forward pass in ulps, units in the last place.",
        columns=tuple(columns),
        rows=tuple(
            (
                name,
                *([_lengths(merged, found[name])] if with_lengths else []),
                *_limit_cells(merged),
                *([_masked_cell(merged)] if masked else []),
                *([_error_cell(merged)] if errors else []),
                _verdict(merged, ORDINARY_SCORES if shared.subject is Subject.TOKENS else ORDINARY),
            )
            for name, merged in rows
        ),
        keys=2 if with_lengths else 1,
    )


def _by_name(cases: Iterable[Case]) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(describe.name(case), []).append(case)
    return found


def _function(run: Run, length: int | None, group: Sequence[Case]) -> _Function:
    here = [run.index.outcomes[case] for case in group if length_of(case) == length]
    measured = [each for each in here if isinstance(each, Measured)]
    return _Function(
        length=length,
        frontiers=tuple(
            (each.case.direction, frontier)
            for each in measured
            if isinstance(each.result, Frontiers)
            for frontier in each.result.patterns
        ),
        errors=tuple(
            error
            for each in measured
            if isinstance(each.result, Errors) and each.case.direction is Direction.FORWARD
            for error in each.result.scales
            if error.scale == SCALE
        ),
        lost=tuple(each for each in here if not isinstance(each, Measured)),
    )


def _merged(functions: Sequence[_Function]) -> list[list[_Function]]:
    together: dict[Hashable, list[_Function]] = {}
    for each in functions:
        together.setdefault(_shown_limits(each), []).append(each)
    return list(together.values())


def _shown_limits(function: _Function) -> Hashable:
    """Return what a row shows of its limits."""
    fails, vanishes, masked = _fails(function), _vanishes(function), _masked(function)
    return (
        fails and (fails.threshold, fails.failure),
        vanishes and (vanishes.threshold, vanishes.rounds_to_zero),
        masked and masked.failure,
        function.lost != (),
    )


def _lengths(merged: Sequence[_Function], of: Sequence[_Function]) -> str:
    if len(merged) == len(of):
        return "any"
    return ", ".join(str(each.length) for each in merged)


def _nearest(frontiers: Iterable[Frontier]) -> Frontier | None:
    """Return the one nearest to 0: of values, and of scales only where no value fails."""
    listed = [each for each in frontiers if each.threshold is not None]
    values = [each for each in listed if each.pattern not in SCALES]
    return min(values or listed, key=lambda each: abs(each.threshold or 0.0), default=None)


def _growing(function: _Function) -> list[Frontier]:
    return [each for _, each in function.frontiers if each.pattern not in FIXED and each.failure is not None]


def _fails(function: _Function) -> Frontier | None:
    """Return where it first gives what is wrong; what is correctly rounded to 0 is not."""
    return _nearest(
        each
        for each in _growing(function)
        if each.failure is not Fault.VANISHED and not (each.failure is Fault.ZEROS and each.rounds_to_zero)
    )


def _vanishes(function: _Function) -> Frontier | None:
    """Return where it first loses all gradient; wrongly before rightly."""
    lost = [each for each in _growing(function) if each.failure is Fault.VANISHED]
    return _nearest(each for each in lost if each.rounds_to_zero is False) or _nearest(lost)


def _masked(function: _Function) -> Frontier | None:
    found = [each for _, each in function.frontiers if each.pattern == MASKED]
    return next((each for each in found if each.failure is not None), found[0] if found else None)


def _limit_cells(merged: Sequence[_Function]) -> tuple[Cell, Cell]:
    function = merged[0]
    if not function.frontiers:
        return (describe.no_figure(function.lost[0]), EMPTY) if function.lost else (EMPTY, EMPTY)
    fails, vanishes = _fails(function), _vanishes(function)
    return (
        NEVER if fails is None else _threshold(fails, str(fails.failure)),
        NEVER if vanishes is None else _threshold(vanishes, f"({ROUNDED})" if vanishes.rounds_to_zero else ""),
    )


def _threshold(found: Frontier, words: str) -> Quantity:
    scale = f"scale of {found.pattern}" if found.pattern in SCALES else ""
    return Quantity(
        value=found.threshold or 0.0, kind=Kind.INPUT, words=", ".join(each for each in (words, scale) if each)
    )


def _masked_cell(merged: Sequence[_Function]) -> Cell:
    found = _masked(merged[0])
    if found is None:
        return EMPTY
    return "fine" if found.failure is None else str(found.failure)


def _error_cell(merged: Sequence[_Function]) -> Cell:
    errors = [error for each in merged for error in each.errors]
    medians = [error.median_ulps for error in errors if error.median_ulps is not None]
    worst = [error.max_ulps for error in errors if error.max_ulps is not None]
    if not medians or not worst:
        return EMPTY
    return f"{format_ulps(max(medians))}, {format_ulps(max(worst))} ulp"


def _verdict(merged: Sequence[_Function], ordinary: float) -> str:
    """Return what it means for whoever chooses.

    Args:
        merged: lengths with equal limits.
        ordinary: inputs up to this are met in use.

    """
    function = merged[0]
    if not function.frontiers:
        return "not known"
    fails, vanishes = _fails(function), _vanishes(function)
    words = []
    if fails is not None and fails.threshold is not None:
        met = ORDINARY if fails.pattern == VALUES else ordinary
        where = "ordinary" if abs(fails.threshold) <= met else "large"
        words.append(f"{_DOES[fails.failure] if fails.failure else 'fails'} at {where} inputs")
    if vanishes is not None and vanishes.rounds_to_zero is False:
        words.append(f"gradient 0 too early, from {format_value(vanishes.threshold or 0.0)}")
    if not words:
        words.append(
            "safe" if vanishes is None else "safe; saturates" if vanishes.rounds_to_zero else "loses its gradient"
        )
    return ", ".join(words)


_DOES = {
    Fault.RAISES: "raises",
    Fault.NAN: "overflows",
    Fault.INF: "overflows",
    Fault.ZEROS: "loses its output",
    Fault.SUM: "weights do not sum to 1",
    Fault.VANISHED: "loses its gradient",
}
