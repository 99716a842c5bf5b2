"""How far results are from those of the same function in float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from results.numerics import ErrorAtScale

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from .function import Function


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """A function whose results are to be compared with exact ones."""

    function: Function
    exact: Function
    """The same in float64."""
    unit: Tensor
    """Inputs at scale 1, in float64: one row an input."""
    scales: tuple[float, ...]


def measure_errors(compared: Compared, beat: Callable[[], None] = lambda: None) -> tuple[ErrorAtScale, ...]:
    """Return the errors at each scale.

    The exact function gets the inputs as the dtype rounds them: their rounding is no error of the function.
    """
    found = []
    for scale in compared.scales:
        beat()
        inputs = list((compared.unit * scale).to(compared.function.dtype).double())
        found.append(errors(compared.function(inputs), compared.exact(inputs), scale))
    return tuple(found)


def errors(results: Tensor, exact: Tensor, scale: float) -> ErrorAtScale:
    """Return the errors of results against exact values.

    Args:
        results: in the dtype that is judged.
        exact: of the same shape, in float64.
        scale: for the record.

    """
    right, wide = exact.flatten().cpu(), results.flatten().cpu().double()
    finite = torch.isfinite(wide)
    both = finite & torch.isfinite(right)
    distance = (wide - right).abs()[both]
    normal = right[both].abs() >= torch.finfo(results.dtype).smallest_normal
    relative = distance[normal] / right[both][normal].abs()
    ulps = distance / ulp(right[both], results.dtype)
    return ErrorAtScale(
        scale=scale,
        elements=right.numel(),
        not_finite=int((~finite & torch.isfinite(right)).sum()),
        below_normal=int((~normal).sum()),
        max_relative=_max(relative),
        median_relative=_median(relative),
        max_ulps=_max(ulps),
        median_ulps=_median(ulps),
    )


def ulp(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Return the distance between neighbours in the dtype, at these float64 values: 2^(e + 1 - p), or the smallest."""
    limits = torch.finfo(dtype)
    _, exponent = torch.frexp(values.abs().clamp(min=limits.smallest_normal))
    return torch.ldexp(torch.full_like(values, limits.eps), exponent - 1)


def _max(values: Tensor) -> float | None:
    return float(values.max()) if len(values) else None


def _median(values: Tensor) -> float | None:
    return float(values.median()) if len(values) else None
