"""Samples -> the rows of one block in the table of times."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from results.bandwidth import speed
from results.records import Subject, Tokens

from . import describe
from .cells import BLANK, EMPTY, Kind, Quantity
from .stacking import Part
from .table import number, text
from .token_work_tables import kernel_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from results.records import Case, Latency, Outcome, Run

    from .block_times import BlockTimes
    from .cells import Cell
    from .table import Column


#: Of attention between tokens.
MODEL_SPEED = "model TFLOP/s"


def latency_rows(run: Run, times: BlockTimes, names: Mapping[Case, str]) -> Part:
    """Return a row for each outcome of a block so far.

    Args:
        run: what the block is of.
        times: of the block.
        names: of its cases, as the first column calls them.

    """
    noun = "function" if times.block.shared.subject is Subject.OP else "attention"
    columns = [
        _Column(text(noun), lambda outcome: names[outcome.case]),
        _Column(number("latency"), times.latency),
    ]
    if times.baseline is not None:
        divided = number(f"÷ {describe.baseline_name(times.baseline)}")
        columns.append(_Column(divided, lambda outcome: times.ratio(outcome.case)))
    if times.block.copy is not None:
        columns += _speed_columns(times.timed, run.index.copy_of(times.block.shared))
    if isinstance(times.block.shared.input, Tokens):
        columns.append(_Column(number(MODEL_SPEED), lambda outcome: _model_speed(times, outcome.case)))
        if any(latency.ran is not None for latency in times.timed.values()):
            columns.append(_Column(text("kernel"), lambda outcome: kernel_cell(times.timed.get(outcome.case))))
    columns.append(_Column(number("samples"), lambda outcome: times.count(outcome.case)))
    rows = tuple(tuple(column.cell(outcome) for column in columns) for outcome in times.known)
    return Part(times.block.shared, tuple(column.head for column in columns), rows)


PAIRED_WORDS = "ratio of paired samples [its 95% interval]"


def median_words(*, lopsided: bool) -> str:
    """Return what a latency is, for a caption."""
    return f"Median of the samples ± half its 95% interval{', or [all of it]' if lopsided else ''}"


def ratio_notes(rows: Sequence[tuple[Cell, ...]], times: BlockTimes) -> list[str]:
    """Return the notes on the ratios of a block, each only where it applies."""
    compared_with = [case for case in (times.baseline, times.block.copied) if case is not None]
    notes = list(describe.cell_notes(rows))
    lacking = _lacking(compared_with, times.timed)
    if lacking and any(EMPTY in row for row in rows):
        notes.append(f"No ratio ({EMPTY.reason}): there is no sample {' and none '.join(sorted(lacking))}.")
    return notes


def _model_speed(times: BlockTimes, case: Case) -> Cell:
    if case not in times.estimates or not isinstance(case.input, Tokens):
        return BLANK
    found = times.estimates[case]
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


def _lacking(references: Iterable[Case], timed: Collection[Case]) -> list[str]:
    return [f"of the {describe.baseline_noun(case)}" for case in references if case not in timed]
