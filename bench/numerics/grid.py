"""The numbers of a dtype that are not negative, numbered in their order: neighbours have neighbouring numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

#: Integers of the same width: the bits of floating-point numbers above 0, read as an integer, are in the same order.
_INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}

#: Up to this power of two a scan is as dense as asked; beyond, where little happens, a SPARSER-th as dense.
DENSE_EXPONENT = 64
SPARSER = 16


@dataclass(frozen=True, slots=True)
class Grid:
    """The finite numbers from 0 on that a dtype has."""

    dtype: torch.dtype

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return float(torch.finfo(self.dtype).max)

    @property
    def smallest_scanned(self) -> float:
        """The dtype's epsilon: what is smaller is 0 to whatever adds it to 1, as exp and its like do."""
        return float(torch.finfo(self.dtype).eps)

    def index(self, value: float) -> int:
        """Return the number of the largest grid value that is not above this one.

        Args:
            value: finite, 0 or above.

        """
        integers = _INTEGERS[self.dtype.itemsize]
        rounded = torch.tensor(min(value, self.largest), dtype=torch.float64).to(self.dtype)
        index = int(rounded.view(integers))
        return index - (self.value(index) > value)

    def value(self, index: int) -> float:
        """Return the grid value of this number."""
        return float(torch.tensor(index, dtype=_INTEGERS[self.dtype.itemsize]).view(self.dtype))

    def values(self, indices: Tensor) -> Tensor:
        """Return the grid values of these numbers, in float64."""
        return indices.to(_INTEGERS[self.dtype.itemsize]).view(self.dtype).double()

    def scan(self, limit: float, per_octave: int) -> Tensor:
        """Return the numbers of 0, of grid values from epsilon on, and of the largest one up to ``limit``, in order.

        Args:
            limit: 0 or above.
            per_octave: how many from one power of two, itself among them, to the next: another one. All, if there are
                no more; see DENSE_EXPONENT.

        """
        there_are = round(1 / torch.finfo(self.dtype).eps)
        first, last, sparse = map(self.index, (self.smallest_scanned, limit, 2.0**DENSE_EXPONENT))
        dense = torch.arange(first, max(first, min(last, sparse)), max(1, there_are // per_octave))
        far = torch.arange(sparse, max(last, sparse), max(1, there_are * SPARSER // per_octave))
        return torch.cat([torch.tensor([0]), dense, far, torch.tensor([last])])
