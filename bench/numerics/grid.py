"""The numbers of a dtype that are not negative, numbered in their order: neighbours have neighbouring numbers."""

from __future__ import annotations

from dataclasses import dataclass

import torch

#: Integers of the same width: the bits of floating-point numbers above 0, read as an integer, are in the same order.
_INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}

#: Every power of two up to here is looked at; beyond, where little happens, every STRIDE-th.
DENSE_EXPONENT = 64
STRIDE = 16


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

    def scan(self, limit: float) -> list[float]:
        """Return 0, powers of two from epsilon on, and the largest grid value up to ``limit``, in their order."""
        last = self.value(self.index(limit))
        powers = []
        power, exponent = self.smallest_scanned, round(torch.log2(torch.tensor(self.smallest_scanned)).item())
        while power < last:
            if exponent <= DENSE_EXPONENT or exponent % STRIDE == 0:
                powers.append(power)
            power, exponent = power * 2, exponent + 1
        return [0.0, *powers, last]
