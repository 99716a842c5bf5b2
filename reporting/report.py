"""Run -> report.md: everything a run found, what it was measured on, and how to read it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from results.ledger import total_explanation
from results.records import PLAIN, Complexity, Failed, Measured, Skipped

from . import describe
from .complexity_tables import operator_tables
from .kinds import SECTIONS, paragraphs
from .table import Table, text
from .to_markdown import escape, to_markdown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from results.records import Run

CSV_WORDS = "The CSV files next to this report have the same figures with full digits, in seconds, bytes and counts."


def report(run: Run) -> str:
    """Return the whole report as Markdown."""
    parts = (
        f"# {escape(', '.join(run.plan.suites))}: run {escape(run.run_id)}",
        _summary(run),
        *_audit(run),
        *(part for section in SECTIONS for part in _titled(section.title, paragraphs(run, section))),
        *_section("Failed and skipped cases", _unmeasured(run)),
        "## How to read this report",
        _reading(run),
        # Last, because it is long: for whoever wants to know why two columns differ.
        *_section("Where the counters disagree", operator_tables(run), *_explanations(run)),
        "To render this report again, from the folder that holds it:\n\n    attnbench report .",
    )
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _summary(run: Run) -> str:
    kinds = Counter(type(outcome) for outcome in run.outcomes)
    pending = sum(case not in run.index.outcomes for case in run.plan.cases)
    counts = ", ".join(
        (
            f"{kinds[Measured]} measured",
            f"{kinds[Failed]} failed",
            f"{kinds[Skipped]} skipped",
            *([f"{pending} not reached"] if pending else []),
        )
    )
    return escape(
        f"{describe.plural(len(run.plan.cases), 'case')}: {counts}. Started at {run.started_at} (UTC). "
        f"{describe.environment_words(run.environment)}"
        + (f" Resumed with {', then '.join(run.resumed_with)}." if run.resumed_with else "")
    )


def _audit(run: Run) -> list[str]:
    """Return what was found before the run: whoever reads figures must know of what they are."""
    if not run.audit:
        return []
    lines = "\n".join(f"- {escape(line)}" for line in run.audit)
    return [f"Before the run, `attnbench audit` found in the implementations of plug-ins:\n\n{lines}"]


def _titled(title: str, parts: Iterable[str]) -> list[str]:
    found = list(parts)
    return [f"## {title}", *found] if found else []


def _section(title: str, tables: Iterable[Table], *sentences: str) -> list[str]:
    rendered = [to_markdown(table, heading=3) for table in tables]
    return _titled(title, [*sentences, *rendered] if rendered else [])


def _explanations(run: Run) -> list[str]:
    """Return for each plain host how the first rule's total leads to each of the others'."""
    sentences = [
        f"- {case.host}: {total_explanation(complexity, first.rule, other.rule)}"
        for case, complexity in run.index.results(run.index.outcomes, Complexity).items()
        if case.implementation == PLAIN
        for first, *others in [complexity.counts]
        for other in others
    ]
    return ["\n".join(map(escape, sentences))] if sentences else []


def _unmeasured(run: Run) -> list[Table]:
    rows = tuple(
        (outcome.case.suite, describe.full_name(outcome.case), describe.outcome_words(outcome))
        for outcome in run.outcomes
        if not isinstance(outcome, Measured)
    )
    if not rows:
        return []
    return [
        Table(
            title=f"{describe.plural(len(rows), 'case')} without a result",
            caption="The records of the run have the whole messages.",
            columns=(text("suite"), text("case"), text("what happened")),
            rows=rows,
        )
    ]


def _reading(run: Run) -> str:
    items = [item for section in SECTIONS if section.applies(run) for item in section.reading(run)]
    return "\n".join(f"- {item}" for item in (*items, CSV_WORDS))
