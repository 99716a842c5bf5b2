"""Steps of an epoch -> seconds of an epoch: what computing takes, what loading takes, and both together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.epochs import epoch, part_of, waiting
from results.records import Batches, Latency, Measured, Part
from results.stats import estimate, ratio

from . import describe, stacking
from .cells import BLANK, EMPTY, Kind, Quantity
from .device_notes import device_notes
from .machine_notes import machine_notes
from .sampling_notes import Row, sampling_notes
from .stacking import BATCH, DEVICE, DTYPE, EXECUTED, NETWORK, SIZE, Fact, stacks
from .table import number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from results.epochs import Epoch
    from results.records import Block, Case, Run

    from .cells import Cell
    from .stacking import Stack
    from .table import Column, Table

#: How the figures are read.
EPOCH_WORDS = (
    "**epoch**: the mean of the steps that were timed times the steps of an epoch, a smaller batch at its end counted "
    "as its share; the interval is where another epoch lies with 95%. A step draws a batch of real or made-up images, "
    "augments it, and trains or evaluates with it. All parts of all rows of a table take turns in segments of steps."
)
WAITING_WORDS = (
    "**waiting for data**: what a step takes longer than its computing with a batch that stays, as a share of the "
    "step, from pairs of the same rounds [its 95% interval]. The process that trains loads the images itself."
)
CAPTION = (
    "Seconds of an epoch ± half the interval in which another epoch lies; ratio of paired steps [its 95% interval]"
)
NO_MEMORY = "No peak memory on the CPU: only CUDA's allocator tells it. Bytes of a call: attnbench run memory."
NO_ENERGY = "No energy: the driver did not tell it."
FAKE = (
    "The images are made up (fake), as many and of the same shape as {dataset}'s: times are those of real ones, unless "
    "an operator's time depends on values. To get the real ones: attnbench data {dataset}"
)


def _steps_in_words(case: Case) -> str:
    assert isinstance(case.input, Batches)  # noqa: S101 - is_step says so
    return ", ".join(case.input.epoch_title(case.host)[1:])


#: What epochs may differ in, in the order of the columns.
EPOCHS = (
    NETWORK,
    Fact(text("steps"), _steps_in_words, _steps_in_words),
    BATCH,
    DTYPE,
    DEVICE,
    EXECUTED,
    SIZE,
)


def epoch_blocks(run: Run) -> tuple[Block, ...]:
    """Return the blocks whose cases are steps of an epoch, in plan order."""
    return tuple(block for block in run.index.blocks_with(Latency) if block.shared.input.is_step)


def epoch_words(run: Run) -> tuple[str, ...]:
    """Return how to read the tables, if there are any."""
    return (EPOCH_WORDS, WAITING_WORDS) if epoch_blocks(run) else ()


def epoch_tables(run: Run) -> tuple[Table, ...]:
    """Return a row an attention of all networks, data sets and phases, in one table."""
    blocks = {block.shared: block for block in epoch_blocks(run)}
    networks = {
        case: [each for each in _networks(block) if each in run.index.outcomes] for case, block in blocks.items()
    }
    stacked = stacks((_part(run, block, networks[case]) for case, block in blocks.items()), EPOCHS)
    return tuple(
        stack.table(
            title="",
            caption="; ".join((CAPTION, *dict.fromkeys(describe.machine(run.environment, case) for case in networks)))
            + ".",
            notes=[
                *(note for case in networks for note in _data_notes(case.input)),
                *_sample_notes(run, stack, networks),
                *([] if any(case.device != "cpu" for case in networks) else [NO_MEMORY]),
                *(note for case in networks for note in _energy_notes(run, case, networks[case])),
                *describe.cell_notes(row for part in stack.parts for row in part.rows),
            ],
            document_notes=(
                *(note for each in networks.values() for note in describe.slot_notes(each)),
                *(note for case in networks for note in machine_notes(run, case)),
            ),
        )
        for stack in stacked
    )


def _sample_notes(run: Run, stack: Stack, networks: Mapping[Case, Sequence[Case]]) -> tuple[str, ...]:
    timed: dict[str, Latency] = {}
    for case, rows in networks.items():
        names = describe.labels(rows)
        timed |= {stack.name(names[each], case): found for each, found in run.index.results(rows, Latency).items()}
    return (
        *sampling_notes(
            [Row(name, found.samples, estimate(found.samples)) for name, found in timed.items()], run.plan.budget_s
        ),
        *device_notes({name: found.telemetry for name, found in timed.items()}),
    )


def _data_notes(batches: object) -> list[str]:
    assert isinstance(batches, Batches)  # noqa: S101 - is_step says so
    if batches.digest is None:
        return [FAKE.format(dataset=batches.dataset)]
    return [f"Data: {batches.dataset}, digest {batches.digest}."]


def _energy_notes(run: Run, case: Case, networks: Sequence[Case]) -> list[str]:
    told = any(map(_energy_j, run.index.results(networks, Latency).values()))
    return [NO_ENERGY] if case.device != "cpu" and not told else []


def _part(run: Run, block: Block, networks: Sequence[Case]) -> stacking.Part:
    index, shared = run.index, block.shared
    names = describe.labels(networks)
    timed = index.results(networks, Latency)
    epochs = {case: _epoch(latency, case) for case, latency in timed.items()}
    baseline = index.baseline(block)
    on_cuda = shared.device != "cpu"
    columns: list[tuple[Column, Callable[[Case], Cell]]] = [
        (text("attention"), lambda case: names[case]),
        (number("epoch"), lambda case: _first_cell(run, case, epochs)),
    ]
    if baseline is not None:
        divided = number(f"÷ {describe.baseline_name(baseline)}")
        columns.append((divided, lambda case: _ratio_cell(case, baseline, timed)))
    columns += [
        (number("computing alone"), lambda case: _part_cell(run, case, Part.COMPUTING)),
        (number("loader alone"), lambda case: _part_cell(run, case, Part.LOADER)),
        (number("waiting for data"), lambda case: _waiting_cell(run, case)),
        (number("images/s"), lambda case: _rate_cell(case, epochs)),
    ]
    if on_cuda:
        columns += [
            (number("peak memory"), lambda case: _peak_cell(case, timed)),
            (number("energy"), lambda case: _energy_cell(case, timed, epochs)),
        ]
    columns.append((text("steps timed"), lambda case: _steps_words(epochs[case]) if case in epochs else BLANK))
    rows = tuple(tuple(cell(case) for _, cell in columns) for case in networks)
    return stacking.Part(shared, tuple(head for head, _ in columns), rows)


def _networks(block: Block) -> list[Case]:
    """Return one case a network: with loader and computing together, if that is timed."""
    parts = [
        case for part in Part for case in block.cases if isinstance(case.input, Batches) and case.input.part is part
    ]
    first = parts[0].input
    return [case for case in parts if case.input == first]


def _epoch(latency: Latency, case: Case) -> Epoch:
    assert isinstance(case.input, Batches)  # noqa: S101 - as above
    return epoch(case.input, latency.samples)


def _seconds(found: Epoch) -> Quantity:
    return Quantity(value=found.seconds, kind=Kind.SECONDS, low=found.low_s, high=found.high_s, ends=False)


def _first_cell(run: Run, case: Case, epochs: Mapping[Case, Epoch]) -> Cell:
    outcome = run.index.outcomes[case]
    if not isinstance(outcome, Measured):
        return describe.no_figure(outcome)
    return _seconds(epochs[case])


def _ratio_cell(case: Case, baseline: Case, timed: Mapping[Case, Latency]) -> Cell:
    if case not in timed:
        return BLANK
    if case == baseline:
        return "1"
    if baseline not in timed:
        return EMPTY
    return describe.paired(ratio(timed[case].samples, timed[baseline].samples))


def _part_cell(run: Run, case: Case, part: Part) -> Cell:
    found = part_of(run.index, case, part)
    return EMPTY if found is None else _seconds(_epoch(found, case))


def _waiting_cell(run: Run, case: Case) -> Cell:
    found = waiting(run.index, case)
    return EMPTY if found is None else Quantity(value=found.value, kind=Kind.SHARE, low=found.low, high=found.high)


def _rate_cell(case: Case, epochs: Mapping[Case, Epoch]) -> Cell:
    return Quantity(value=epochs[case].images_per_s, kind=Kind.PER_S) if case in epochs else BLANK


def _peak_cell(case: Case, timed: Mapping[Case, Latency]) -> Cell:
    peak = timed[case].peak_bytes if case in timed else None
    return EMPTY if peak is None else Quantity(value=peak, kind=Kind.BYTES)


def _energy_j(latency: Latency) -> float | None:
    return None if latency.telemetry is None else latency.telemetry.energy_j


def _energy_cell(case: Case, timed: Mapping[Case, Latency], epochs: Mapping[Case, Epoch]) -> Cell:
    energy_j = _energy_j(timed[case]) if case in timed else None
    return EMPTY if energy_j is None else Quantity(value=energy_j * epochs[case].steps, kind=Kind.JOULES)


def _steps_words(found: Epoch) -> str:
    steps = f"{found.steps:.1f}".removesuffix(".0")
    return f"{found.timed}, a whole epoch's {steps}" if found.is_whole else f"{found.timed} of {steps}"
