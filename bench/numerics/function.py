"""A function in one dtype, as the search sees it: some inputs in, one row of numbers for each of them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ..precision import full_float32

if TYPE_CHECKING:
    from torch import Tensor, nn


#: Vectorised kernels compute the last few elements of a tensor by other code. Of so many rows none is left over.
LANES = 64


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
    """Whether an input is a row of [rows, length]."""
    together: bool = True
    """Whether rows leave each other alone, see ``leaves_rows_alone``: many go in at once, in multiples of LANES."""

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return one row for each input: the flat output, or the flat gradients.

        Args:
            inputs: one after the other, in float64; rounded to the dtype here.

        """
        # On CUDA, PyTorch computes convolutions of float32 in TF32 by default: that is not the dtype that is judged.
        with full_float32():
            if self.rows and not self.together:
                return torch.cat([self._results(row)[0] for row in inputs.split(1)])
            if self.rows:
                more = inputs[-1:].expand(-len(inputs) % LANES, *inputs.shape[1:])
                return self._results(torch.cat([inputs, more]))[0][: len(inputs)]
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


def leaves_rows_alone(function: Function, length: int) -> bool:
    """Return whether a row's result is the same whatever other rows go in with it.

    What works on a batch as a whole (a temperature from its spread, say) has to be searched row by row.
    """
    row = torch.linspace(-1, 1, length, dtype=torch.float64)[None]
    same, others = function(row.expand(LANES, -1)), function(torch.cat([row, 3 * row.expand(LANES - 1, -1)]))
    eps = torch.finfo(function.dtype).eps
    return torch.allclose(same[0].double(), others[0].double(), rtol=8 * eps, atol=eps, equal_nan=True)


def alternating(like: Tensor) -> Tensor:
    """Return +1 and -1 in turn along the last dimension."""
    upstream = torch.ones_like(like)
    upstream[..., 1::2] = -1
    return upstream
