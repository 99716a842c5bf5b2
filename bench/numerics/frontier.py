"""Where a function first fails, for every pattern of inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from results.numerics import Fault, Frontier

from .blame import Step, first_operator, trace
from .grid import Grid
from .search import Onset, first_failures
from .verdict import Sums, faults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .function import Function
    from .patterns import Pattern

ZEROS = {Fault.ZEROS, Fault.VANISHED}
#: Two precisions have the onset of zeros in common if the other one has it within a tenth: bfloat16 steps by a 128th.
NEARBY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """A function whose smallest failing inputs are to be found."""

    function: Function
    witness: Function
    """The same in another precision: zeros that both begin with at the same magnitude are exact."""
    patterns: tuple[Pattern, ...]
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
    searched.function([torch.zeros_like(searched.patterns[0].unit)])
    search = _Search(searched, beat)
    growing = [pattern for pattern in searched.patterns if pattern.grows]
    onsets: dict[int, Onset | None] = dict(zip(map(id, growing), search.onsets(growing), strict=True))
    doubtful = [pattern for pattern in growing if search.zeros_are_exact(pattern, onsets[id(pattern)])]
    onsets |= zip(map(id, doubtful), search.onsets(doubtful, ignore=ZEROS), strict=True)
    return tuple(
        search.frontier(pattern, onsets[id(pattern)]) if pattern.grows else search.fixed(pattern)
        for pattern in searched.patterns
    )


class _Search:
    def __init__(self, searched: Searched, beat: Callable[[], None]) -> None:
        self._searched = searched
        self._beat = beat
        self._grid = Grid(searched.function.dtype)

    def onsets(
        self, patterns: Sequence[Pattern], ignore: frozenset[Fault] | set[Fault] = frozenset()
    ) -> list[Onset | None]:
        """Return where each pattern first fails, other than by what is to be ignored."""

        def judge(pairs: Sequence[tuple[int, float]]) -> list[Fault | None]:
            found = self._judge([(patterns[pattern], magnitude) for pattern, magnitude in pairs])
            # At magnitude 0, zeros are what they should be.
            return [
                None if fault in ignore or (fault in ZEROS and magnitude == 0) else fault
                for fault, (_, magnitude) in zip(found, pairs, strict=True)
            ]

        return first_failures(judge, [pattern.limit(self._grid.largest) for pattern in patterns], self._grid)

    def zeros_are_exact(self, pattern: Pattern, onset: Onset | None) -> bool:
        """Return whether zeros set in at this magnitude in another precision too: rounding would move it."""
        if onset is None or onset.fault not in ZEROS or self._must_sum(onset.fault):
            return False
        if not self._witness_gives_zeros(pattern, onset.magnitude * (1 + NEARBY)):
            return False
        from_the_start = onset.magnitude <= self._grid.smallest_scanned
        return from_the_start or not self._witness_gives_zeros(pattern, onset.magnitude * (1 - NEARBY))

    def frontier(self, pattern: Pattern, onset: Onset | None) -> Frontier:
        """Return the record of a pattern that grows."""
        if onset is None:
            return Frontier(pattern=pattern.name)
        return Frontier(
            pattern=pattern.name,
            threshold=pattern.sign * onset.magnitude,
            failure=onset.fault,
            operator=self._operator(pattern, onset),
        )

    def fixed(self, pattern: Pattern) -> Frontier:
        """Return the record of a pattern that does not grow."""
        (fault,) = self._judge([(pattern, 1.0)])
        if fault in ZEROS and not self._must_sum(fault) and self._witness_gives_zeros(pattern, 1.0):
            fault = None
        if fault is None:
            return Frontier(pattern=pattern.name)
        return Frontier(pattern=pattern.name, failure=fault)

    def _judge(self, pairs: Sequence[tuple[Pattern, float]]) -> list[Fault | None]:
        self._beat()
        try:
            results = self._searched.function([pattern.at(magnitude) for pattern, magnitude in pairs])
        except (torch.OutOfMemoryError, MemoryError):
            raise
        except Exception:
            if self._searched.function.device != "cpu":
                # What fails inside a CUDA kernel leaves nothing with which to go on.
                raise
            # Of many inputs, some may be fine.
            return [Fault.RAISES] if len(pairs) == 1 else [self._judge([pair])[0] for pair in pairs]
        return faults(results, self._searched.sums, backward=self._searched.function.backward)

    def _must_sum(self, fault: Fault) -> bool:
        """Zeros do not sum to 1, whatever another precision makes of it."""
        return fault is Fault.ZEROS and self._searched.sums is Sums.ONE

    def _witness_gives_zeros(self, pattern: Pattern, magnitude: float) -> bool:
        self._beat()
        return bool((self._searched.witness([pattern.at(magnitude)]) == 0).all())

    def _operator(self, pattern: Pattern, onset: Onset) -> str | None:
        if not self._searched.blame or onset.fault is Fault.RAISES:
            return None
        below = self._grid.index(onset.magnitude) - 1
        works = [] if below < 0 else self._trace(pattern, self._grid.value(below))
        return first_operator(self._trace(pattern, onset.magnitude), works, onset.fault)

    def _trace(self, pattern: Pattern, magnitude: float) -> list[Step]:
        self._beat()
        inputs = [pattern.at(magnitude)]
        return trace(lambda: self._searched.function(inputs))


def witness_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return the precision that is asked whether zeros are exact: float64, and of itself float32."""
    return torch.float32 if dtype is torch.float64 else torch.float64
