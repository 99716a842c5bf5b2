"""With how many digits a paper prints its figures."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: So many figures that all end in 0 do so because they were rounded, not by chance.
ENOUGH = 3
TENS = Decimal(10)


def decimals(column: Mapping[str, Decimal]) -> dict[str, int]:
    """Return with how many decimals each figure of a column was printed.

    -1 stands for tens: where a column has nothing but multiples of 10, the last 0 is no digit that was counted.

    Raises:
        TypeError: a figure is not a finite number.

    """
    if len(column) >= ENOUGH and all(figure % TENS == 0 for figure in column.values()):
        return dict.fromkeys(column, -1)
    return {name: _decimals(figure) for name, figure in column.items()}


def _decimals(figure: Decimal) -> int:
    exponent = figure.as_tuple().exponent
    if not isinstance(exponent, int):
        msg = f"{figure} is not a printed number"
        raise TypeError(msg)
    return max(0, -exponent)
