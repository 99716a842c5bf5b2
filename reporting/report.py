"""Run -> report.md: everything a run found, what it was measured on, and how to read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from results.collector import at_rest
from results.ledger import total_explanation
from results.records import PLAIN, Complexity, Failed, Measured, Skipped
from results.rows import JOIN_KEYS

from . import describe
from .cells import count
from .citing import citation
from .details import operator_details
from .document import Document, Section
from .in_words import in_words, listed
from .kinds import SECTIONS, section_of
from .noise import unfit
from .summarizing import summarize
from .table import Table, number, text
from .to_markdown import document_markdown, escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from results.records import Run

AGAIN_WORDS = "To render this report again, from the folder that holds it: `attnbench report .`"
CSV_WORDS = (
    "The CSV files next to this report have the same figures with full digits, in seconds, bytes and counts. Rows of "
    f"counts, times and memory join on {', '.join(JOIN_KEYS)}."
)
#: Cases of a run of which charts are drawn: those of more are blots, and take longer than all else.
MOST_DRAWN = 10_000
NOT_DRAWN = (
    f"Runs of more than {MOST_DRAWN:,} cases have no charts: they would be blots. Measure a part of them in a run."
)


def report(run: Run) -> str:
    """Return the whole report as Markdown."""
    return document_markdown(document(run))


@at_rest()
def document(run: Run) -> Document:
    """Return the whole report."""
    found = (section_of(run, kind) for kind in SECTIONS)
    return Document(
        title=_title(run),
        banner=unfit(run),
        paragraphs=(*_words(run), _counts(run), *_audit(run)),
        summary=summarize(run),
        sections=(
            *(section for section in found if section is not None),
            *_section("Failed and skipped cases", unmeasured(run)),
            *_section("Not reached", _unreached(run)),
            Section(title="How to read this report", paragraphs=(_reading(run),)),
            Section(title="How to cite this run", paragraphs=(escape(citation(run)),)),
            # Last, because it is long: for whoever wants to know why two columns differ.
            *_section("Where the counters disagree", operator_details(run), *_explanations(run)),
        ),
    )


def brief_document(run: Run) -> Document:
    """Return the summary, or the first section of a run that has none: what a notebook shows of it."""
    summary = summarize(run)
    sections = (found for kind in SECTIONS if (found := section_of(run, kind)) is not None)
    return Document(
        title=_title(run),
        banner=unfit(run),
        paragraphs=(_counts(run),),
        summary=summary,
        sections=() if summary is not None else tuple(islice(sections, 1)),
    )


@at_rest()
def detailed_document(run: Run) -> Document:
    """Return the report with charts, every case, noise floors and machine: for formats that have room for them."""
    from .charts.of_run import charts
    from .detail_sections import detail_sections

    brief = document(run)
    if len(run.outcomes) > MOST_DRAWN:
        figures: tuple[Section, ...] = (Section(title="Charts", paragraphs=(NOT_DRAWN,)),)
    else:
        drawn = charts(run)
        figures = (Section(title="Charts", charts=drawn),) if drawn else ()
    return replace(brief, sections=(*figures, *brief.sections, *detail_sections(run)))


def _words(run: Run) -> tuple[str, ...]:
    sentences = in_words(run)
    return (listed(sentences),) if sentences else ()


def _title(run: Run) -> str:
    return f"{', '.join(run.plan.suites)}: run {run.run_id}"


def _counts(run: Run) -> str:
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
    """Return what was found before the run or during it: whoever reads figures must know of what they are."""
    if not run.audit:
        return []
    lines = "\n".join(f"- {escape(line)}" for line in run.audit)
    return [f"`attnbench audit`, or the run itself, found in the implementations of plug-ins:\n\n{lines}"]


def _section(title: str, tables: Iterable[Table], *paragraphs: str) -> list[Section]:
    found = tuple(tables)
    return [Section(title=title, paragraphs=paragraphs, tables=found)] if found else []


def _explanations(run: Run) -> list[str]:
    """Return for each plain backbone how the first rule's total leads to each of the others'."""
    sentences = [
        f"{case.host}: {total_explanation(complexity, complexity.counts[0].rule, other.rule)}"
        for case, complexity in run.index.results(run.index.outcomes, Complexity).items()
        if case.implementation == PLAIN and complexity.counts
        for other in complexity.counts[1:]
    ]
    return ["\n".join(f"- {escape(each)}" for each in sentences)] if sentences else []


def unmeasured(run: Run) -> list[Table]:
    """Return the table of all cases that failed or were skipped, if there are any."""
    rows = tuple(
        (outcome.case.suite, describe.full_name(outcome.case), describe.no_figure(outcome))
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


def _unreached(run: Run) -> list[Table]:
    """Return which sections lack cases that were planned: the budget of a job or Ctrl-C ended the run before them."""
    planned = Counter(case.suite for case in run.plan.cases)
    left = Counter(case.suite for case in run.plan.cases if case not in run.index.outcomes)
    if not left:
        return []
    return [
        Table(
            title=f"{describe.plural(left.total(), 'case')} not reached",
            caption="The run ended before them. Go on from the folder that holds this report: attnbench run --resume .",
            columns=(text("suite"), number("not reached"), number("planned")),
            rows=tuple((suite, count(missing), count(planned[suite])) for suite, missing in left.items()),
        )
    ]


def _reading(run: Run) -> str:
    items = [item for section in SECTIONS if section.applies(run) for item in section.reading(run)]
    return "\n".join(f"- {item}" for item in (*items, CSV_WORDS, AGAIN_WORDS))
