"""Samples -> tables of latency: one table a block."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from results.bandwidth import speed
from results.records import Latency, Measured, Subject, Tokens
from results.stats import estimate, ratio

from . import describe
from .cells import BLANK, EMPTY, Kind, Quantity, count
from .device_notes import device_notes
from .machine_notes import machine_notes
from .sampling_notes import TOO_WIDE, Row, sampling_notes, too_wide
from .table import Table, number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from results.records import Block, Case, Outcome, Run, Samples
    from results.stats import Estimate, Ratio

    from .cells import Cell
    from .table import Column


#: Of attention between tokens.
MODEL_SPEED = "model TFLOP/s"


def latency_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a block of timed cases, in plan order, with a row for every case that has an outcome so far."""
    return tuple(latency_table(run, block) for block in call_blocks(run))


def call_blocks(run: Run) -> tuple[Block, ...]:
    """Return the blocks whose calls are timed for their own sake, not as steps of an epoch, in plan order."""
    return tuple(block for block in run.index.blocks_with(Latency) if not block.shared.input.is_step)


def latency_table(run: Run, block: Block) -> Table:
    """Return the table of one block."""
    index, shared, names = run.index, block.shared, describe.labels(block.cases)
    known = [index.outcomes[case] for case in describe.plain_first(block.cases) if case in index.outcomes]
    timed = index.results((outcome.case for outcome in known), Latency)
    samples = {case: latency.samples for case, latency in timed.items()}
    estimates = {case: estimate(taken) for case, taken in samples.items()}
    baseline = index.baseline(block)
    ratios = _ratios(samples, baseline)
    columns = [
        _Column(text("function" if shared.subject is Subject.OP else "attention"), lambda outcome: names[outcome.case]),
        _Column(number("latency"), lambda outcome: _latency_cell(outcome, estimates)),
    ]
    if baseline is not None:
        divided = number(f"÷ {describe.baseline_name(baseline)}")
        columns.append(_Column(divided, lambda outcome: _ratio_cell(outcome.case, samples, ratios, baseline)))
    if block.copy is not None:
        columns += _speed_columns(timed, index.copy_of(shared))
    if isinstance(shared.input, Tokens):
        columns.append(_Column(number(MODEL_SPEED), lambda outcome: _model_speed_cell(outcome.case, estimates)))
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
                [Row(names[case], taken, estimates[case], ratios.get(case)) for case, taken in samples.items()],
                run.plan.budget_s,
            ),
            *device_notes({names[case]: latency.telemetry for case, latency in timed.items()}),
            *_ratio_notes(rows, compared_with, timed),
            *describe.slot_notes(block.cases),
            *describe.model_notes(shared),
        ),
        document_notes=machine_notes(run, shared),
    )


def _model_speed_cell(case: Case, estimates: Mapping[Case, Estimate]) -> Cell:
    if case not in estimates or not isinstance(case.input, Tokens):
        return BLANK
    found = estimates[case]
    speed_per_s = case.input.model_flops(case.direction) / found.median_s
    marks = describe.overhead_marks(near=found.near_overhead)
    return Quantity(value=speed_per_s, kind=Kind.FLOPS_PER_S, marks=marks)


class _Column(NamedTuple):
    head: Column
    cell: Callable[[Outcome], Cell]


def _speed_columns(timed: Mapping[Case, Latency], copy: Latency | None) -> list[_Column]:
    """Return bytes a second, and their share of what a copy reaches."""
    speeds = {case: speed(case, latency.samples, copy) for case, latency in timed.items()}

    def share(outcome: Outcome) -> Cell:
        if outcome.case not in speeds:
            return BLANK
        if outcome.case.is_copy:
            return "1"
        return EMPTY if copy is None else describe.paired(speeds[outcome.case].share_of_copy)

    return [
        _Column(
            number("GB/s"),
            lambda outcome: describe.speed_cell(speeds[outcome.case]) if outcome.case in speeds else BLANK,
        ),
        _Column(number("÷ copy"), share),
    ]


def _count_cell(case: Case, samples: Mapping[Case, Samples]) -> Cell:
    return count(len(samples[case].seconds)) if case in samples else BLANK


def _latency_cell(outcome: Outcome, estimates: Mapping[Case, Estimate]) -> Cell:
    if not isinstance(outcome, Measured):
        return describe.no_figure(outcome)
    if not isinstance(outcome.result, Latency):
        return EMPTY
    samples, found = outcome.result.samples, estimates[outcome.case]
    return Quantity(
        value=found.median_s,
        kind=Kind.SECONDS,
        low=found.low_s,
        high=found.high_s,
        ends=_shows_ends(samples, found),
        marks=(
            *([TOO_WIDE] if too_wide(samples, found) else []),
            *describe.overhead_marks(near=found.near_overhead),
        ),
    )


def _shows_ends(samples: Samples, found: Estimate) -> bool:
    """Return whether half the width of an interval would give a wrong idea of it."""
    width = found.relative_half_width
    return width is not None and found.lopsided and width > samples.precision


def _median_words(samples: Mapping[Case, Samples], estimates: Mapping[Case, Estimate]) -> str:
    lopsided = any(_shows_ends(samples[case], found) for case, found in estimates.items())
    return f"Median of the samples ± half its 95% interval{', or [all of it]' if lopsided else ''}"


def _ratios(timed: Mapping[Case, Samples], baseline: Case | None) -> dict[Case, Ratio | None]:
    """Return the ratio to the baseline of every other case that was timed; None of those that were not paired."""
    if baseline is None or baseline not in timed:
        return {}
    return {case: ratio(taken, timed[baseline]) for case, taken in timed.items() if case != baseline}


def _ratio_cell(case: Case, timed: Mapping[Case, Samples], ratios: Mapping[Case, Ratio | None], baseline: Case) -> Cell:
    if case not in timed:
        return BLANK
    if case == baseline:
        return "1"
    if baseline not in timed:
        return EMPTY
    found = ratios[case]
    cell = describe.paired(found)
    if found is None or not isinstance(cell, Quantity) or not too_wide(timed[case], found):
        return cell
    return replace(cell, marks=(TOO_WIDE, *cell.marks))


def _ratio_notes(rows: Sequence[tuple[Cell, ...]], references: Iterable[Case], timed: Collection[Case]) -> list[str]:
    notes = list(describe.cell_notes(rows))
    lacking = [f"of the {describe.baseline_name(case)}" for case in references if case not in timed]
    if lacking and any(EMPTY in row for row in rows):
        notes.append(f"No ratio ({EMPTY.reason}): there is no sample {' and none '.join(sorted(lacking))}.")
    return notes
