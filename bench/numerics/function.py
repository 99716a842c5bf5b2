"""A function in one dtype, as the search sees it: some inputs in, one row of numbers for each of them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Function:
    """A module with what its search needs to know.

    In the backward direction the upstream gradient is +1 and -1 in turn: weights that sum to 1 have no gradient for one
    that is the same everywhere.
    """

    module: nn.Module
    dtype: torch.dtype
    device: str
    backward: bool
    rows: bool
    """Whether it works on each row of [rows, length] alone, so that many inputs go in at once."""

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return one row for each input: the flat output, or the flat gradients.

        Args:
            inputs: in float64, all of one shape; rounded to the dtype here.

        """
        if self.rows:
            return self._results(torch.stack(list(inputs)))[0]
        return torch.stack([torch.cat([each.flatten() for each in self._results(single)]) for single in inputs])

    def _results(self, wide: Tensor) -> list[Tensor]:
        x = wide.to(device=self.device, dtype=self.dtype)
        if not self.backward:
            with torch.no_grad():
                return [self.module(x)]
        x.requires_grad_()
        output = self.module(x)
        # Of a row alone, the parameters' gradients are not its own.
        parameters = [] if self.rows else [each for each in self.module.parameters() if each.requires_grad]
        gradients = torch.autograd.grad(output, [x, *parameters], alternating(output), allow_unused=True)
        # None where the module does not use one.
        return list(filter(torch.is_tensor, gradients))


def alternating(like: Tensor) -> Tensor:
    """Return +1 and -1 in turn along the last dimension."""
    upstream = torch.ones_like(like)
    upstream[..., 1::2] = -1
    return upstream
