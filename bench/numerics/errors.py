"""How far results are from those of the same function in float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.utils._pytree import tree_leaves

from results.numerics import ErrorAtScale

from ..dispatch import OperatorWatch

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
    moving: Tensor | None = None
    """Which numbers of a row have the scale, a mask; None: all. The others are the same at every scale."""
    scales: tuple[float, ...]


def measure_errors(compared: Compared, beat: Callable[[], None] = lambda: None) -> tuple[ErrorAtScale, ...]:
    """Return the errors at each scale.

    The exact function gets the inputs as the dtype rounds them: their rounding is no error of the function.

    Raises:
        NothingExactError: the function does not compute in float64 when asked to.

    """
    found = []
    for scale in compared.scales:
        beat()
        grown = compared.unit * scale
        if compared.moving is not None:
            grown = torch.where(compared.moving, grown, compared.unit)
        inputs = grown.to(compared.function.dtype).double()
        exact, narrower = _watched(compared.exact, inputs)
        if narrower:
            names = " and ".join(sorted(str(dtype).removeprefix("torch.") for dtype in narrower))
            msg = f"asked for float64, it computes in {names}: there is nothing exact to compare with"
            raise NothingExactError(msg)
        found.append(errors(compared.function(inputs), exact, scale))
    return tuple(found)


def _watched(function: Function, inputs: Tensor) -> tuple[Tensor, set[torch.dtype]]:
    """Return the function's results, and the dtypes below float64 in which its operators computed."""
    narrower: set[torch.dtype] = set()

    def look(operator: object, args: object, kwargs: object, result: object) -> None:
        del operator, args, kwargs
        narrower.update(_below_float64(result))

    with OperatorWatch(look):
        return function(inputs), narrower


def _below_float64(result: object) -> set[torch.dtype]:
    """Return the dtypes below float64 in which an operator computed."""
    tensors = (leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor))
    return {each.dtype for each in tensors if each.is_floating_point() and each.dtype != torch.float64}


class NothingExactError(Exception):
    """A function computes in a fixed dtype, whatever its inputs are in."""


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
    # Where the exact value is next to 0, a sum that cancels is off by any number of the smallest units.
    distance, right_normal = distance[normal], right[both][normal]
    relative = distance / right_normal.abs()
    ulps = distance / ulp(right_normal, results.dtype)
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
