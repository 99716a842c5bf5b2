"""Functions whose limits are known because they were put there, and the search for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from bench.numerics.frontier import Searched, find_frontiers, witness_dtype
from bench.numerics.function import Function
from bench.numerics.patterns import Pattern
from bench.numerics.verdict import Sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Frontier

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


class Planted(nn.Module):
    """Applies a function to rows of logits."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self._function = function

    def forward(self, x: Tensor) -> Tensor:
        return self._function(x)


def all_equal(length: int) -> Pattern:
    """Return rows of equal logits."""
    return Pattern(name="all equal", unit=torch.ones(length, dtype=torch.float64))


def all_negative(length: int) -> Pattern:
    """Return rows of equal negative logits."""
    return Pattern(name="all negative", unit=-torch.ones(length, dtype=torch.float64))


def row(name: str, *logits: float) -> Pattern:
    """Return one row."""
    return Pattern(name=name, unit=torch.tensor(logits, dtype=torch.float64))


def search(
    function: Callable[[Tensor], Tensor] | nn.Module,
    dtype: torch.dtype,
    *patterns: Pattern,
    backward: bool = False,
    sums: Sums = Sums.ANYTHING,
    rows: bool = True,
    per_octave: int = 32,
) -> tuple[Frontier, ...]:
    """Return the frontiers of a function on the CPU."""
    module = function if isinstance(function, nn.Module) else Planted(function)

    def in_dtype(each: torch.dtype) -> Function:
        return Function(module=module, dtype=each, device="cpu", backward=backward, rows=rows)

    return find_frontiers(
        Searched(
            function=in_dtype(dtype),
            witness=in_dtype(witness_dtype(dtype)),
            patterns=patterns,
            per_octave=per_octave,
            sums=sums,
        )
    )


def softmax_naive(x: Tensor) -> Tensor:
    """Return exp(x) over its sum."""
    return torch.exp(x) / torch.exp(x).sum(1, keepdim=True)


def plu(x: Tensor) -> Tensor:
    """Return max(x, x / (1 + |x|))."""
    return torch.maximum(x, x / (1 + x.abs()))


def hard_softmax_as_written(x: Tensor) -> Tensor:
    """Return PLU(x) + 1 over its sum."""
    energies = plu(x) + 1
    return energies / energies.sum(1, keepdim=True)


def energy(x: Tensor) -> Tensor:
    """Return 1 + x above 0 and 1 / (1 - x) below, the gradient never NaN."""
    return torch.where(x > 0, 1 + x, 1 / (1 - torch.where(x > 0, 0, x)))


def hard_softmax(x: Tensor) -> Tensor:
    """Return the energies over their sum, which overflows."""
    energies = energy(x)
    return energies / energies.sum(1, keepdim=True)
