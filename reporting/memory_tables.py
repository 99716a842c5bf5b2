"""Bytes -> tables of memory and traffic: one table for all cases that differ in nothing but the attention."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from results.records import Direction, Measured, Memory, Subject

from . import describe
from .cells import BLANK, EMPTY, Kind, Quantity, count
from .slots import slots_of
from .table import Table, number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from results.records import Block, Case, Outcome, Run

    from .cells import Cell

BYTES_WORDS = "Bytes of one call, counted from the operators as they run, above what rests before it"
#: The fields that only CUDA and its driver can fill, and their columns.
ON_CUDA = {"allocated_bytes": "allocated", "reserved_bytes": "reserved", "process_bytes": "process (NVML)"}


def memory_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a group of cases whose bytes were counted, in plan order."""
    return tuple(memory_table(run, block) for block in run.index.blocks_with(Memory))


def memory_table(run: Run, block: Block) -> Table:
    """Return the table of one block."""
    group, machine = block.cases, describe.machine(run.environment, block.shared)
    known = [run.index.outcomes[case] for case in describe.plain_first(group) if case in run.index.outcomes]
    counted = run.index.results(group, Memory)
    baseline = block.baseline_among(counted.__contains__)
    columns = tuple(_columns(group[0], baseline, counted))
    names = describe.labels(group)
    return Table(
        title=describe.title(group[0]),
        caption=(f"{BYTES_WORDS}; {describe.input_words(group[0])}; {machine}."),
        columns=(
            text("function" if group[0].subject is Subject.OP else "attention"),
            *(number(title) for title, _ in columns),
        ),
        rows=tuple(
            (names[outcome.case], *_cells(outcome, counted, [cell for _, cell in columns])) for outcome in known
        ),
        notes=_notes(baseline, counted),
        document_notes=slots_of(group),
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
