"""Learning curves -> accuracy over the seeds, beside what the networks take."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from results.learning import spread
from results.records import Failed, Training, TrainingSet
from results.stats import estimate
from results.variants import RULE, Known, by_network, known

from . import describe
from .cells import BLANK, EMPTY, Kind, Quantity
from .table import Table, number, text
from .units import format_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from results.learning import Spread
    from results.records import Block, Case, Run

    from .cells import Cell
    from .table import Column

ACCURACY_WORDS = (
    "**test accuracy**: the share of the test images that are classified right after the last epoch; the mean over the "
    "seeds ± their standard deviation. **Best** is after the epoch that has most: the test images chose it, "
    "so it is too good. The training loss is the mean over the last epoch's images, penalties included, each image "
    "before the step that it was part of."
)
SEED_WORDS = (
    "**seeds**: each sets the first weights, the order of the images and what augmentation draws, for all rows alike. "
    "On the CPU the same seed gives the same losses to the last bit; on CUDA it need not."
)
CAPTION = "Mean over the seeds ± standard deviation"
#: The suites that say what a network takes.
SIZES = frozenset({"complexity", "latency"})
NO_SIZES = (
    "No sizes or times of these networks: run train together with complexity and latency, with --num-classes {classes}."
)
ONE_SEED = "One seed: how far others would be from it is not known; --seeds 5 would tell."
LEFT_OUT = "No checkpoints: they would have been larger than --checkpoint-mb."
FAKE = "The images are made up (fake): nothing can be learned from them. To get the real ones: attnbench data {dataset}"
PROCESSES = (
    "Each batch was shared by {count} processes. On CUDA batch normalisation was over the whole batch (SyncBatchNorm), "
    "on the CPU each process normalised its own share."
)


def training_words(run: Run) -> tuple[str, ...]:
    """Return how to read the tables."""
    del run
    return (ACCURACY_WORDS, SEED_WORDS)


def training_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a network, data set and recipe, with a row an attention."""
    return tuple(_table(run, block) for block in run.index.blocks_with(Training))


def _table(run: Run, block: Block) -> Table:
    shared, index = block.shared, run.index
    networks = {
        case: seeds for case, seeds in by_network(block).items() if any(map(index.outcomes.__contains__, seeds))
    }
    names = describe.labels(list(networks))
    trained = {case: list(index.results(seeds, Training).values()) for case, seeds in networks.items()}
    others = {case: known(index, case) for case in networks}
    columns: list[tuple[Column, Callable[[Case], Cell]]] = [
        (text("attention"), lambda case: names[case]),
        (number("test accuracy"), lambda case: _first_cell(run, networks[case], trained[case])),
        (number("best"), lambda case: _over(trained[case], lambda each: each.best_accuracy, Kind.SHARE)),
        (
            number("training loss"),
            lambda case: _over(trained[case], lambda each: each.curve[-1].train_loss, Kind.INPUT),
        ),
        (text("seeds"), lambda case: _seeds(run, networks[case])),
        (text("a training"), lambda case: _seconds(trained[case])),
        *_columns_of_others(others),
    ]
    rows = tuple(tuple(cell(case) for _, cell in columns) for case in networks)
    return Table(
        title=describe.title(shared),
        caption=f"{CAPTION}; {describe.input_words(shared)}; {describe.machine(run.environment, shared)}.",
        columns=tuple(head for head, _ in columns),
        rows=rows,
        notes=(
            *_notes(run, shared, trained),
            *describe.cell_notes(rows),
            *describe.slot_notes(list(networks)),
        ),
    )


def _columns_of_others(others: Mapping[Case, Known]) -> list[tuple[Column, Callable[[Case], Cell]]]:
    """Return what other suites of the run found, if they did."""
    found: list[tuple[Column, Callable[[Case], Cell]]] = []
    if any(each.complexity for each in others.values()):
        found += [
            (number("parameters (M)"), lambda case: parameters_cell(others[case])),
            (number(f"{RULE} MACs (M)"), lambda case: multiply_adds_cell(others[case])),
        ]
    timed = [each.latency[0] for each in others.values() if each.latency is not None]
    if timed:
        latency = number(f"latency, forward, batch {timed[0].input.batch}")
        found.append((latency, lambda case: latency_cell(others[case])))
    return found


def parameters_cell(found: Known) -> Cell:
    """Return the parameters of a network."""
    return EMPTY if found.complexity is None else Quantity(value=found.complexity.parameters, kind=Kind.OPERATIONS)


def multiply_adds_cell(found: Known) -> Cell:
    """Return the multiply-adds of a network."""
    total = found.multiply_adds
    return EMPTY if total is None else Quantity(value=total, kind=Kind.OPERATIONS)


def latency_cell(found: Known) -> Cell:
    """Return the median time of inference with its interval."""
    if found.latency is None:
        return EMPTY
    time = estimate(found.latency[1].samples)
    return Quantity(value=time.median_s, kind=Kind.SECONDS, low=time.low_s, high=time.high_s, ends=False)


def _first_cell(run: Run, seeds: list[Case], trained: list[Training]) -> Cell:
    if trained:
        return _over(trained, lambda each: each.last_accuracy, Kind.SHARE)
    outcome = next(run.index.outcomes[case] for case in seeds if case in run.index.outcomes)
    return describe.outcome_words(outcome) if isinstance(outcome, Failed) else EMPTY


def _over(trained: list[Training], figure: Callable[[Training], float], kind: Kind) -> Cell:
    return spread_cell(spread([figure(each) for each in trained]), kind) if trained else BLANK


def spread_cell(found: Spread, kind: Kind) -> Quantity:
    """Return a mean over seeds with the standard deviation behind it."""
    deviation = "" if found.deviation is None else f"± {_deviation(found.deviation, kind)}"
    return Quantity(value=found.mean, kind=kind, words=deviation)


def _deviation(deviation: float, kind: Kind) -> str:
    return f"{100 * deviation:.2f}" if kind is Kind.SHARE else f"{deviation:.2g}"


def _seconds(trained: list[Training]) -> str:
    return format_seconds(fmean(each.seconds for each in trained)) if trained else ""


def _seeds(run: Run, seeds: list[Case]) -> str:
    reached = [run.index.outcomes[case] for case in seeds if case in run.index.outcomes]
    failed = sum(isinstance(outcome, Failed) for outcome in reached)
    return f"{len(reached) - failed} of {len(seeds)}{f', {failed} failed' if failed else ''}"


def _notes(run: Run, shared: Case, trained: Mapping[Case, list[Training]]) -> list[str]:
    images = shared.input
    assert isinstance(images, TrainingSet)  # noqa: S101 - only such cases are trained
    everything = [each for found in trained.values() for each in found]
    data = (
        FAKE.format(dataset=images.dataset)
        if images.digest is None
        else f"Data: {images.dataset}, digest {images.digest}, {images.images} images to train with, "
        f"{images.test_images} to test with; {images.steps} steps an epoch."
    )
    return [
        data,
        f"Recipe {images.recipe}: {images.settings}.",
        *([ONE_SEED] if max(map(len, trained.values()), default=0) == 1 else []),
        *([PROCESSES.format(count=images.processes)] if images.processes > 1 else []),
        *([LEFT_OUT] if any(each.checkpoints_left_out for each in everything) else []),
        # A table that is shown while the run goes on knows of its own block alone.
        *([] if SIZES & set(run.plan.suites) else [NO_SIZES.format(classes=images.num_classes)]),
    ]
