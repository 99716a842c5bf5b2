"""Rows of results -> what is wrong with each."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

import torch

from results.numerics import Fault

if TYPE_CHECKING:
    from torch import Tensor


#: Of a weight, and sums that it depends on.
ROUNDINGS = 4


class Sums(Enum):
    """What the outputs of a row are known to sum to."""

    ONE = auto()
    AT_MOST_ONE = auto()
    ANYTHING = auto()


def faults(results: Tensor, sums: Sums, *, backward: bool) -> list[Fault | None]:
    """Return the fault of each row, the first that applies in the order of Fault; zeros are not yet known to be wrong.

    Args:
        results: [rows, numbers], outputs or gradients.
        sums: of the outputs; gradients are not added up.
        backward: whether they are gradients.

    """
    found: list[Fault | None] = [None] * len(results)
    # One pass for three questions: NaN is above everything.
    peaks = results.abs().amax(1)
    checks = [(Fault.VANISHED if backward else Fault.ZEROS, peaks == 0)]
    if not backward and sums is not Sums.ANYTHING:
        off = results.sum(1, dtype=torch.float64) - 1
        wrong = off if sums is Sums.AT_MOST_ONE else off.abs()
        checks.insert(0, (Fault.SUM, wrong > tolerance(results.dtype, results.shape[1])))
    checks += [(Fault.INF, torch.isinf(peaks)), (Fault.NAN, torch.isnan(peaks))]
    # The later ones come first in the order of faults.
    for fault, rows in checks:
        for row in rows.nonzero().flatten().tolist():
            found[row] = fault
    return found


def tolerance(dtype: torch.dtype, terms: int) -> float:
    """Return how far from 1 the sum of so many weights may be by rounding alone.

    Each weight is rounded up to ROUNDINGS times in its dtype, by half an epsilon (exponential, sum, quotient, result);
    as many sums are accumulated in float32 at least, rounded once a term (thresholds of sparse weights take a mean, a
    mean of squares and a product of both); and weights below the normal numbers lose half of the smallest one.
    """
    own, accumulated = torch.finfo(dtype), torch.finfo(torch.promote_types(dtype, torch.float32))
    return ROUNDINGS * (own.eps / 2 + terms * accumulated.eps) + terms * own.smallest_normal * own.eps / 2
