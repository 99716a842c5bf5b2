"""Checks of arguments that many implementations take, and what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def require_one_or_more(**numbers: int) -> None:
    """Refuse numbers below 1.

    Raises:
        ValueError: one is; the message has its name.

    """
    for name, number in numbers.items():
        if number < 1:
            msg = f"{name} is {number}; choose 1 or more"
            raise ValueError(msg)


def require_odd(**sizes: int) -> None:
    """Refuse sizes of kernels that have no middle.

    Raises:
        ValueError: one is even, or below 1; the message has its name.

    """
    for name, size in sizes.items():
        if size < 1 or size % 2 == 0:
            msg = f"{name} is {size}; choose an odd number, which keeps the size of the map"
            raise ValueError(msg)


def require_known(what: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that is not known.

    Raises:
        ValueError: it is not; the message has all that are.

    """
    names = tuple(known)
    if name not in names:
        msg = f"unknown {what} {name!r}; choose from {', '.join(names)}"
        raise ValueError(msg)


def bottleneck_width(channels: int, reduction: int, *, least: int = 1) -> int:
    """Return the channels over the reduction, rounded down, but never below the least.

    Raises:
        ValueError: the reduction is below 1.

    """
    require_one_or_more(reduction=reduction)
    return max(least, channels // reduction)
