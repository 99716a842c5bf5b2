"""Bytes -> the rows of one block in the table of memory and traffic."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from results.records import Direction, Measured, Memory, Subject

from . import describe
from .cells import BLANK, EMPTY, Kind, Quantity, count
from .stacking import Part
from .table import number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from results.records import Block, Case, Outcome, Run

    from .cells import Cell

BYTES_WORDS = "Bytes of one call, counted from the operators as they run, above what rests before it"
#: The fields that only CUDA and its driver can fill, and their columns.
ON_CUDA = {"allocated_bytes": "allocated", "reserved_bytes": "reserved", "process_bytes": "process (NVML)"}


def memory_rows(run: Run, block: Block) -> Part:
    """Return a row for each outcome of a block so far."""
    group = block.cases
    known = [run.index.outcomes[case] for case in describe.plain_first(group) if case in run.index.outcomes]
    counted = run.index.results(group, Memory)
    baseline = block.baseline_among(counted.__contains__)
    columns = tuple(_columns(block.shared, baseline, counted))
    names = describe.labels(group)
    return Part(
        block.shared,
        columns=(
            text("function" if block.shared.subject is Subject.OP else "attention"),
            *(number(title) for title, _ in columns),
        ),
        rows=tuple(
            (names[outcome.case], *_cells(outcome, counted, [cell for _, cell in columns])) for outcome in known
        ),
        notes=_notes(baseline, counted),
    )


def _columns(
    shared: Case, baseline: Case | None, counted: Mapping[Case, Memory]
) -> Iterator[tuple[str, Callable[[Memory], Cell]]]:
    """Yield each column's title and what it shows of one case."""
    plain = None if baseline is None else counted.get(baseline)
    name = "" if baseline is None else f"÷ {describe.baseline_name(baseline)}"
    if shared.direction is not Direction.FORWARD:
        yield "saved for backward", lambda memory: _bytes(memory.saved_bytes)
    yield "peak live", lambda memory: _bytes(memory.peak_live_bytes)
    if name:
        yield f"peak {name}", lambda memory: _times(memory, plain, lambda each: each.peak_live_bytes)
    yield "read", lambda memory: _bytes(memory.read_bytes)
    yield "written", lambda memory: _bytes(memory.written_bytes)
    if name:
        yield f"traffic {name}", lambda memory: _times(memory, plain, _traffic)
    yield "operators", lambda memory: count(memory.operators)
    for field, title in ON_CUDA.items():
        if any(getattr(memory, field) is not None for memory in counted.values()):
            yield title, partial(_optional, field)
    if any(memory.allocated_bytes is not None for memory in counted.values()):
        yield "peak live ÷ allocated", lambda memory: _factor(memory.peak_live_bytes, memory.allocated_bytes)


def _cells(
    outcome: Outcome, counted: Mapping[Case, Memory], cells: Sequence[Callable[[Memory], Cell]]
) -> tuple[Cell, ...]:
    if not isinstance(outcome, Measured):
        return (describe.no_figure(outcome), *([BLANK] * (len(cells) - 1)))
    if outcome.case not in counted:
        return (EMPTY,) * len(cells)
    return tuple(cell(counted[outcome.case]) for cell in cells)


def _traffic(memory: Memory) -> int:
    return memory.read_bytes + memory.written_bytes


def _times(memory: Memory, plain: Memory | None, of: Callable[[Memory], int]) -> Cell:
    if memory is plain:
        return "1"
    return EMPTY if plain is None else _factor(of(memory), of(plain))


def _factor(dividend: int, divisor: int | None) -> Cell:
    return Quantity(value=dividend / divisor, kind=Kind.RATIO) if divisor else EMPTY


def _optional(field: str, memory: Memory) -> Cell:
    size: int | None = getattr(memory, field)
    return EMPTY if size is None else _bytes(size)


def _bytes(size: int) -> Quantity:
    return Quantity(value=size, kind=Kind.BYTES)


def _notes(baseline: Case | None, counted: Mapping[Case, Memory]) -> tuple[str, ...]:
    if baseline is None or baseline in counted or not counted:
        return ()
    return (f"No ratio ({EMPTY.reason}): there is no figure of the {describe.baseline_noun(baseline)}.",)
