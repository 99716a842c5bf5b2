"""Are zeros wrong? Another precision is asked, the witness: what it has too is no fault of rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from .grid import Grid
    from .patterns import Pattern

#: An exact result that is 0 or changes its sign within so many neighbours may be 0: a function rounds that often.
ROOT_NEIGHBOURS = 4
#: Two precisions have the onset of zeros in common if the other one has it within a tenth: bfloat16 steps by a 128th.
NEARBY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Witness:
    """What another precision makes of the inputs of one pattern."""

    run: Callable[[Tensor], Tensor]
    """The function in that precision."""
    exact: bool
    """Whether it is more precise than the one that is judged."""
    largest: float
    """Its largest finite number."""
    pattern: Pattern
    grid: Grid
    """Of the dtype that is judged."""

    def zeros_are_right(self, indices: Tensor) -> list[bool]:
        """Return where zeros are no fault, by what can be told there alone.

        Args:
            indices: numbers of the grid at which the results are all 0.

        """
        right = self._exact_or_near_a_root(indices) if self.exact else self._has_the_same_roots(indices)
        return [bool(each) for each in right.tolist()]

    def rounds_to_zero(self, index: int) -> bool | None:
        """Return whether all that is exact there is 0 when it is rounded to the dtype; None if nothing is more exact.

        Softmax loses its gradient before that: it is made from the output, in which the small weights are 0 already.
        """
        if not self.exact:
            return None
        return bool((self._at(torch.tensor([index])).to(self.grid.dtype) == 0).all())

    def has_zeros_too(self, index: int) -> bool:
        """Return whether the witness gives nothing but zeros there."""
        _, there, _ = self._zeros_around(torch.tensor([index])).flatten().tolist()
        return bool(there)

    def begins_there_too(self, index: int) -> bool:
        """Return whether zeros of a less precise witness begin at the same magnitude: rounding would move it."""
        if self.exact:
            return False
        below, there, above = self._zeros_around(torch.tensor([index])).flatten().tolist()
        from_the_start = self.grid.value(index) <= self.grid.smallest_scanned
        return (there or above) and (from_the_start or not below)

    def _exact_or_near_a_root(self, indices: Tensor) -> Tensor:
        here = self._at(indices)
        right = (here == 0).all(1)
        doubtful = ~right
        if doubtful.any():
            last = self.grid.index(self.grid.largest)
            steps = (-ROOT_NEIGHBOURS, ROOT_NEIGHBOURS)
            near = torch.stack([here[doubtful], *(self._at((indices[doubtful] + by).clamp(0, last)) for by in steps)])
            right[doubtful] = ((near.amin(0) <= 0) & (near.amax(0) >= 0)).all(1)
        return right

    def _has_the_same_roots(self, indices: Tensor) -> Tensor:
        below, there, above = self._zeros_around(indices)
        return there & ~below & ~above

    def _zeros_around(self, indices: Tensor) -> Tensor:
        """Return where it is all 0: [a tenth below, there, a tenth above; inputs]."""
        values = self.grid.values(indices)
        return torch.stack([self._zeros(values * by) for by in (1 - NEARBY, 1.0, 1 + NEARBY)])

    def _zeros(self, magnitudes: Tensor) -> Tensor:
        # What is infinite in the witness's dtype is another input.
        asked = magnitudes <= self.pattern.limit(self.largest)
        zeros = torch.zeros(len(magnitudes), dtype=torch.bool)
        if asked.any():
            zeros[asked] = (self.run(self.pattern.at(magnitudes[asked])) == 0).all(1).cpu()
        return zeros

    def _at(self, indices: Tensor) -> Tensor:
        # As the dtype rounds them: the rounding of inputs is no fault of the function.
        inputs = self.pattern.at(self.grid.values(indices)).to(self.grid.dtype)
        return self.run(inputs.double()).cpu()
