"""A comparison of runs -> a document: what differs between the machines, what only one run has, then the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.figures import Figure
from results.machine import MOST_NOISE

from . import describe
from .comparison_tables import comparison_sections
from .document import Document, Section
from .environment_tables import difference_line, environment_differences, noise_lines, run_letters
from .machine_tables import are_of_machines, machines_section
from .to_markdown import escape
from .units import format_chosen_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from results.comparison import Comparison, Row
    from results.records import Case, Run

#: Cases of one run only that are named; the CSV has all.
MOST_NAMED = 10
FLOOR_WORDS = "A noise floor is what two equal cases of one run differ by at most in 95% of all comparisons."
NOT_JUDGED = f"a noise floor is missing, or beyond {format_chosen_share(MOST_NOISE)}"
SAME_ENVIRONMENT = "Machine, software and plan are the same."


def comparison_document(comparison: Comparison) -> Document:
    """Return several runs side by side."""
    runs, letters = comparison.runs, run_letters(comparison.runs)
    return Document(
        title=f"{describe.plural(len(runs), 'run')} compared",
        paragraphs=(_listed(_run_lines(runs, letters)), escape(" ".join(_summary(comparison, letters)))),
        sections=(
            Section(title="Where they were measured", paragraphs=(_environment(runs, letters),)),
            *([machines_section(runs)] if are_of_machines(runs) else []),
            *_alone(comparison, letters),
            *comparison_sections(comparison),
        ),
    )


def beyond_noise(comparison: Comparison, row: Row, run: int) -> bool | None:
    """Return whether a paired ratio differs from the first run's by more than the noise of both runs.

    The whole interval must lie on one side of 1, and the ratio farther from it than both noise floors together. None
    where a run has no noise floor or one that is too high to tell, or the ratio no interval.
    """
    change = row.change(run)
    floors = [each.index.noise_floor(row.case) for each in (comparison.runs[0], comparison.runs[run])]
    if change is None or change.ratio is None or change.low is None or change.high is None:
        return None
    known = [floor.relative for floor in floors if floor is not None and not floor.is_too_noisy]
    if len(known) < len(floors):
        return None
    # The floors of two runs are independent.
    apart = sum(floor**2 for floor in known) ** 0.5
    return not change.low <= 1 <= change.high and abs(change.ratio - 1) > apart


def _run_lines(runs: Sequence[Run], letters: Sequence[str]) -> list[str]:
    return [
        f"{letter}: {run.run_id}, started at {run.started_at} (UTC), {describe.plural(len(run.plan.cases), 'case')}"
        for letter, run in zip(letters, runs, strict=True)
    ]


def _summary(comparison: Comparison, letters: Sequence[str]) -> Iterable[str]:
    """Yield in a sentence for each other run what differs from the first."""
    for run, letter in enumerate(letters[1:], start=1):
        both = [
            row for row in comparison.rows if isinstance(row.sides[0], Figure) and isinstance(row.sides[run], Figure)
        ]
        exact = [row.differs(run) for row in both if row.figure.exact]
        judged = [beyond_noise(comparison, row, run) for row in both if row.figure.paired]
        counted = describe.plural(len(exact), "exact figure")
        sentence = f"{letter} against {letters[0]}: {counted}, of which {sum(exact)} differ"
        if judged:
            unknown = judged.count(None)
            sentence += (
                f"; {describe.plural(len(judged), 'paired ratio')}, of which {judged.count(True)} differ by more than "
                f"the noise floors{f' and {unknown} cannot be judged: {NOT_JUDGED}' if unknown else ''}"
            )
        yield f"{sentence}."


def _environment(runs: Sequence[Run], letters: Sequence[str]) -> str:
    differences = [difference_line(name, words, letters) for name, words in environment_differences(runs).items()]
    floors = noise_lines(runs, letters)
    return _listed([*(differences or [SAME_ENVIRONMENT]), *floors]) + (f"\n\n{FLOOR_WORDS}" if floors else "")


def _alone(comparison: Comparison, letters: Sequence[str]) -> list[Section]:
    paragraphs = [
        f"{letter} only: {describe.plural(len(cases), 'case')}.\n\n{_named(cases)}"
        for letter, cases in zip(letters, comparison.only, strict=True)
        if cases
    ]
    sections = [Section(title="In one run only", paragraphs=tuple(paragraphs))] if paragraphs else []
    if comparison.without_figures:
        sections.append(Section(title="Without a figure in any run", paragraphs=(_named(comparison.without_figures),)))
    return sections


def _named(cases: Sequence[Case]) -> str:
    lines = [f"{case.suite}: {describe.full_name(case)}" for case in cases[:MOST_NAMED]]
    more = len(cases) - len(lines)
    return _listed([*lines, *([f"and {more} more; all of them: --format csv"] if more > 0 else [])])


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {escape(line)}" for line in lines)
