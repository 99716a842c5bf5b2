"""Rows -> CSV, for pandas and for spreadsheets: a text is a text in both, and never a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from results.text import message

from .column_names import chosen_of, plain, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pandas import DataFrame

#: With these a spreadsheet begins a formula.
FORMULA = ("=", "+", "-", "@")
#: Makes a spreadsheet take what follows for text.
TEXT_MARK = "'"


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, header: bool = True) -> str:
    """Return the lines of a CSV with these columns; one that a row lacks is empty.

    Raises:
        ValueError: a row has another column.

    """
    lines = io.StringIO()
    writer = csv.DictWriter(lines, columns, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows({name: safe_cell(cell) for name, cell in row.items()} for row in rows)
    return lines.getvalue()


def frame_csv(frame: DataFrame) -> str:
    """Return the lines of a frame, full digits."""
    safe = frame.copy(deep=False)
    for name in [str(column) for column, kind in frame.dtypes.items() if str(kind) == "string"]:
        # Texts of a column are few: each is looked at once.
        known = {cell: safe_cell(cell) for cell in frame[name].dropna().unique()}
        if any(cell != written for cell, written in known.items()):
            safe[name] = frame[name].map(known, na_action="ignore")
    lines: str = safe.to_csv(index=False, lineterminator="\n")
    return lines


def without_empty_columns(lines: str, keep: Collection[str] = ()) -> str:
    """Return a CSV without the columns that are empty in all of its lines. One without lines has all.

    Args:
        lines: with a header.
        keep: columns that stay, be they empty.

    """
    header, *rows = csv.reader(io.StringIO(lines))
    told = [index for index, name in enumerate(header) if name in keep or any(row[index] for row in rows)]
    return lines if not rows else _picked(header, rows, told)


def chosen_columns(lines: str, names: Sequence[str]) -> str:
    """Return a CSV with these columns, in this order; all of them if none is named.

    Args:
        lines: with a header.
        names: of columns; ``ratio*`` is every one that begins so.

    Raises:
        UnknownColumnError: there is no such column.

    """
    if not names:
        return lines
    header, *rows = csv.reader(io.StringIO(lines))
    known = {name: (plain(name),) for name in header}
    refuse_unknown(names, known)
    return _picked(header, rows, chosen_of(names, tuple(known.values())))


def _picked(header: Sequence[str], rows: Sequence[Sequence[str]], indices: Sequence[int]) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerows([row[index] for index in indices] for row in (header, *rows))
    return lines.getvalue()


def safe_cell(cell: object) -> object:
    """Return a text on one line, marked where a spreadsheet would take it for a formula; other cells as they are."""
    if not isinstance(cell, str):
        return cell
    text = message(cell)
    return f"{TEXT_MARK}{text}" if text.startswith(FORMULA) and len(text) > 1 and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
