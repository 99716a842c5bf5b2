"""What a report has below its summary: one table a kind of result, with a row for every case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.records import Memory

from . import describe
from .block_times import BlockTimes
from .complexity_rows import counted_blocks, operator_rows, size_rows
from .device_notes import device_notes
from .latency_blocks import call_blocks
from .latency_rows import PAIRED_WORDS, latency_rows, median_words, ratio_notes
from .machine_notes import machine_notes
from .memory_rows import BYTES_WORDS, memory_rows
from .sampling_notes import exception_notes, mark_notes
from .slots import slots_of
from .stacking import CALLS, COUNTS, stacks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from results.records import Block, Case, Run

    from .stacking import Part
    from .table import Table


def latency_details(run: Run) -> tuple[Table, ...]:
    """Return the times of all calls: one table for networks, one for attentions alone, one for logit functions."""
    times = [BlockTimes(run, block) for block in call_blocks(run)]
    names = {each.block.shared: describe.labels(each.block.cases) for each in times}
    by_case = {each.block.shared: each for each in times}
    parts = [latency_rows(run, each, names[each.block.shared]) for each in times]
    tables = []
    for stack in stacks(parts, CALLS):
        here = [by_case[part.case] for part in stack.parts]
        called = {case: stack.name(name, case) for part in stack.parts for case, name in names[part.case].items()}
        rows = [row for each in here for row in each.rows(called)]
        ratios = any(each.baseline is not None for each in here)
        words = (
            median_words(lopsided=any(each.lopsided for each in here)),
            *([PAIRED_WORDS] if ratios else []),
            *_machines(run, (part.case for part in stack.parts)),
        )
        tables.append(
            stack.table(
                title="Times",
                caption=f"{'; '.join(words)}.",
                notes=(
                    *exception_notes(rows),
                    *device_notes(
                        {called[case]: found.telemetry for each in here for case, found in each.timed.items()}
                    ),
                ),
                document_notes=(
                    *mark_notes(rows, run.plan.budget_s),
                    *(
                        note
                        for part, each in zip(stack.parts, here, strict=True)
                        for note in ratio_notes(part.rows, each)
                    ),
                    *slots_of(case for each in here for case in each.block.cases),
                    *(note for part in stack.parts for note in describe.model_notes(part.case)),
                    *(note for each in here for note in machine_notes(run, each.block.shared)),
                ),
            )
        )
    return tuple(tables)


def memory_details(run: Run) -> tuple[Table, ...]:
    """Return the bytes of all calls in one table, apart only for networks, attentions alone and logit functions."""
    blocks = {block.shared: block for block in run.index.blocks_with(Memory)}
    tables = []
    for stack in stacks((memory_rows(run, block) for block in blocks.values()), CALLS):
        cases = [part.case for part in stack.parts]
        words = (BYTES_WORDS, *_machines(run, cases))
        tables.append(
            stack.table(
                title="Bytes",
                caption=f"{'; '.join(words)}.",
                notes=[note for part in stack.parts for note in part.notes],
                document_notes=slots_of(each for case in cases for each in blocks[case].cases),
            )
        )
    return tuple(tables)


def complexity_details(run: Run) -> tuple[Table, ...]:
    """Return the sizes of all networks in one table, with a column for each rule."""
    return _counted(run, size_rows, "Sizes", "For a batch of one, M = 1e6.")


def operator_details(run: Run) -> tuple[Table, ...]:
    """Return the operators on which the rules do not agree, of all networks in one table."""
    caption = (
        "Operators that do not count the same by every rule, a MAC taken as two; each rule in its own unit, M = 1e6."
    )
    return _counted(run, operator_rows, "Operators", caption)


def _counted(run: Run, rows: Callable[[Run, Block], Part], title: str, caption: str) -> tuple[Table, ...]:
    blocks = {block.shared: block for block in counted_blocks(run)}
    stacked = stacks((rows(run, block) for block in blocks.values()), COUNTS)
    return tuple(
        stack.table(
            title=title,
            caption=caption,
            notes=[note for part in stack.parts for note in part.notes],
            document_notes=(
                *slots_of(case for part in stack.parts for case in blocks[part.case].cases),
                *(note for part in stack.parts for note in describe.model_notes(part.case)),
            ),
        )
        for stack in stacked
    )


def _machines(run: Run, cases: Iterable[Case]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(describe.machine(run.environment, case) for case in cases))
