"""A regression check -> a document: what came of it, what was compared, times, exact quantities, reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.checks import BAD
from results.text import printable

from .check_differences import differences_section
from .check_names import timed
from .check_reasons import reasons_section
from .check_sentence import closing_sentence
from .check_times import times_section
from .describe import environment_words, plural
from .document import Document
from .to_markdown import document_markdown, escape
from .units import format_chosen_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.checks import Check, Side


def check_markdown(check: Check) -> str:
    """Return a check for a terminal, and for the summary of a job."""
    return document_markdown(check_document(check))


def check_document(check: Check) -> Document:
    """Return a check, the sentence that sums it up first, and bad verdicts before others everywhere."""
    sections = (times_section(check), differences_section(check), reasons_section(check))
    return Document(
        title=_title(check),
        paragraphs=(f"**{escape(closing_sentence(check))}**", "\n".join(f"- {escape(line)}" for line in _facts(check))),
        sections=tuple(section for section in sections if section is not None),
    )


def side_words(side: Side) -> str:
    """Return ``main (commit 0123456789ab, with changes that are not committed)``."""
    commit = [] if side.commit is None else [f"commit {side.commit}"]
    dirty = ["with changes that are not committed"] if side.dirty else []
    details = ", ".join((*commit, *dirty))
    return printable(f"{side.name} ({details})" if details else side.name)


def _title(check: Check) -> str:
    head = printable(check.head.name)
    return f"{head} against limits" if check.base is None else f"{head} against {printable(check.base.name)}"


def _facts(check: Check) -> Iterator[str]:
    if check.base is not None:
        yield f"Base: {side_words(check.base)}."
    yield f"Head: {side_words(check.head)}."
    if check.plugins:
        yield f"Plug-ins: {printable(', '.join(check.plugins))}."
    if check.base is not None and timed(check):
        threshold, error = format_chosen_share(check.threshold), format_chosen_share(check.error_rate)
        yield (
            f"Looked for slowdowns of {threshold}; the chance is at most {error} that any case of an unchanged version "
            "is called slower."
        )
    if confirmed := sum(each.confirmed is True and each.verdict in BAD for each in check.judged):
        yield f"A second, fresh process saw it too: {plural(confirmed, 'case')} of those that are worse."
    yield printable(f"Started at {check.started_at} (UTC). {environment_words(check.environment)}")
