"""What came of cases that must fail, too large for the device or planted: is each recorded by its cause?"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from faults import expected_kinds
from gpu_findings import RUN, Findings, one_line
from gpu_runs import MEASURED, counted, read_run, recorded
from gpu_sizes import PLUGINS

from reporting import describe
from reporting.table import Table, text
from reporting.to_markdown import to_markdown
from reporting.units import format_bytes
from results import StoreError
from results.ranges import ITEM_BYTES
from results.records import FailureKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from results.records import Case, Run

#: Runs of the piece on too large cases: batches that grow, and a card that another process has filled.
GROWING, FULL = "growing", "full"
#: How what is on record of a case begins that has no room.
OUT_OF_MEMORY = f"failed: {FailureKind.OUT_OF_MEMORY}"


def of_beyond(folder: Path) -> Findings:
    """Return whether what does not fit is recorded as out of memory, and what is larger is not tried."""
    growing = _compared(folder / GROWING, "Batches that grow", expected_to_grow)
    full = _compared(folder / FULL, "A card that another process has filled", expected_when_full)
    return Findings(short=growing.short + full.short, figures=growing.figures + full.figures)


def of_planted(folder: Path) -> Findings:
    """Return whether each planted failure has its cause, and all good cases were measured beside them."""
    return _compared(folder / RUN, "Planted failures", expected_of_plugins)


def expected_to_grow(run: Run) -> dict[Case, str]:
    """Return what each batch is to be recorded as: the first whose input is beyond the device's memory has no room."""
    memory, failing = memory_of(run), None
    expected = {}
    for case in sorted(run.plan.cases, key=lambda case: case.input.batch):
        if bytes_of(case) <= memory:
            expected[case] = MEASURED
        elif failing is None:
            expected[case] = OUT_OF_MEMORY
            failing = case.shape[0]
        else:
            expected[case] = f"skipped: ran out of memory at batch {failing}"
    return expected


def expected_when_full(run: Run) -> dict[Case, str]:
    """Return what each batch is to be recorded as beside a process that holds the card: the largest has no room."""
    largest = max(case.input.batch for case in run.plan.cases)
    return {case: OUT_OF_MEMORY if case.input.batch == largest else MEASURED for case in run.plan.cases}


def expected_of_plugins(run: Run) -> dict[Case, str]:
    """Return what each planted failure is to be recorded as; all others are good."""
    kinds = {name: kind for plugin in PLUGINS for name, kind in expected_kinds(plugin).items()}
    return {
        case: f"failed: {kinds[case.implementation]}" if case.implementation in kinds else MEASURED
        for case in run.plan.cases
    }


def bytes_of(case: Case) -> int:
    """Return the size of a case's input."""
    return prod(case.shape) * ITEM_BYTES[case.dtype]


def memory_of(run: Run) -> int:
    """Return all memory of the device that was measured: the GPU's; of the simulated one, the CPU's."""
    kind, _, index = run.plan.cases[0].device.partition(":")
    here = run.environment
    return here.accelerators[int(index or 0)].memory_bytes if kind == "cuda" else here.memory_bytes or 0


def _compared(folder: Path, title: str, expected: Callable[[Run], Mapping[Case, str]]) -> Findings:
    """Hold the outcomes of a run against what is expected of them."""
    try:
        run, notes = read_run(folder)
    except StoreError as error:
        return Findings(short=(one_line(str(error)),))
    outcomes = {outcome.case: outcome for outcome in run.outcomes}
    short, rows = list(notes), []
    for case, words in expected(run).items():
        found = recorded(outcomes.get(case))
        size = f"{case.shape[0]} ({format_bytes(bytes_of(case))})"
        rows.append((case.implementation, size, words, describe.shortened(found)))
        if not found.startswith(words):
            short.append(f"{describe.full_name(case)}: expected {words!r}, recorded {found!r}")
    columns = tuple(map(text, ("implementation", "batch (input)", "expected", "recorded")))
    table = Table(title=title, columns=columns, rows=tuple(rows))
    return Findings(short=tuple(map(one_line, short)), figures=(counted(run), to_markdown(table)))
