"""The times of one block, and the cells that every table shows of them: a summary and a detail print the same."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from results.records import Latency, Measured

from . import describe
from .cells import BLANK, EMPTY, Kind, Quantity, count
from .sampling_notes import TOO_WIDE, Row, too_wide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from results.records import Block, Case, Outcome, Run, Samples
    from results.stats import Estimate, Ratio

    from .cells import Cell


class BlockTimes:
    """What was sampled of a block, with medians, ratios to the baseline and their cells."""

    def __init__(self, run: Run, block: Block) -> None:
        index = run.index
        self.block = block
        self._index = index
        self.known: list[Outcome] = [
            index.outcomes[case] for case in describe.plain_first(block.cases) if case in index.outcomes
        ]
        """The outcomes so far, in the order of a table's rows."""
        self.timed: Mapping[Case, Latency] = index.results((outcome.case for outcome in self.known), Latency)
        self.samples: Mapping[Case, Samples] = {case: latency.samples for case, latency in self.timed.items()}
        self.baseline = index.baseline(block)
        """The case that the others are divided by; None where there is none."""

    @cached_property
    def estimates(self) -> Mapping[Case, Estimate]:
        """The median of each case that was timed."""
        return {case: self._index.estimate(case) for case in self.samples}

    @cached_property
    def ratios(self) -> Mapping[Case, Ratio | None]:
        """The ratio to the baseline of every other case that was timed; None of those that were not paired."""
        if self.baseline is None or self.baseline not in self.samples:
            return {}
        return {case: self._index.ratio(case, self.baseline) for case in self.samples if case != self.baseline}

    @property
    def lopsided(self) -> bool:
        """Whether any interval is printed with both ends."""
        return any(_shows_ends(self.samples[case], found) for case, found in self.estimates.items())

    def rows(self, names: Mapping[Case, str]) -> list[Row]:
        """Return what notes on samples are made from.

        Args:
            names: of the cases, as notes call them.

        """
        return [
            Row(names[case], taken, self.estimates[case], self.ratios.get(case)) for case, taken in self.samples.items()
        ]

    def latency(self, outcome: Outcome) -> Cell:
        """Return the median with its interval, or why there is none."""
        if not isinstance(outcome, Measured):
            return describe.no_figure(outcome)
        if not isinstance(outcome.result, Latency):
            return EMPTY
        samples, found = outcome.result.samples, self.estimates[outcome.case]
        return Quantity(
            value=found.median_s,
            kind=Kind.SECONDS,
            low=found.low_s,
            high=found.high_s,
            ends=_shows_ends(samples, found),
            marks=(
                *([TOO_WIDE] if too_wide(samples, found) else []),
                *describe.overhead_marks(near=found.near_overhead),
            ),
        )

    def ratio(self, case: Case) -> Cell:
        """Return how many times as long as the baseline a case takes."""
        if case not in self.samples:
            return BLANK
        if case == self.baseline:
            return "1"
        if self.baseline not in self.samples:
            return EMPTY
        found = self.ratios[case]
        cell = describe.paired(found)
        if found is None or not isinstance(cell, Quantity) or not too_wide(self.samples[case], found):
            return cell
        return replace(cell, marks=(TOO_WIDE, *cell.marks))

    def count(self, case: Case) -> Cell:
        """Return how many samples a case has."""
        return count(len(self.samples[case].seconds)) if case in self.samples else BLANK


def _shows_ends(samples: Samples, found: Estimate) -> bool:
    """Return whether half the width of an interval would give a wrong idea of it."""
    width = found.relative_half_width
    return width is not None and found.lopsided and width > samples.precision
