"""Baselines -> what a terminal shows of them: one, or a table of all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from results.records import PLAIN
from results.text import printable

from .describe import environment_words, plural
from .document import Document, Section
from .table import Table, text
from .to_markdown import escape
from .units import format_chosen_share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from results.records import Run


def baseline_document(name: str, run: Run) -> Document:
    """Return what is known of a baseline: where and when it was measured, how noisy it was there, and its cases."""
    return Document(
        title=printable(f"Baseline {name}"),
        paragraphs=("\n".join(f"- {escape(line)}" for line in _facts(run)),),
        sections=(Section(title="Cases", paragraphs=(), tables=(_cases(run),)),),
    )


def baselines_table(found: Mapping[str, Run | str]) -> Table:
    """Return a table of baselines by name; of one that is damaged it says so."""
    rows = tuple((name, *_row(run)) for name, run in found.items())
    titles = ("baseline", "started at (UTC)", "suites", "cases", "accelerator", "processor", "torch")
    return Table(title="Baselines", columns=tuple(map(text, titles)), rows=rows)


def _row(run: Run | str) -> tuple[str, ...]:
    if isinstance(run, str):
        return ("damaged", printable(run), *[""] * 4)
    here = run.environment
    accelerators = ", ".join(dict.fromkeys(each.name for each in here.accelerators))
    return (run.started_at, ", ".join(run.plan.suites), str(len(run.plan.cases)), accelerators, here.cpu, here.torch)


def _facts(run: Run) -> Iterator[str]:
    yield printable(f"Run {run.run_id}, started at {run.started_at} (UTC).")
    yield printable(environment_words(run.environment))
    if run.plan.plugins:
        yield f"Plug-ins: {printable(', '.join(run.plan.plugins))}."
    for floor in run.noise_floors:
        yield f"Noise floor of {floor.device}, {floor.timing}, {floor.subject}: {format_chosen_share(floor.relative)}."
    if not run.noise_floors:
        yield "No noise floor: exact quantities can be compared, times cannot."


def _cases(run: Run) -> Table:
    """Return how many cases there are of each implementation, and in which suites."""
    counts = Counter((case.implementation, case.suite) for case in run.plan.cases)
    suites = tuple(dict.fromkeys(case.suite for case in run.plan.cases))
    implementations = dict.fromkeys(case.implementation for case in run.plan.cases)
    rows = tuple(
        (
            "plain network, or copy" if name == PLAIN else printable(name),
            *(str(counts[name, suite] or "") for suite in suites),
        )
        for name in implementations
    )
    return Table(
        title=plural(len(run.plan.cases), "case"), columns=(text("implementation"), *map(text, suites)), rows=rows
    )
