"""Document -> HTML: one file with its styles, its script, and the charts' library where there are charts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from results.collector import at_rest
from results.text import printable

from ..cells import Missing, Quantity
from ..charts.theme import DARK, LIGHT
from ..inline_markdown import as_html
from ..table import Align
from ..units import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jinja2 import Template

    from ..cells import Cell
    from ..charts.chart import Chart
    from ..document import Document, Section
    from ..table import Table

#: Of a table, and of all tables of a section; a browser sorts and filters so many at once. CSV has all.
MOST_ROWS = 2_000
#: Marks of a chart: more are a blot, and make the page heavy.
MOST_MARKS = 2_000


@dataclass(frozen=True, slots=True)
class _Cell:
    """What the template needs of a cell."""

    text: str
    value: float | None
    missing: bool


@at_rest()
def document_html(document: Document) -> str:
    """Return a document as one HTML file that asks for nothing from elsewhere."""
    marks = document.footnotes()
    sections = [_section(each, f"s{number}", marks) for number, each in enumerate(document.shown_sections, start=1)]
    return template("page.html.jinja").render(
        title=printable(document.title),
        banner=[printable(line) for line in document.banner],
        paragraphs=[as_html(each) for each in document.paragraphs],
        notes=[printable(note) for note in document.notes()],
        sections=sections,
        style=_file("page.css"),
        script=_file("page.js"),
        library=_library() if any(section["charts"] for section in _all(sections)) else "",
        configs=_in_script({"light": dict(LIGHT), "dark": dict(DARK)}),
    )


def _section(section: Section, key: str, marks: Mapping[str, str]) -> dict[str, Any]:
    tables = _first(section.tables)
    below = [_section(each, f"{key}-{number}", marks) for number, each in enumerate(section.sections, start=1)]
    return {
        "key": key,
        "title": printable(section.title),
        "paragraphs": [as_html(each) for each in section.paragraphs],
        "charts": [_chart(chart) for chart in section.charts],
        "tables": [table_facts(table, f"{key}-t{number}", marks) for number, table in enumerate(tables, start=1)],
        "left_out": len(section.tables) - len(tables),
        "sections": below,
    }


def _first(tables: Sequence[Table]) -> tuple[Table, ...]:
    """Return the tables until they have enough rows."""
    before = accumulate((len(table.rows) for table in tables), initial=0)
    return tuple(table for table, rows in zip(tables, before, strict=False) if rows < MOST_ROWS)


def _all(sections: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for section in sections:
        yield section
        yield from _all(section["sections"])


def table_facts(table: Table, key: str, marks: Mapping[str, str]) -> dict[str, Any]:
    """Return what a template needs of a table.

    Args:
        table: what to render.
        key: what it is called in the page.
        marks: why values are missing -> the footnote's mark.

    """
    left_out = max(0, len(table.rows) - MOST_ROWS)
    return {
        "key": key,
        "title": printable(table.title),
        "caption": [printable(line) for line in table.caption.splitlines()],
        "columns": [
            {"title": printable(column.title), "number": column.align is Align.POINT} for column in table.columns
        ],
        "rows": [[_cell(cell, marks) for cell in row] for row in table.rows[:MOST_ROWS]],
        "left_out": left_out,
        "notes": [printable(note) for note in table.notes],
    }


def _cell(cell: Cell, marks: Mapping[str, str]) -> _Cell:
    return _Cell(
        text=printable(cell_text(cell, marks)),
        value=cell.value if isinstance(cell, Quantity) else None,
        missing=isinstance(cell, Missing),
    )


def _chart(chart: Chart) -> dict[str, Any]:
    from ..charts.chart import marks_of
    from ..charts.to_vega import specification

    marks = len(marks_of(chart))
    shown = marks <= MOST_MARKS
    return {
        "name": chart.name,
        "title": chart.title,
        "subtitle": chart.subtitle,
        "marks": marks,
        "specification": _in_script(specification(chart)) if shown else "",
    }


def _in_script(facts: object) -> str:
    """Return JSON that may stand inside a script element: nothing in it ends that."""
    return json.dumps(facts).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _library() -> str:
    import vl_convert

    # Its types do not know that the default is all that a page needs.
    bundle: str = vl_convert.javascript_bundle(None)  # type: ignore[arg-type]
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def template(name: str) -> Template:
    """Return a template of this folder; what it is given is escaped, but for what it calls safe."""
    from jinja2 import Environment, StrictUndefined

    # Every text is escaped, whatever the template's name; what is HTML says so in the template.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_file(name))
