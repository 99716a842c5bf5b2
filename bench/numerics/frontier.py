"""Where a function first fails, for every pattern of inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from results.numerics import Fault, Frontier

from .blame import Step, first_operator, trace
from .function import LANES
from .grid import Grid
from .search import Onset, first_failure
from .verdict import Sums, faults
from .zeros import Witness

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from .function import Function
    from .patterns import Pattern

ZEROS = {Fault.ZEROS, Fault.VANISHED}
#: Numbers that are evaluated in one call: enough to make the call cheap, few enough for a cache.
AT_ONCE = 2**17
#: Parts into which an interval is cut: of inputs that go in together, and of those that are evaluated one by one.
WAYS, WAYS_ALONE = 64, 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """A function whose smallest failing inputs are to be found."""

    function: Function
    witness: Function
    """The same in another precision, which says whether zeros are exact; see witness_dtype."""
    patterns: tuple[Pattern, ...]
    per_octave: int
    """How many magnitudes are looked at between powers of two; see Grid.scan."""
    sums: Sums = Sums.ANYTHING
    blame: bool = True
    """Whether its operators can be watched: those of a compiled one cannot."""


def find_frontiers(searched: Searched, beat: Callable[[], None] = lambda: None) -> tuple[Frontier, ...]:
    """Return one frontier a pattern, in their order.

    Args:
        searched: the function and the patterns.
        beat: called before every evaluation.

    """
    # What cannot be run at all, in this dtype or on this device, has no frontier: the exception is the case's outcome.
    beat()
    searched.function(torch.zeros_like(searched.patterns[0].unit)[None])
    return tuple(_Search(searched, pattern, beat).frontier() for pattern in searched.patterns)


class _Search:
    """The search along one pattern; a magnitude goes by its number on the grid."""

    def __init__(self, searched: Searched, pattern: Pattern, beat: Callable[[], None]) -> None:
        self._searched = searched
        self._pattern = pattern
        self._beat = beat
        self._grid = Grid(searched.function.dtype)
        self._witness = Witness(
            run=self._ask_witness,
            exact=searched.witness.dtype.itemsize > searched.function.dtype.itemsize,
            largest=float(torch.finfo(searched.witness.dtype).max),
            pattern=pattern,
            grid=self._grid,
        )

    def frontier(self) -> Frontier:
        """Return the record."""
        if not self._pattern.grows:
            return self._fixed()
        onset = self._onset()
        if onset is not None and self._may_be_zero(onset.fault) and self._witness.begins_there_too(onset.index):
            onset = self._onset(ignore=ZEROS)
        if onset is None:
            return Frontier(pattern=self._pattern.name)
        return Frontier(
            pattern=self._pattern.name,
            threshold=self._pattern.sign * self._grid.value(onset.index),
            failure=onset.fault,
            rounds_to_zero=self._witness.rounds_to_zero(onset.index) if onset.fault in ZEROS else None,
            operator=self._operator(onset.fault, onset.index, onset.index - 1),
        )

    def _fixed(self) -> Frontier:
        """Return the record of a pattern that does not grow."""
        one = self._grid.index(1.0)
        (fault,) = self._judge(torch.tensor([one]))
        if fault is not None and self._may_be_zero(fault) and self._witness.has_zeros_too(one):
            fault = None
        # Whatever is done with a NaN makes another.
        knows = fault is Fault.NAN and not bool(self._pattern.unit.isnan().any())
        return Frontier(
            pattern=self._pattern.name, failure=fault, operator=self._operator(fault, one) if fault and knows else None
        )

    def _onset(self, ignore: frozenset[Fault] | set[Fault] = frozenset()) -> Onset | None:
        """Return where it first fails, other than by what is to be ignored."""

        def judge(indices: Tensor) -> list[Fault | None]:
            # At magnitude 0, zeros are what they should be.
            return [
                None if fault in ignore or (fault in ZEROS and index == 0) else fault
                for index, fault in zip(indices.tolist(), self._judge(indices), strict=True)
            ]

        points = self._grid.scan(self._pattern.limit(self._grid.largest), self._searched.per_octave)
        rows = self._searched.function.rows
        at_once = max(1, AT_ONCE // self._pattern.unit.numel() // LANES) * LANES if rows else 1
        return first_failure(judge, points, at_once, WAYS if rows else WAYS_ALONE)

    def _judge(self, indices: Tensor) -> list[Fault | None]:
        self._beat()
        inputs = self._inputs(indices)
        try:
            results = self._searched.function(inputs)
        except (torch.OutOfMemoryError, MemoryError):
            raise
        except Exception:
            if self._searched.function.device != "cpu":
                # What fails inside a CUDA kernel leaves nothing with which to go on.
                raise
            # Of many inputs, some may be fine.
            half = len(indices) // 2
            return [*self._judge(indices[:half]), *self._judge(indices[half:])] if half else [Fault.RAISES]
        found = faults(results, self._searched.sums, backward=self._searched.function.backward)
        zeros = [index for index, fault in enumerate(found) if fault and self._may_be_zero(fault)]
        if zeros:
            for index, right in zip(zeros, self._witness.zeros_are_right(indices[zeros]), strict=True):
                found[index] = None if right else found[index]
        return found

    def _may_be_zero(self, fault: Fault) -> bool:
        """Return whether it is a fault only if the exact results are not 0; but zeros do not sum to 1."""
        return fault in ZEROS and not (fault is Fault.ZEROS and self._searched.sums is Sums.ONE)

    def _ask_witness(self, inputs: Tensor) -> Tensor:
        self._beat()
        return self._searched.witness(inputs)

    def _inputs(self, indices: Tensor) -> Tensor:
        return self._pattern.at(self._grid.values(indices))

    def _operator(self, fault: Fault, fails: int, works: int = -1) -> str | None:
        if not self._searched.blame or fault is Fault.RAISES:
            return None
        return first_operator(self._trace(fails), [] if works < 0 else self._trace(works), fault)

    def _trace(self, index: int) -> list[Step]:
        self._beat()
        inputs = self._inputs(torch.tensor([index]))
        return trace(lambda: self._searched.function(inputs))


def witness_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return the precision that is asked whether zeros are exact: float64, and of itself float32.

    float64 has no more precise one. Zeros at which float32 begins at the same magnitude are exact, because rounding
    would move it; zeros that it has long before are rounded away.
    """
    return torch.float32 if dtype is torch.float64 else torch.float64
