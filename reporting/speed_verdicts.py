"""A printed ratio of two speeds beside one that was measured here: do they agree?

Machines differ, so seconds are not compared, but ratios of time: how many times as long a row takes as the first one.
For images a second that is the first row's figure over the row's. A verdict speaks of the direction, slower or faster.
The sizes of both ratios stand beside it.

**What is printed** is rounded, so its ratio has an interval: that of all figures that are printed so. A row is printed
as slower if this interval lies above 1, as faster if it lies below; otherwise the digits do not order the two rows.

**What is measured** is a paired ratio with its 95% interval, and the noise floor: two identical networks differ by less
than that 95% of the time. A row is slower here if the whole interval lies above 1 by more than the noise floor, faster
if it lies below 1 by more than that; otherwise it is not ordered.

| printed | here | verdict |
| --- | --- | --- |
| slower | slower | agrees |
| slower | faster | opposite |
| slower | not ordered; the interval, widened by the noise floor, is closer to 1 than the printed ratio | within noise |
| slower | not ordered; it does not | not decided |
| not ordered | not ordered; the interval lies within the noise floor and the rounding of the printed ratio | agrees |
| not ordered | anything else | not decided |

Closer to 1 is meant on both sides: less slow and less fast. Faster is judged as slower, with both ratios turned over.
So ``within noise`` says that no difference was found here, and that one of the printed size would have been.
``not decided`` says that more samples or a quieter machine might tell, or that what is printed does not. A verdict
turns into its opposite in another run only if one interval lies above the noise, and the other below.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


class SpeedVerdict(StrEnum):
    """How a printed ratio and ours relate."""

    AGREES = "agrees"
    """Both say slower, or faster; or neither orders the two rows, and none is slower here by more than the noise."""
    OPPOSITE = "opposite"
    """One says slower, the other faster."""
    WITHIN_NOISE = "within noise"
    """No difference here; one of the printed size would have been seen."""
    UNDECIDED = "not decided"
    """The interval here is too wide, or the printed digits do not order the rows."""


class Order(StrEnum):
    """What a ratio of times says of a row beside the first one."""

    SLOWER = "slower"
    FASTER = "faster"
    NONE = "not ordered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A ratio of times, above 1 for slower, and between what it lies."""

    value: float
    low: float
    high: float

    def order(self, noise: float = 0.0) -> Order:
        """Return on which side of 1 all of it lies, by more than the noise."""
        if self.low > 1 + noise:
            return Order.SLOWER
        return Order.FASTER if self.high < 1 / (1 + noise) else Order.NONE


def printed_ratio(figure: Decimal, first: Decimal, *, rate: bool) -> Interval:
    """Return how many times as long a row takes as the first one, by printed figures, with what rounding allows.

    Args:
        figure: the row's.
        first: the first row's.
        rate: whether they are amounts a second, and not seconds.

    """
    above, below = (first, figure) if rate else (figure, first)
    return Interval(
        value=float(above / below),
        low=float((above - _half_a_digit(above)) / (below + _half_a_digit(below))),
        high=float((above + _half_a_digit(above)) / (below - _half_a_digit(below))),
    )


def judge(printed: Interval, ours: Interval, noise: float) -> SpeedVerdict:
    """Return the verdict by the rules that stand at the top of this file.

    Args:
        printed: see ``printed_ratio``.
        ours: the paired ratio with its 95% interval.
        noise: the noise floor, as a share; 0 where none was measured.

    """
    here = ours.order(noise)
    match printed.order():
        case Order.NONE:
            widest = max(1 + noise, printed.high, 1 / printed.low)
            same = here is Order.NONE and 1 / widest <= ours.low and ours.high <= widest
            return SpeedVerdict.AGREES if same else SpeedVerdict.UNDECIDED
        case order if here is order:
            return SpeedVerdict.AGREES
        case order if here is Order.NONE:
            least = printed.low if order is Order.SLOWER else 1 / printed.high
            closer = ours.high * (1 + noise) < least and ours.low / (1 + noise) > 1 / least
            return SpeedVerdict.WITHIN_NOISE if closer else SpeedVerdict.UNDECIDED
        case _:
            return SpeedVerdict.OPPOSITE


def _half_a_digit(figure: Decimal) -> Decimal:
    """Return by how much a figure may be off because it was rounded to the digits that are printed."""
    exponent = figure.as_tuple().exponent
    if not isinstance(exponent, int):
        msg = f"{figure} is not a printed number"
        raise TypeError(msg)
    return figure.__class__(1).scaleb(exponent) / 2
