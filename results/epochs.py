"""Steps that were timed -> seconds of an epoch, and what share of them waits for data: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from .inputs import Batches
from .kinds import Part
from .rows import with_ends
from .samples import Latency
from .stats import Ratio, ratio

if TYPE_CHECKING:
    from .cases import Case
    from .index import Index
    from .rows import Columns, Row
    from .samples import Samples

EPOCH_COLUMNS: Columns = {
    **dict.fromkeys(("dataset", "digest", "recipe", "phase", "part"), "string"),
    "images": "Int64",
    "steps": "float64",
    "steps_timed": "Int64",
    **{f"epoch_s{end}": "float64" for end in ("", "_low", "_high")},
    "images_per_s": "float64",
    **{f"waiting{end}": "float64" for end in ("", "_low", "_high")},
    "epoch_j": "float64",
    "peak_bytes": "Int64",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """How long an epoch takes, from the steps that were timed."""

    seconds: float
    """The mean of the steps times their number: what rarely happens is a part of an epoch too."""
    low_s: float | None
    """Both ends of the interval in which another epoch lies with 95%; None where too few samples were taken."""
    high_s: float | None
    steps: float
    """In an epoch; a smaller one at its end counts as its share."""
    timed: int
    """Of these steps; more than an epoch's where several went by."""
    images_per_s: float

    @property
    def is_whole(self) -> bool:
        """Whether as many steps were timed as an epoch has."""
        return self.timed >= self.steps


def epoch(batches: Batches, samples: Samples) -> Epoch:
    """Return the seconds of an epoch.

    Args:
        batches: how many steps it has.
        samples: of steps, or of segments of equally many steps.

    """
    # numpy takes a tenth of a second to import.
    from .intervals import mean_half_width

    step_s, segments = fmean(samples.seconds), batches.steps / samples.calls_per_sample
    half = mean_half_width(samples.seconds, 0.95, further=segments)
    seconds = step_s * batches.steps
    return Epoch(
        seconds=seconds,
        low_s=None if half is None else max(0.0, seconds - half * batches.steps),
        high_s=None if half is None else seconds + half * batches.steps,
        steps=batches.steps,
        timed=len(samples.seconds) * samples.calls_per_sample,
        images_per_s=batches.batch / step_s,
    )


def part_of(index: Index, case: Case, part: Part) -> Latency | None:
    """Return the times of one part of the step that a case is a part of; the loader is that of all networks."""
    block = index.block_of.get(case)
    if block is None or not isinstance(case.input, Batches):
        return None
    for other in block.cases:
        works_on = other.input
        same = part is Part.LOADER or _same_network(other, case)
        if isinstance(works_on, Batches) and works_on.part is part and same:
            found = index.results((other,), Latency)
            return found.get(other)
    return None


def waiting(index: Index, case: Case) -> Ratio | None:
    """Return the share of a step that is spent waiting for data: what it takes longer than its computing, paired.

    None where one of the two was not timed, or both have too few rounds in common.
    """
    both, computing = part_of(index, case, Part.BOTH), part_of(index, case, Part.COMPUTING)
    found = None if both is None or computing is None else ratio(computing.samples, both.samples)
    return (
        None
        if found is None
        else Ratio(value=1 - found.value, low=1 - found.high, high=1 - found.low, pairs=found.pairs)
    )


def epoch_cells(index: Index, case: Case, latency: Latency) -> Row:
    """Return what a row says of an epoch, beside the times of its steps."""
    batches = case.input
    if not isinstance(batches, Batches):
        return {}
    found = epoch(batches, latency.samples)
    share = waiting(index, case) if batches.part is Part.BOTH else None
    energy_j = None if latency.telemetry is None else latency.telemetry.energy_j
    return {
        "steps_timed": found.timed,
        "epoch_s": found.seconds,
        "epoch_s_low": found.low_s,
        "epoch_s_high": found.high_s,
        "images_per_s": found.images_per_s,
        **({} if share is None else with_ends("waiting", share.value, share.low, share.high)),
        "epoch_j": None if energy_j is None else energy_j * found.steps,
        "peak_bytes": latency.peak_bytes,
    }


def data_cells(case: Case) -> Row:
    """Return what a row says of the data of a case, whatever came of it."""
    if not isinstance(case.input, Batches):
        return {}
    batches = case.input
    return {
        "dataset": batches.dataset,
        "digest": batches.digest or "fake",
        "recipe": batches.recipe,
        "phase": batches.phase.value,
        "part": batches.part.value,
        "images": batches.images,
        "steps": batches.steps,
    }


def _same_network(one: Case, other: Case) -> bool:
    return (one.implementation, one.options, one.slot, one.mode) == (
        other.implementation,
        other.options,
        other.slot,
        other.mode,
    )
