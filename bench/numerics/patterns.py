"""Inputs that grow: a fixed tensor times a magnitude."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


ROUNDED_DOWN = 1 - 2.0**-50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """A family of inputs with one parameter."""

    name: str
    unit: Tensor
    """The inputs at magnitude 1, in float64. Infinite and NaN entries stay what they are at every magnitude."""
    moving: Tensor | None = None
    """Which entries grow, a mask of the same shape; None: all. The others are the same at every magnitude."""

    @property
    def grows(self) -> bool:
        """Whether the magnitude makes a difference."""
        return bool((self._moving & (self.unit != 0)).any())

    @property
    def sign(self) -> int:
        """-1 if what grows is all negative."""
        finite = self.unit[self._moving]
        return -1 if len(finite) and bool((finite <= 0).all()) and bool((finite < 0).any()) else 1

    def limit(self, largest: float) -> float:
        """Return the magnitude at which the largest input is the largest number of the dtype."""
        finite = self.unit[self._moving].abs()
        peak = float(finite.max()) if len(finite) else 1.0
        # A quotient that was rounded up would overflow when it is multiplied again.
        return largest if peak <= 1 else largest / peak * ROUNDED_DOWN

    def at(self, magnitudes: Tensor) -> Tensor:
        """Return the inputs of these magnitudes, one after the other, in float64."""
        grown = self.unit * magnitudes.view(-1, *[1] * self.unit.ndim)
        # An infinite number times 0 is NaN.
        return torch.where(self._moving, grown, self.unit)

    @property
    def _moving(self) -> Tensor:
        finite = torch.isfinite(self.unit)
        return finite if self.moving is None else finite & self.moving
