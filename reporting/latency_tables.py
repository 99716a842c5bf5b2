"""Samples -> tables of latency: one table a block."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from results.bandwidth import speed
from results.records import Latency, Measured, Subject
from results.stats import estimate, ratio

from . import describe
from .device_notes import device_notes
from .machine_notes import machine_notes
from .sampling_notes import TOO_WIDE, Row, sampling_notes, too_wide
from .table import EMPTY, Table, number, text
from .units import format_with_half_width, format_with_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from results.records import Block, Case, Outcome, Run, Samples
    from results.stats import Estimate

    from .table import Column


def latency_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a block of timed cases, in plan order, with a row for every case that has an outcome so far."""
    return tuple(latency_table(run, block) for block in run.index.blocks_with(Latency))


def latency_table(run: Run, block: Block) -> Table:
    """Return the table of one block."""
    index, shared, names = run.index, block.shared, describe.labels(block.cases)
    known = [index.outcomes[case] for case in describe.plain_first(block.cases) if case in index.outcomes]
    timed = index.results((outcome.case for outcome in known), Latency)
    samples = {case: latency.samples for case, latency in timed.items()}
    estimates = {case: estimate(taken) for case, taken in samples.items()}
    baseline = index.baseline(block)
    columns = [
        _Column(text("function" if shared.subject is Subject.OP else "attention"), lambda outcome: names[outcome.case]),
        _Column(number("latency"), lambda outcome: _latency_cell(outcome, estimates)),
    ]
    if baseline is not None:
        divided = number(f"÷ {describe.baseline_name(baseline)}")
        columns.append(_Column(divided, lambda outcome: _ratio_cell(outcome.case, samples, baseline)))
    if block.copy is not None:
        columns += _speed_columns(timed, index.copy_of(shared))
    columns.append(_Column(number("samples"), lambda outcome: _count_cell(outcome.case, samples)))
    rows = tuple(tuple(column.cell(outcome) for column in columns) for outcome in known)
    compared_with = [case for case in (baseline, block.copied) if case is not None]
    return Table(
        title=describe.title(shared),
        caption="; ".join(
            (
                _median_words(samples, estimates),
                *([] if baseline is None else ["ratio of paired samples [its 95% interval]"]),
                describe.input_words(shared),
                describe.machine(run.environment, shared),
            )
        )
        + ".",
        columns=tuple(column.head for column in columns),
        rows=rows,
        notes=(
            *sampling_notes(
                [Row(names[case], taken, estimates[case]) for case, taken in samples.items()], run.plan.budget_s
            ),
            *device_notes({names[case]: latency.telemetry for case, latency in timed.items()}),
            *_ratio_notes(rows, compared_with, timed),
            *describe.slot_notes(block.cases),
            *machine_notes(run, shared),
        ),
    )


class _Column(NamedTuple):
    head: Column
    cell: Callable[[Outcome], str]


def _speed_columns(timed: Mapping[Case, Latency], copy: Latency | None) -> list[_Column]:
    """Return bytes a second, and their share of what a copy reaches."""
    speeds = {case: speed(case, latency.samples, copy) for case, latency in timed.items()}

    def share(outcome: Outcome) -> str:
        if outcome.case not in speeds:
            return ""
        if outcome.case.is_copy:
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
    if not isinstance(outcome.result, Latency):
        return EMPTY
    samples, found = outcome.result.samples, estimates[outcome.case]
    interval = _interval_to_show(samples, found)
    if interval is None:
        duration = format_with_half_width(found.median_s, found.relative_half_width)
    else:
        duration = format_with_interval(found.median_s, *interval)
    marked = f"{duration} {TOO_WIDE}" if too_wide(samples, found) else duration
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
