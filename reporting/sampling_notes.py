"""What a reader of a latency table must know of its samples: budget, outliers, warm-up, throttling, launches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from results.records import StopReason

from . import describe
from .naming import MOST_NAMED, few_names
from .units import format_percent, format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from results.records import Samples
    from results.stats import Estimate, Ratio

#: Marks a latency that is not known as well as asked for.
TOO_WIDE = "!"
#: Five samples are all on one side of the median in 2 of 32 cases, which leaves less than 95%.
FEWEST_FOR_AN_INTERVAL = 6
#: Where it would take more than this many times the present samples, patience is no remedy...
MOST_TIMES_THE_SAMPLES = 20.0
#: ...unless there are so few that even so many times as many are soon taken.
SOON_TAKEN_S = 30.0
#: Rows with a larger share of outliers, and with more than a single one, are named.
MANY_OUTLIERS = 0.05
SPREAD = "Spread too far for a larger budget to help: {names}. Quiet the machine, see: attnbench doctor"
NO_INTERVAL = "± ? has too few samples for an interval."
UNSTEADY = (
    "Never steady while it warmed up: {names}. The first samples may be slow ones; a larger --budget leaves more time."
)
HOST_BOUND = (
    "Host-bound: {names}. The device waited for launches, which these times are of; --timing graph takes them out."
)
#: By how much the CPU's clock may differ from the median: waiting for the device takes it a part of the time.
CLOCKS_AGREE = 0.1
SLOWER_BACK_TO_BACK = (
    "Back to back, the CPU's clock says more: {names}. Launches or waits are not hidden there, or clocks fell."
)
FASTER_BACK_TO_BACK = (
    "Back to back, the CPU's clock says less: {names}. Calls overlap there, or the events took time of their own."
)


class Row(NamedTuple):
    """A row of a latency table."""

    name: str
    samples: Samples
    found: Estimate
    """From these samples."""
    ratio: Ratio | None = None
    """To what the case is divided by; None where there is none."""

    @property
    def width(self) -> float | None:
        """The relative half-width of the interval that is known worse, the median's or the ratio's."""
        width = self.found.relative_half_width
        return width if width is None or self.ratio is None else max(width, self.ratio.relative_half_width)

    @property
    def is_too_wide(self) -> bool:
        """Whether one of them is wider than asked for, as the budget ended first."""
        return any(too_wide(self.samples, each) for each in (self.found, self.ratio) if each is not None)


def sampling_notes(rows: Sequence[Row], budget_s: float | None) -> tuple[str, ...]:
    """Return the notes under a table, each only where it applies.

    Args:
        rows: those that were timed.
        budget_s: sampling time allowed for one case.

    """
    return (*mark_notes(rows, budget_s), *exception_notes(rows))


def mark_notes(rows: Sequence[Row], budget_s: float | None) -> tuple[str, ...]:
    """Return what the marks in the cells mean, which stand in a summary too, and what helps."""
    return (
        *_budget_notes(rows, budget_s),
        *([NO_INTERVAL] if any(row.found.low_s is None for row in rows) else []),
    )


def exception_notes(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return which rows were sampled otherwise than the rest."""
    unsteady = few_names(row.name for row in rows if not row.samples.warmup_steady)
    host_bound = few_names(row.name for row in rows if row.samples.host_bound)
    return (
        *_outlier_notes(rows),
        *([UNSTEADY.format(names=unsteady)] if unsteady else []),
        *_throttling_notes(rows),
        *([HOST_BOUND.format(names=host_bound)] if host_bound else []),
        *_wall_notes(rows),
    )


def too_wide(samples: Samples, found: Estimate | Ratio) -> bool:
    """Return whether the budget ended before the interval was as narrow as asked for."""
    width = found.relative_half_width
    return samples.stop is StopReason.BUDGET and (width is None or width > samples.precision)


def _budget_notes(rows: Iterable[Row], budget_s: float | None) -> list[str]:
    marked = [row for row in rows if row.is_too_wide]
    if not marked:
        return []
    precision = min(row.samples.precision for row in marked)
    ended = "the budget ended first" if not budget_s else f"the budget of {format_seconds(budget_s)} ended first"
    sentences = [f"{TOO_WIDE} wider than the {format_percent(precision)} asked for: {ended}"]
    helped = [row for row in marked if _is_helped(row, budget_s or 0.0)]
    if helped:
        enough = f"{_rounded_up(max(_enough_s(row, budget_s) for row in helped)):g}" if budget_s else "SECONDS"
        sentences.append(f"More: --budget {enough}")
    spread = few_names(row.name for row in marked if not _is_helped(row, budget_s or 0.0))
    if spread:
        sentences.append(SPREAD.format(names=spread))
    # No full stop at the end: what stands there is to be copied.
    return [". ".join(sentences)]


def _is_helped(row: Row, budget_s: float) -> bool:
    """Return whether a larger budget is a remedy that one would wait for."""
    return _times_the_samples(row) <= MOST_TIMES_THE_SAMPLES or _enough_s(row, budget_s) <= SOON_TAKEN_S


def _times_the_samples(row: Row) -> float:
    """Return how many times the present samples would probably be as precise as asked for; at least twice.

    An interval narrows with the root of their number. Without one, nothing is known of how far they spread.
    """
    width = row.width or 0.0
    return max(2.0, (width / row.samples.precision) ** 2)


def _enough_s(row: Row, budget_s: float) -> float:
    """Return the budget with which the case would probably be known as well as asked for.

    The time that samples took is not the budget: a slow case overdraws it to get an interval at all, and what others
    are compared with is sampled on.
    """
    samples = row.samples
    taken_s = sum(samples.seconds) * samples.calls_per_sample
    enough_s = max(budget_s, taken_s) * _times_the_samples(row)
    if row.found.low_s is None:
        sample_s = taken_s / row.found.count
        enough_s = max(enough_s, FEWEST_FOR_AN_INTERVAL * sample_s + samples.warmup_s)
    return enough_s


def _outlier_notes(rows: Sequence[Row]) -> list[str]:
    """Return how many outliers there are, by name of the rows that have many, the most first."""
    many = [row for row in rows if row.found.outliers > max(1, MANY_OUTLIERS * row.found.count)]
    named = sorted(many, key=lambda row: row.found.outliers / row.found.count, reverse=True)[:MOST_NAMED]
    others = [row for row in rows if row not in named]
    counts = [", ".join(f"{row.name} {row.found.outliers} of {row.found.count}" for row in named)] if named else []
    beside = sum(row.found.outliers for row in others)
    if beside:
        where = " in the other rows" if named else ""
        counts.append(f"{beside} of {sum(row.found.count for row in others)}{where}")
    return [f"Outliers, kept in the samples: {'; '.join(counts)}."] if counts else []


def _throttling_notes(rows: Sequence[Row]) -> list[str]:
    discarded = sum(row.samples.discarded for row in rows)
    kept = sum(row.samples.throttled for row in rows)
    again = [f"{describe.plural(discarded, 'sample')} discarded and taken again"] if discarded else []
    slow = few_names(row.name for row in rows if row.samples.throttled)
    anyway = [f"{describe.plural(kept, 'sample')} kept all the same, as waiting did not help ({slow})"] if kept else []
    return [f"The device was throttled: {'; '.join((*again, *anyway))}."] if again or anyway else []


def _wall_notes(rows: Iterable[Row]) -> list[str]:
    """Return where the device's time of a call is not what calls in a loop take, and by how much."""
    # Of what is host-bound it is said already.
    walls = [(row, row.samples.wall_s_per_call) for row in rows if not row.samples.host_bound]
    apart = [(row.name, wall_s / row.found.median_s - 1) for row, wall_s in walls if wall_s is not None]
    more = few_names(f"{name} {format_percent(by)}" for name, by in apart if by > CLOCKS_AGREE)
    less = few_names(f"{name} {format_percent(-by)}" for name, by in apart if -by > CLOCKS_AGREE)
    return [
        *([SLOWER_BACK_TO_BACK.format(names=more)] if more else []),
        *([FASTER_BACK_TO_BACK.format(names=less)] if less else []),
    ]


def _rounded_up(seconds: float) -> float:
    step: float = 10.0 ** math.floor(math.log10(seconds))
    return math.ceil(seconds / step) * step
