"""A history of runs -> a document: the changes with their first commits, then a line a quantity of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.blocks import compared_in
from results.comparison import same_case
from results.figures import OPERATIONS
from results.history import OUTCOME

from . import describe
from .cells import BLANK, Cell, count
from .document import Document, Section
from .environment_tables import difference_line, environment_differences
from .figure_cells import plain_cell, quantity_label
from .kinds import kinds_of_results
from .sparkline import sparkline
from .table import Table, number, text
from .to_markdown import escape
from .units import cell_text, format_factor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from results.history import History, Series, Step
    from results.records import Case, Run

#: Runs that a line shows; the CSV has all.
MOST_SHOWN = 24
#: In 12 runs, a step in the middle of five standard deviations is found; in 10 it is one that chance gives too.
FEWEST_RUNS = 12
LINE_WORDS = (
    "A line of blocks has one block a run, from the first to the last; its height is a tenth of the value, or the "
    "whole range where that is more. A dot: the run has no such figure."
)
NO_CHANGES = "No quantity changed."


def history_document(history: History) -> Document:
    """Return runs over time."""
    return Document(
        title=f"{describe.plural(len(history.runs), 'run')} over time",
        paragraphs=(escape(" ".join(_summary(history))),),
        sections=(Section(title="Changes", paragraphs=(_changes(history),)), *_sections(history)),
    )


def commit_of(run: Run) -> str:
    """Return which code a run measured: its commit, or the version of a copy without one."""
    environment = run.environment
    return environment.commit or f"attnbench {environment.attnbench}"


def _summary(history: History) -> Iterable[str]:
    first, last = history.runs[0], history.runs[-1]
    yield f"From {first.started_at} ({commit_of(first)}) to {last.started_at} ({commit_of(last)})."
    measured = [series for series in history.series if not series.figure.exact]
    exact = [series for series in history.series if series.figure.exact and series.figure.quantity != OUTCOME]
    yield (
        f"Exact quantities: {len(exact)}, of which {sum(bool(each.steps) for each in exact)} changed: they change "
        "wherever two runs differ. Those that did not have no line below; the CSV has all."
    )
    changed = sum(bool(each.steps) for each in measured)
    yield (
        f"Measured quantities: {len(measured)}, of which {changed} changed: found by E-divisive with means, at "
        f"p = {history.p_value:g}, so chance alone gives some {history.p_value * len(measured):.2g}."
    )
    if len(history.runs) < FEWEST_RUNS:
        yield f"With fewer than {FEWEST_RUNS} runs hardly any change of a measured quantity can be told from chance."


def _changes(history: History) -> str:
    """Return one item a change, the newest first."""
    steps = [(series, step) for series in history.series for step in series.steps]
    steps.sort(key=lambda pair: -pair[1].run)
    lines = [f"- {escape(_change_words(history, series, step))}" for series, step in steps]
    return "\n".join(lines) or NO_CHANGES


def _change_words(history: History, series: Series, step: Step) -> str:
    before, run = history.runs[step.before], history.runs[step.run]
    old, new = (_value_text(series, value) for value in (step.old, step.new))
    certain = "" if step.p_value is None else f", p = {step.p_value:.2g}"
    factor = "" if step.ratio is None else f" (×{format_factor(step.ratio)}{certain})"
    # The commit is named beside.
    others = {name: words for name, words in environment_differences((before, run)).items() if name != "commit"}
    also = "; ".join(difference_line(name, words, ("before", "after")) for name, words in others.items())
    return (
        f"{series.figure.quantity} of {describe.full_name(series.case)}: {old} to {new}{factor} "
        f"since {commit_of(run)} ({run.run_id}; before: {commit_of(before)})" + (f"; {also}" if also else "")
    )


def _value_text(series: Series, value: float | str) -> str:
    words = " M" if series.figure.unit in OPERATIONS and not isinstance(value, str) else ""
    return cell_text(plain_cell(series.figure, value)) + words


def _sections(history: History) -> Iterable[Section]:
    for kind in kinds_of_results():
        shown = [
            series
            for series in history.series
            if series.result is kind.result and (series.steps or not series.figure.exact)
        ]
        if shown:
            yield Section(title=kind.title, tables=tuple(_tables(shown)))


def _tables(shown: Sequence[Series]) -> Iterable[Table]:
    together: dict[Case, list[Series]] = {}
    for series in shown:
        together.setdefault(compared_in(same_case(series.case)), []).append(series)
    for found in together.values():
        yield _table(found)


def _table(shown: Sequence[Series]) -> Table:
    names = describe.labels(tuple(dict.fromkeys(replace(series.case, source="") for series in shown)))
    left_out = max(len(shown[0].points) - MOST_SHOWN, 0)
    return Table(
        title=describe.title(shown[0].case),
        caption=f"{describe.input_words(shown[0].case).capitalize()}.",
        columns=(
            text("attention" if shown[0].case.subject != "op" else "function"),
            text("quantity"),
            text("runs" if not left_out else f"last {MOST_SHOWN} runs"),
            number("first"),
            number("last"),
            text("changes"),
        ),
        rows=tuple(_row(series, names[replace(series.case, source="")]) for series in shown),
        document_notes=(LINE_WORDS,),
    )


def _row(series: Series, name: str) -> tuple[Cell, ...]:
    known = [point for point in series.points if point is not None]
    values = [None if point is None or isinstance(point.value, str) else point.value for point in series.points]
    ends = tuple(plain_cell(each, each.value) for each in (known[0], known[-1]))
    return (
        name,
        quantity_label(series.figure),
        sparkline(values[-MOST_SHOWN:]),
        *ends,
        count(len(series.steps)) if series.steps else BLANK,
    )
