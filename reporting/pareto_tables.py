"""Which networks no other one beats: what they learn against what they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from results.pareto import Aim, Judged, Standing, exact, judged
from results.records import Training
from results.rows import case_row
from results.stats import estimate
from results.variants import RULE, Known, accuracies, by_network, known

from . import describe
from .cells import EMPTY, Kind, Quantity
from .csv_text import csv_lines
from .table import Table, number, text
from .training_tables import latency_cell, multiply_adds_cell, parameters_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from results.learning import Spread
    from results.records import Block, Case, Run

    from .cells import Cell

NAME = "pareto"
CAPTION = (
    "Test accuracy after the last epoch, the mean over the seeds [its 95% interval]; latency of inference; live bytes "
    "at the peak of inference"
)
PARETO_WORDS = (
    "**dominated**: another network is better in at least one column beyond the intervals, and at least equal in all "
    "others. Times are compared by ratios of the same rounds, accuracies by the intervals of their means, sizes as "
    "they are. **Not decided**: another network has no worse value anywhere, but intervals overlap; more seeds or "
    "samples would tell."
)
ONE_SEED = "One seed has no interval: no accuracy is better than another, and nothing is called dominated."
TOO_NOISY = "Withheld: the noise floor is too high to compare times, and so which network is dominated cannot be told."
NOT_COMPARED = "Not compared, for lack of a figure of some row: {}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A network with all that is known of it, and where it stands."""

    case: Case
    label: str
    seeds: int
    accuracy: Spread | None
    known: Known
    judged: Judged | None
    """None: it was not trained."""
    beaten_by: str

    def aims(self) -> dict[str, Aim]:
        """Return what the network is compared by."""
        return aims(self.accuracy, self.known)


def aims(accuracy: Spread | None, found: Known) -> dict[str, Aim]:
    """Return what a network is compared by, as far as it is known."""
    compared: dict[str, Aim] = {}
    if accuracy is not None:
        compared["accuracy"] = Aim(value=accuracy.mean, low=accuracy.low, high=accuracy.high, larger_is_better=True)
    if found.latency is not None:
        samples = found.latency[1].samples
        time = estimate(samples)
        compared["latency"] = Aim(value=time.median_s, low=time.low_s, high=time.high_s, samples=samples)
    if found.memory is not None:
        compared["memory"] = exact(found.memory[1].peak_live_bytes)
    if found.complexity is not None:
        compared["parameters"] = exact(found.complexity.parameters)
    if found.multiply_adds is not None:
        compared["multiply-adds"] = exact(found.multiply_adds)
    return compared


def pareto_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a block of trainings."""
    return tuple(_table(run, block, rows) for block, rows in _blocks(run))


def pareto_csv(run: Run) -> str:
    """Return one line a network: SI base units, full digits."""
    rows = (row for _, rows in _blocks(run) for row in rows)
    return csv_lines(tuple(CSV_COLUMNS), ({name: cell(row) for name, cell in CSV_COLUMNS.items()} for row in rows))


def _blocks(run: Run) -> Iterator[tuple[Block, tuple[Row, ...]]]:
    for block in run.index.blocks_with(Training):
        yield block, tuple(_rows(run, block))


def _rows(run: Run, block: Block) -> Iterator[Row]:
    networks = by_network(block)
    names = describe.labels(list(networks))
    found = {case: (accuracies(run.index, seeds), known(run.index, case)) for case, seeds in networks.items()}
    trained = [case for case, (accuracy, _) in found.items() if accuracy is not None]
    timed = [others.latency[0] for _, others in found.values() if others.latency is not None]
    if any(map(run.index.is_too_noisy, timed)):
        standings = dict.fromkeys(trained, Judged(Standing.WITHHELD))
    else:
        standings = dict(zip(trained, judged([aims(*found[case]) for case in trained]), strict=True))
    for case, (accuracy, others) in found.items():
        standing = standings.get(case)
        by = None if standing is None or standing.by is None else trained[standing.by]
        yield Row(
            case=case,
            label=names[case],
            seeds=0 if accuracy is None else accuracy.count,
            accuracy=accuracy,
            known=others,
            judged=standing,
            beaten_by="" if by is None else names[by],
        )


def _table(run: Run, block: Block, rows: tuple[Row, ...]) -> Table:
    cells = tuple(
        (
            row.label,
            _accuracy_cell(row.accuracy),
            latency_cell(row.known),
            _memory_cell(row.known),
            parameters_cell(row.known),
            multiply_adds_cell(row.known),
            _standing(row),
        )
        for row in rows
    )
    everything = {name for row in rows for name in row.aims()}
    lacking = sorted(name for name in everything if any(name not in row.aims() for row in rows if row.accuracy))
    return Table(
        title=describe.title(block.shared),
        caption=f"{CAPTION}; {describe.input_words(block.shared)}; {describe.machine(run.environment, block.shared)}.",
        columns=(
            text("attention"),
            number("test accuracy"),
            number("latency"),
            number("peak live"),
            number("parameters (M)"),
            number(f"{RULE} MACs (M)"),
            text("standing"),
        ),
        rows=cells,
        notes=(
            *([ONE_SEED] if any(row.seeds == 1 for row in rows) else []),
            *([TOO_NOISY] if any(row.judged == Judged(Standing.WITHHELD) for row in rows) else []),
            *([NOT_COMPARED.format(", ".join(lacking))] if lacking else []),
            *describe.cell_notes(cells),
            *describe.slot_notes([row.case for row in rows]),
        ),
    )


def _accuracy_cell(found: Spread | None) -> Cell:
    if found is None:
        return EMPTY
    return Quantity(value=found.mean, kind=Kind.SHARE, low=found.low, high=found.high)


def _memory_cell(found: Known) -> Cell:
    return EMPTY if found.memory is None else Quantity(value=found.memory[1].peak_live_bytes, kind=Kind.BYTES)


def _standing(row: Row) -> str:
    match row.judged:
        case None:
            return "not trained"
        case Judged(standing=Standing.UNBEATEN | Standing.WITHHELD as standing):
            return str(standing)
        case Judged(standing=standing):
            return f"{standing}: {row.beaten_by}"


def _of_case(name: str) -> Callable[[Row], object]:
    return lambda row: case_row(row.case)[name]


#: Column -> what a line has there; None is an empty cell.
CSV_COLUMNS: dict[str, Callable[[Row], object]] = {
    "host": lambda row: row.case.host,
    "slot": lambda row: row.case.slot,
    "implementation": lambda row: row.case.implementation,
    **{name: _of_case(name) for name in ("options", "input", "num_classes")},
    "mode": lambda row: str(row.case.mode),
    "device": lambda row: row.case.device,
    "seeds": lambda row: row.seeds,
    "accuracy": lambda row: row.accuracy and row.accuracy.mean,
    "accuracy_low": lambda row: row.accuracy and row.accuracy.low,
    "accuracy_high": lambda row: row.accuracy and row.accuracy.high,
    "latency_s": lambda row: _end(row, "latency", "value"),
    "latency_low_s": lambda row: _end(row, "latency", "low"),
    "latency_high_s": lambda row: _end(row, "latency", "high"),
    "peak_live_bytes": lambda row: row.known.memory and row.known.memory[1].peak_live_bytes,
    "parameters": lambda row: row.known.complexity and row.known.complexity.parameters,
    f"macs_{RULE}": lambda row: row.known.multiply_adds,
    "standing": lambda row: None if row.judged is None else str(row.judged.standing),
    "by": lambda row: row.beaten_by,
}


def _end(row: Row, name: str, end: str) -> object:
    aim = row.aims().get(name)
    return None if aim is None else getattr(aim, end)
