"""Samples -> tables of latency: one table for all cases that differ in nothing but the attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from results.bandwidth import copy_of, speed
from results.compare import baseline_of, is_copy, references_of
from results.records import PLAIN, Measured, Subject
from results.stats import estimate, ratio

from . import describe
from .device_notes import device_notes
from .machine_notes import machine_notes
from .sampling_notes import TOO_WIDE, Row, sampling_notes, too_wide
from .table import EMPTY, Table, number, text
from .units import format_with_half_width, format_with_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from results.records import Case, Outcome, Run, Samples
    from results.stats import Estimate

    from .table import Column


def latency_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a group of timed cases, in plan order."""
    return tuple(latency_table(run, group) for group in latency_groups(run))


def latency_table(run: Run, group: Sequence[Case]) -> Table:
    """Return the table of one group of this run."""
    machine = describe.machine(run.environment, group[0])
    return latency_table_for(
        run.outcomes, group, machine=machine, budget_s=run.plan.budget_s, notes=machine_notes(run, group[0])
    )


def latency_groups(run: Run) -> tuple[tuple[Case, ...], ...]:
    """Return the groups of the plan that were to be timed: those of the suites that gave samples."""
    timed = {
        outcome.case.suite for outcome in run.outcomes if isinstance(outcome, Measured) and outcome.samples is not None
    }
    return tuple(group for group in describe.groups(run.plan.cases) if group[0].suite in timed)


def latency_table_for(
    outcomes: Iterable[Outcome],
    group: Sequence[Case],
    *,
    machine: str = "",
    budget_s: float | None = None,
    notes: tuple[str, ...] = (),
) -> Table:
    """Return the table of one group, with a row for every case that has an outcome so far.

    Args:
        outcomes: of any cases; those of other groups are ignored.
        group: the cases that differ in nothing but the attention, in plan order.
        machine: what they run on, in words.
        budget_s: sampling time allowed for one case.
        notes: on the machine; they stand last.

    """
    by_case = {outcome.case: outcome for outcome in outcomes}
    # Stable: all but the plain host stay in plan order.
    known = [by_case[case] for case in sorted(group, key=lambda case: case.implementation != PLAIN) if case in by_case]
    timed = {
        outcome.case: outcome for outcome in known if isinstance(outcome, Measured) and outcome.samples is not None
    }
    samples = {case: outcome.samples for case, outcome in timed.items() if outcome.samples is not None}
    estimates = {case: estimate(taken) for case, taken in samples.items()}
    shared, names = group[0], describe.labels(group)
    compared = _compared(group, by_case, timed)
    baseline = baseline_of(compared)
    columns = [
        _Column(text("function" if shared.subject is Subject.OP else "attention"), lambda outcome: names[outcome.case]),
        _Column(number("latency"), lambda outcome: _latency_cell(outcome, estimates)),
    ]
    if baseline is not None:
        divided = number(f"÷ {describe.baseline_name(baseline)}")
        columns.append(_Column(divided, lambda outcome: _ratio_cell(outcome.case, samples, baseline)))
    if any(map(is_copy, group)):
        columns += _speed_columns(timed)
    columns.append(_Column(number("samples"), lambda outcome: _count_cell(outcome.case, samples)))
    rows = tuple(tuple(column.cell(outcome) for column in columns) for outcome in known)
    return Table(
        title=describe.title(shared),
        caption="; ".join(
            (
                _median_words(samples, estimates),
                *([] if baseline is None else ["ratio of paired samples [its 95% interval]"]),
                describe.input_words(shared),
                *([machine] if machine else []),
            )
        )
        + ".",
        columns=tuple(column.head for column in columns),
        rows=rows,
        notes=(
            *sampling_notes([Row(names[case], taken, estimates[case]) for case, taken in samples.items()], budget_s),
            *device_notes({names[case]: outcome.telemetry for case, outcome in timed.items()}),
            *_ratio_notes(rows, references_of(compared), timed),
            *describe.slot_notes(group),
            *notes,
        ),
    )


def _compared(group: Sequence[Case], reached: Collection[Case], timed: Collection[Case]) -> Sequence[Case]:
    """Return the cases one of which the others are divided by: of attentions alone, none that has failed."""
    if group[0].subject is not Subject.MODULE:
        return group
    return [case for case in group if case in timed or case not in reached]


class _Column(NamedTuple):
    head: Column
    cell: Callable[[Outcome], str]


def _speed_columns(timed: Mapping[Case, Measured]) -> list[_Column]:
    """Return bytes a second, and their share of what a copy reaches."""
    copy = copy_of(timed.values())
    speeds = {case: speed(outcome, copy) for case, outcome in timed.items()}

    def share(outcome: Outcome) -> str:
        if outcome.case not in speeds:
            return ""
        if is_copy(outcome.case):
            return "1"
        return EMPTY if copy is None else describe.paired_words(speeds[outcome.case].share_of_copy)

    return [
        _Column(
            number("GB/s"),
            lambda outcome: describe.speed_words(speeds[outcome.case]) if outcome.case in speeds else "",
        ),
        _Column(number("÷ copy"), share),
    ]


def _count_cell(case: Case, samples: Mapping[Case, Samples]) -> str:
    return str(len(samples[case].seconds)) if case in samples else ""


def _latency_cell(outcome: Outcome, estimates: Mapping[Case, Estimate]) -> str:
    if not isinstance(outcome, Measured):
        return describe.outcome_words(outcome)
    if outcome.samples is None:
        return EMPTY
    found = estimates[outcome.case]
    interval = _interval_to_show(outcome.samples, found)
    if interval is None:
        duration = format_with_half_width(found.median_s, found.relative_half_width)
    else:
        duration = format_with_interval(found.median_s, *interval)
    marked = f"{duration} {TOO_WIDE}" if too_wide(outcome.samples, found) else duration
    return describe.marked(marked, near_overhead=found.near_overhead)


def _interval_to_show(samples: Samples, found: Estimate) -> tuple[float, float] | None:
    """Return the ends of an interval of which half its width would give a wrong idea; None where it does not."""
    width = found.relative_half_width
    if found.low_s is None or found.high_s is None or width is None:
        return None
    return (found.low_s, found.high_s) if found.lopsided and width > samples.precision else None


def _median_words(samples: Mapping[Case, Samples], estimates: Mapping[Case, Estimate]) -> str:
    lopsided = any(_interval_to_show(samples[case], found) is not None for case, found in estimates.items())
    return f"Median of the samples ± half its 95% interval{', or [all of it]' if lopsided else ''}"


def _ratio_cell(case: Case, timed: Mapping[Case, Samples], baseline: Case) -> str:
    if case not in timed:
        return ""
    if case == baseline:
        return "1"
    if baseline not in timed:
        return EMPTY
    return describe.paired_words(ratio(timed[case], timed[baseline]))


def _ratio_notes(rows: Sequence[tuple[str, ...]], references: Iterable[Case], timed: Collection[Case]) -> list[str]:
    notes = list(describe.cell_notes(rows))
    lacking = [f"of the {describe.baseline_name(case)}" for case in references if case not in timed]
    if lacking and any(EMPTY in row for row in rows):
        notes.append(f"No ratio ({EMPTY}): there is no sample {' and none '.join(sorted(lacking))}.")
    return notes
