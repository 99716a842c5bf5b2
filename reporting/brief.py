"""Run -> what a terminal shows when it is over: the answers; the report has the details."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from results.records import Failed, Subject

from . import describe
from .block_times import BlockTimes
from .document import Document, Section
from .kinds import SECTIONS, Kind, section_of
from .latency_blocks import call_blocks
from .report import unmeasured
from .sampling_notes import mark_notes
from .summarizing import summarize

if TYPE_CHECKING:
    from results.records import Run

#: Of the summary: a few screens.
MOST_ROWS = 100


def brief(run: Run) -> Document:
    """Return the summary, the views, and tables of what neither of them has; what failed, where nothing else is known.

    What the machine was unfit for is not in it: that is said apart, however little is shown.
    """
    summary = summarize(run)
    found = (section_of(run, kind) for kind in SECTIONS if not (isinstance(kind, Kind) and kind.summed_up(run)))
    sections = tuple(section for section in found if section is not None)
    if summary is None and not sections and any(isinstance(outcome, Failed) for outcome in run.outcomes):
        sections = (Section(title="Failed and skipped cases", tables=tuple(unmeasured(run))),)
    if summary is not None:
        summary = replace(summary, notes=(*_marks(run), *summary.notes))
    if summary is None or len(summary.rows) <= MOST_ROWS:
        return Document(title=run.run_id, summary=summary, sections=sections)
    left_out = f"The first {MOST_ROWS} of {len(summary.rows)} rows; the report has all."
    return Document(
        title=run.run_id,
        summary=replace(summary, rows=summary.rows[:MOST_ROWS], notes=(*summary.notes, left_out)),
        sections=sections,
    )


def _marks(run: Run) -> tuple[str, ...]:
    """Return what the marks in the summary mean, which a report says under its details."""
    blocks = [block for block in call_blocks(run) if block.shared.subject is not Subject.OP]
    rows = (BlockTimes(run, block).rows(describe.labels(block.cases)) for block in blocks)
    return mark_notes([row for found in rows for row in found], run.plan.budget_s)
