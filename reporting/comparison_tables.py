"""Figures of several runs side by side -> tables: paired ratios first, because the machine's drift is not in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from results.blocks import compared_in
from results.comparison import same_case
from results.figures import Figure
from results.records import Failed, Skipped

from . import describe
from .cells import BLANK, EMPTY, Kind, Quantity
from .document import Section
from .environment_tables import noise_words, run_letters
from .figure_cells import MORE, figure_cell, kind_of, quantity_label
from .kinds import kinds_of_results
from .table import Table, number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from results.comparison import Change, Comparison, Row, Side
    from results.records import Case, Result

    from .cells import Cell
    from .kinds import Kind as ResultKind

#: Marks a ratio of figures that were taken at different times.
NOT_PAIRED = "‡"
UNPAIRED_NOTE = (
    f"{NOT_PAIRED} not paired: the two runs were measured at different times; a ratio between them holds the "
    "machine's drift too, so it has no interval. Ratios inside each run are the figures to trust."
)
PAIRED_NOTE = (
    "Ratios inside each run are of paired samples, ± half of their 95% interval; between two runs they have the 95% "
    "interval that follows from both."
)
#: Marks a row whose source is not the same in all runs.
CHANGED = "§"
SOURCE_NOTE = f"{CHANGED} source differs: the implementation or its network was changed between the runs."
#: In place of a difference.
SAME, OTHER = "=", "differs"
PAIRED_TITLE, UNPAIRED_TITLE = "Ratios inside each run", "Times and speeds"


def comparison_sections(comparison: Comparison) -> tuple[Section, ...]:
    """Return one section a kind of result, in the order of a report."""
    return tuple(_section(comparison, kind) for kind in kinds_of_results() if kind.result in comparison.kinds)


def _section(comparison: Comparison, kind: ResultKind) -> Section:
    rows = [row for row in comparison.rows if row.result is kind.result]
    exact = tuple(_tables(comparison, (row for row in rows if row.figure.exact)))
    paired = tuple(_by_quantity(comparison, (row for row in rows if row.figure.paired)))
    unpaired = tuple(_by_quantity(comparison, (row for row in rows if not (row.figure.exact or row.figure.paired))))
    divided = ((PAIRED_TITLE, paired), (UNPAIRED_TITLE, unpaired))
    return Section(
        title=kind.title,
        tables=exact,
        sections=tuple(Section(title=title, tables=tables) for title, tables in divided if tables),
    )


def _tables(comparison: Comparison, rows: Iterable[Row]) -> Iterator[Table]:
    """Yield one table for the cases that differ in nothing but what is compared, with all of their quantities."""
    for together in _groups(rows):
        yield _table(
            comparison, together, title=_title(comparison, together[0].case, together[0].result), quantities=True
        )


def _by_quantity(comparison: Comparison, rows: Iterable[Row]) -> Iterator[Table]:
    """Yield one table a quantity: what is measured has too many digits for two in a line."""
    for together in _groups(rows):
        for quantity in dict.fromkeys(row.figure.quantity for row in together):
            of_it = [row for row in together if row.figure.quantity == quantity]
            title = f"{_title(comparison, together[0].case, together[0].result)}: {quantity_label(of_it[0].figure)}"
            yield _table(comparison, of_it, title=title, quantities=False)


def _groups(rows: Iterable[Row]) -> list[list[Row]]:
    together: dict[Case, list[Row]] = {}
    for row in rows:
        together.setdefault(compared_in(same_case(row.case)), []).append(row)
    return list(together.values())


def _title(comparison: Comparison, case: Case, result: type[Result]) -> str:
    """Return what the rows of a table share; with the suite where others have the same."""
    suites = {row.case.suite for row in comparison.rows if row.result is result}
    return describe.title(case) if len(suites) == 1 else f"{case.suite}: {describe.title(case)}"


def _table(comparison: Comparison, rows: Sequence[Row], *, title: str, quantities: bool) -> Table:
    runs, shared, letters = comparison.runs, rows[0].case, run_letters(comparison.runs)
    names = describe.labels(tuple(dict.fromkeys(row.case for row in rows)))
    exact = rows[0].figure.exact
    captions = (
        describe.input_words(shared).capitalize(),
        "" if exact else noise_words(runs, shared, letters),
    )
    between = "-" if exact else "÷"
    cells = tuple(
        (
            f"{names[row.case]} {CHANGED}" if row.source_differs else names[row.case],
            *([quantity_label(row.figure)] if quantities else []),
            *(side_cell(side) for side in row.sides),
            *(_change_cell(row, run) for run in range(1, len(runs))),
        )
        for row in rows
    )
    return Table(
        title=title,
        caption=f"{'; '.join(filter(None, captions))}.",
        columns=(
            text("attention" if shared.subject != "op" else "function"),
            *([text("quantity")] if quantities else []),
            *map(number, letters),
            *(number(f"{letter} {between} {letters[0]}") for letter in letters[1:]),
        ),
        rows=cells,
        document_notes=tuple(_notes(rows)),
    )


def _notes(rows: Sequence[Row]) -> Iterator[str]:
    figure = rows[0].figure
    if figure.paired:
        yield PAIRED_NOTE
    elif not figure.exact:
        yield UNPAIRED_NOTE
    if any(row.source_differs for row in rows):
        yield SOURCE_NOTE


def side_cell(side: Side) -> Cell:
    """Return what one run has of a figure."""
    match side:
        case Figure():
            return figure_cell(side)
        case Failed() | Skipped():
            return describe.no_figure(side)
        case None:
            return EMPTY
        case _:
            assert_never(side)


def _change_cell(row: Row, run: int) -> Cell:
    change = row.change(run)
    if row.figure.exact and not row.differs(run):
        return SAME
    if change is None:
        both = all(isinstance(side, Figure) for side in (row.sides[0], row.sides[run]))
        return OTHER if both else BLANK
    if row.figure.exact:
        # The words of two equal numbers differ, such as how a function fails at a threshold.
        return OTHER if change.difference == 0 else _difference(row, change)
    if change.ratio is None:
        return EMPTY
    marks = (NOT_PAIRED,) if change.unpaired else ()
    return Quantity(value=change.ratio, kind=Kind.RATIO, low=change.low, high=change.high, marks=marks)


def _difference(row: Row, change: Change) -> Quantity:
    return Quantity(value=change.difference, kind=MORE.get(kind_of(row.figure), Kind.INPUT_MORE))
