"""Samples -> tables of latency: one table for all cases that differ in nothing but the attention."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from results.bandwidth import copy_of, speed
from results.compare import baseline_of, is_copy, references_of
from results.records import PLAIN, Measured, StopReason, Subject
from results.stats import estimate, ratio

from . import describe
from .table import EMPTY, Table, number, text
from .units import (
    UNPAIRED,
    UNPAIRED_NOTE,
    format_gb_per_s,
    format_percent,
    format_ratio,
    format_seconds,
    format_with_half_width,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from results.records import Case, NoiseFloor, Outcome, Run, Samples

    from .table import Column

TOO_WIDE = "!"


def latency_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a group of timed cases, in plan order."""
    return tuple(latency_table(run, group) for group in latency_groups(run))


def latency_table(run: Run, group: Sequence[Case]) -> Table:
    """Return the table of one group of this run."""
    machine = describe.machine(run.environment, group[0])
    return latency_table_for(
        run.outcomes, group, machine=machine, budget_s=run.plan.budget_s, noise_floor=run.noise_floor
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
    noise_floor: NoiseFloor | None = None,
) -> Table:
    """Return the table of one group, with a row for every case that has an outcome so far.

    Args:
        outcomes: of any cases; those of other groups are ignored.
        group: the cases that differ in nothing but the attention, in plan order.
        machine: what they run on, in words.
        budget_s: sampling time allowed for one case.
        noise_floor: of the machine, found before the run.

    """
    by_case = {outcome.case: outcome for outcome in outcomes}
    # Stable: all but the plain host stay in plan order.
    known = [by_case[case] for case in sorted(group, key=lambda case: case.implementation != PLAIN) if case in by_case]
    timed = {
        outcome.case: outcome for outcome in known if isinstance(outcome, Measured) and outcome.samples is not None
    }
    samples = {case: outcome.samples for case, outcome in timed.items() if outcome.samples is not None}
    shared, names, baseline = group[0], describe.labels(group), baseline_of(group)
    columns = [
        _Column(text("function" if shared.subject is Subject.OP else "attention"), lambda outcome: names[outcome.case]),
        _Column(number("latency"), _latency_cell),
    ]
    if baseline is not None:
        divided = number(f"÷ {_baseline_name(baseline)}")
        columns.append(_Column(divided, lambda outcome: _ratio_cell(outcome.case, samples, baseline)))
    if any(map(is_copy, group)):
        columns += _speed_columns(timed)
    columns.append(_Column(number("samples"), lambda outcome: _count_cell(outcome.case, samples)))
    rows = tuple(tuple(column.cell(outcome) for column in columns) for outcome in known)
    return Table(
        title=describe.title(shared),
        caption="; ".join(
            (
                "Median of the samples ± half its 95% interval",
                *([] if baseline is None else ["ratio of paired samples [its 95% interval]"]),
                describe.input_words(shared),
                *([machine] if machine else []),
            )
        )
        + ".",
        columns=tuple(column.head for column in columns),
        rows=rows,
        notes=(
            *_budget_notes(samples.values(), budget_s),
            *_interval_notes(samples.values()),
            *_ratio_notes(rows, references_of(group), timed),
            *_noise_notes(noise_floor),
        ),
    )


class _Column(NamedTuple):
    head: Column
    cell: Callable[[Outcome], str]


def _speed_columns(timed: Mapping[Case, Measured]) -> list[_Column]:
    """Return bytes a second, and their share of what a copy reaches."""
    copy = copy_of(timed.values())
    speeds = {case: speed(outcome, copy) for case, outcome in timed.items()}

    def share(outcome: Outcome) -> str:
        found = speeds[outcome.case].share_of_copy if outcome.case in speeds else None
        if found is None:
            return EMPTY if outcome.case in speeds else ""
        return "1" if is_copy(outcome.case) else format_ratio(found.value, found.low, found.high)

    return [
        _Column(
            number("GB/s"),
            lambda outcome: format_gb_per_s(speeds[outcome.case].bytes_per_s) if outcome.case in speeds else "",
        ),
        _Column(number("÷ copy"), share),
    ]


def _count_cell(case: Case, samples: Mapping[Case, Samples]) -> str:
    return str(len(samples[case].seconds)) if case in samples else ""


def _baseline_name(baseline: Case) -> str:
    if is_copy(baseline):
        return "copy"
    return "plain host" if baseline.implementation == PLAIN else baseline.implementation


def _latency_cell(outcome: Outcome) -> str:
    if not isinstance(outcome, Measured):
        return describe.outcome_words(outcome)
    if outcome.samples is None:
        return EMPTY
    estimated = estimate(outcome.samples)
    mark = f" {TOO_WIDE}" if _too_wide(outcome.samples) else ""
    return f"{format_with_half_width(estimated.median_s, estimated.relative_half_width)}{mark}"


def _ratio_cell(case: Case, timed: Mapping[Case, Samples], baseline: Case) -> str:
    if case not in timed:
        return ""
    if case == baseline:
        return "1"
    if baseline not in timed:
        return EMPTY
    found = ratio(timed[case], timed[baseline])
    return format_ratio(found.value, found.low, found.high)


def _too_wide(samples: Samples) -> bool:
    width = estimate(samples).relative_half_width
    return samples.stop is StopReason.BUDGET and (width is None or width > samples.precision)


def _budget_notes(timed: Iterable[Samples], budget_s: float | None) -> list[str]:
    marked = [samples for samples in timed if _too_wide(samples)]
    if not marked:
        return []
    precision = min(samples.precision for samples in marked)
    asked = f"{TOO_WIDE} wider than the {format_percent(precision)} asked for"
    if not budget_s:
        return [f"{asked}: the budget ended first. More: --budget SECONDS"]
    # An interval narrows with the root of the number of samples.
    factors = [((estimate(samples).relative_half_width or 0) / samples.precision) ** 2 for samples in marked]
    enough = _rounded_up(budget_s * max(2.0, *factors))
    return [f"{asked}: the budget of {format_seconds(budget_s)} ended first. More: --budget {enough:g}"]


def _interval_notes(timed: Iterable[Samples]) -> list[str]:
    if all(estimate(samples).relative_half_width is not None for samples in timed):
        return []
    return ["± ? has too few samples for an interval."]


def _ratio_notes(rows: Iterable[tuple[str, ...]], references: Iterable[Case], timed: Collection[Case]) -> list[str]:
    shown = [cell for row in rows for cell in row]
    notes = [UNPAIRED_NOTE] if any(cell.endswith(UNPAIRED) for cell in shown) else []
    lacking = [f"of the {_baseline_name(case)}" for case in references if case not in timed]
    if lacking and EMPTY in shown:
        notes.append(f"No ratio ({EMPTY}): there is no sample {' and none '.join(sorted(lacking))}.")
    return notes


def _noise_notes(noise_floor: NoiseFloor | None) -> list[str]:
    if noise_floor is None:
        return []
    found = f"± {format_percent(noise_floor.relative)} (A/A, 95% interval of the ratio of {noise_floor.pairs} pairs)"
    return [f"Noise floor of this machine before the run: {found}."]


def _rounded_up(seconds: float) -> float:
    step: float = 10.0 ** math.floor(math.log10(seconds))
    return math.ceil(seconds / step) * step
