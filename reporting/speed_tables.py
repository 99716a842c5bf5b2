"""Printed speeds beside ours: absolute, as ratio to the first row, and a verdict a ratio."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from results.machine import MOST_NOISE

from . import describe
from .cells import BLANK, EMPTY, Kind, Missing, Quantity
from .conformance_text import cited, title_of
from .contradictions import claims_against_figures
from .printed_speeds import first_words, printed_cells, ratio_in_print
from .speed_order import order_sentences
from .speed_verdicts import Interval, SpeedVerdict, judge
from .table import Table, number, text
from .units import cell_text, format_percent
from .verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from results.stats import Ratio

    from .cells import Cell
    from .published.speeds import Column, PublishedSpeeds, Row


#: First of all.
TOO_NOISY = (
    "Too noisy to compare times: the noise floor is ± {floor}. No row is called faster or slower than another, and no "
    "ratio is decided. Quiet the machine, see: attnbench doctor"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What was measured of one row in one column."""

    seconds: float
    """Of a call or of an epoch, as the column has it."""
    low_s: float | None
    """Both ends of the 95% interval are None where there are too few samples for one."""
    high_s: float | None
    images: int
    """That pass in these seconds."""
    words: str = ""
    """What stands behind the figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untimed:
    """Why a row was not measured in a column."""

    reason: str
    built: bool = True
    """Whether it was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured of one column."""

    column: Column
    how: str
    """What a figure is of, and on which machine, in a phrase."""
    noise: float | None
    """The noise floor of the machine, as a share; None if none was measured."""
    rows: Mapping[str, Timed | Untimed]
    pairs: Mapping[tuple[str, str], Ratio]
    """By two rows that are divided by the same one, the later first: how many times as long it takes as the earlier.
    Those that were not both timed, or have too few rounds in common, are left out."""

    @property
    def is_too_noisy(self) -> bool:
        """Whether nothing is to be called faster or slower."""
        return self.noise is not None and self.noise > MOST_NOISE


def verdict_of(published: PublishedSpeeds, measured: Measured, row: Row) -> SpeedVerdict | Verdict | None:
    """Return the verdict on a row's ratio; None where there is nothing to judge: the first row, an unprinted one."""
    printed = ratio_in_print(_by_name(published), row, measured.column)
    if printed is None:
        return None
    if isinstance(measured.rows[row.name], Untimed):
        return Verdict.NOT_MEASURED
    found = measured.pairs.get((row.name, row.first))
    if found is None or measured.is_too_noisy:
        return SpeedVerdict.UNDECIDED
    return judge(printed, Interval(value=found.value, low=found.low, high=found.high), measured.noise or 0.0)


def speed_tables(published: PublishedSpeeds, measured: Iterable[Measured]) -> tuple[Table, ...]:
    """Return one table a measured column, rows in the paper's order, and what is measured beside them last.

    What holds for all of them, and what the paper's text and figures contradict each other in, stands under the last.
    """
    found = tuple(measured)
    last = len(found) - 1
    return tuple(_table(published, each, last=index == last) for index, each in enumerate(found))


def _table(published: PublishedSpeeds, measured: Measured, *, last: bool) -> Table:
    column, first = measured.column, first_words(published)
    rows = tuple(_row(published, measured, row) for row in (*published.rows, *published.added))
    return Table(
        title=f"{title_of(published.source, what='measured')}: {column.title}",
        caption="\n".join(
            (
                *([TOO_NOISY.format(floor=format_percent(measured.noise or 0.0))] if measured.is_too_noisy else []),
                cited(published.source),
                published.of,
                f"Here: {measured.how}.",
            )
        ),
        columns=(
            text(published.heading),
            number(f"published, {column.unit}"),
            number(f"time ÷ {first}"),
            number("here"),
            number(f"time ÷ {first}, here"),
            text("verdict"),
        ),
        rows=rows,
        notes=(
            _totals(published, measured),
            *_reasons(measured),
            *_beside(published, measured),
            *_order(published, measured),
            *describe.cell_notes(rows),
            *(_closing(published) if last else ()),
        ),
    )


def _order(published: PublishedSpeeds, measured: Measured) -> tuple[str, ...]:
    if measured.is_too_noisy:
        return ()
    return order_sentences(_groups(published, measured), measured.pairs, measured.noise or 0.0)


def _closing(published: PublishedSpeeds) -> tuple[str, ...]:
    unmeasured = [column.heading for column in published.columns if column.how is None]
    return (
        (
            "Ratios are of time, above 1 for slower, and have their 95% interval in brackets. A verdict compares "
            "directions: slower or faster than the first row, by more than the noise floor. Within noise: no "
            "difference here, where one of the printed size would have been seen. Not decided: the interval is too "
            "wide, or the printed digits do not order the rows."
        ),
        *([published.choices] if published.choices else []),
        *([f"Printed, and not measured: {'; '.join(unmeasured)}."] if unmeasured else []),
        *claims_against_figures(published),
    )


def _row(published: PublishedSpeeds, measured: Measured, row: Row) -> tuple[Cell, ...]:
    printed = printed_cells(_by_name(published), row, measured.column)
    verdict = verdict_of(published, measured, row)
    shown = BLANK if verdict is None else str(verdict)
    match measured.rows[row.name]:
        case Untimed(reason=reason, built=built):
            return (row.name, *printed, Missing(reason) if built else EMPTY, BLANK, shown)
        case Timed() as timed:
            ratio = "1" if row.name == row.first else describe.paired(measured.pairs.get((row.name, row.first)))
            return (row.name, *printed, _figure(measured.column, timed), ratio, shown)


def _figure(column: Column, timed: Timed) -> Cell:
    if column.unit.is_rate:
        ends = (timed.low_s, timed.high_s)
        low_s, high_s = ends if None not in ends else (None, None)
        return Quantity(
            value=timed.images / timed.seconds,
            kind=Kind.PER_S,
            low=None if high_s is None else timed.images / high_s,
            high=None if low_s is None else timed.images / low_s,
            words=timed.words,
        )
    return Quantity(
        value=timed.seconds,
        kind=Kind.SECONDS,
        low=timed.low_s,
        high=timed.high_s,
        ends=False,
        words=timed.words,
    )


def _totals(published: PublishedSpeeds, measured: Measured) -> str:
    """Return how often each verdict was given, and the noise floor behind them."""
    verdicts = Counter(verdict_of(published, measured, row) for row in published.rows)
    parts = [f"{verdicts[verdict]} {verdict}" for verdict in (*SpeedVerdict, Verdict.NOT_MEASURED) if verdicts[verdict]]
    noise = "not measured" if measured.noise is None else format_percent(measured.noise)
    return f"Ratios: {', '.join(parts) or 'none to judge'}. Noise floor: {noise}."


def _reasons(measured: Measured) -> tuple[str, ...]:
    """Return why rows have no figure that were never tried."""
    found: dict[str, list[str]] = {}
    for name, each in measured.rows.items():
        if isinstance(each, Untimed) and not each.built:
            found.setdefault(each.reason, []).append(name)
    return tuple(f"{', '.join(names)}: {reason}." for reason, names in found.items())


def _beside(published: PublishedSpeeds, measured: Measured) -> tuple[str, ...]:
    """Return how the rows that the paper does not have did against those that are made like them."""
    sentences = []
    for row in published.added:
        found = measured.pairs.get((row.name, row.beside))
        if found is not None:
            ratio = cell_text(describe.paired(found))
            sentences.append(f"{row.name} takes {ratio} times as long as {row.beside}.")
    return tuple(sentences)


def _groups(published: PublishedSpeeds, measured: Measured) -> list[list[str]]:
    """Return the timed rows that are divided by the same one, in the table's order."""
    found: dict[str, list[str]] = {}
    for row in (*published.rows, *published.added):
        if isinstance(measured.rows[row.name], Timed):
            found.setdefault(row.first, []).append(row.name)
    return list(found.values())


def _by_name(published: PublishedSpeeds) -> dict[str, Row]:
    return {row.name: row for row in published.rows}
