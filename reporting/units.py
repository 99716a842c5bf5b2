"""The only formatter of quantities: a number and its unit become text here and nowhere else."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from .cells import Cell, Kind, Missing, Quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: From 1 of this unit on; whatever is smaller is shown in nanoseconds.
TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
NO_FOOTNOTES: Mapping[str, str] = MappingProxyType({})
MILLION = 10**6
KILO = 10**3
SIGNIFICANT = 3
#: Ratios have one digit more, so that a difference of 1% shows beside an interval.
RATIO_DIGITS = 4


def scaled(exact: int, scale: int, decimals: int, *, down: bool = False) -> Decimal:
    """Return ``exact / scale`` rounded half up to this many decimals, as papers print it, or down, as some do."""
    rounding = ROUND_DOWN if down else ROUND_HALF_UP
    return (Decimal(exact) / scale).quantize(Decimal(1).scaleb(-decimals), rounding=rounding)


def cell_text(cell: Cell, footnotes: Mapping[str, str] = NO_FOOTNOTES) -> str:
    """Return what a reader sees of a cell.

    Args:
        cell: any.
        footnotes: cause -> its mark, of what is missing.

    """
    match cell:
        case str():
            return cell
        case Missing(reason=reason, because=because):
            return f"{reason} {footnotes[because]}" if because in footnotes else reason
        case Quantity(marks=marks, words=words):
            return " ".join(part for part in (_quantity_text(cell), *marks, words) if part)
        case _:
            assert_never(cell)


def _quantity_text(found: Quantity) -> str:
    return FORMS[found.kind](found)


def _duration(found: Quantity) -> str:
    if found.low is None or found.high is None:
        return format_with_half_width(found.value, None)
    if found.ends:
        return format_with_interval(found.value, found.low, found.high)
    return format_with_half_width(found.value, (found.high - found.low) / 2 / found.value)


def _times(found: Quantity) -> str:
    if found.low is None or found.high is None:
        return format_factor(found.value)
    if not found.ends:
        return f"{format_factor(found.value)} ± {format_percent((found.high - found.low) / 2 / found.value)}"
    return format_ratio(found.value, found.low, found.high)


def _rate(found: Quantity) -> str:
    value = _significant(found.value)
    if found.low is None or found.high is None:
        return value
    return f"{value} ± {format_percent((found.high - found.low) / 2 / found.value)}"


def _difference(found: Quantity) -> str:
    low, high = (found.value if end is None else end for end in (found.low, found.high))
    return format_signed_seconds(found.value, low, high)


def _share(found: Quantity) -> str:
    ends = [] if found.low is None or found.high is None else [found.low, found.high]
    interval = f" [{', '.join(f'{end * 100:.1f}' for end in ends)}]" if ends else ""
    return f"{found.value * 100:.1f}%{interval}"


def format_joules(joules: float) -> str:
    """Return an energy with 3 significant digits: ``812 J``, ``1.06 kJ``, ``0.314 J``."""
    kilo = _rounded(joules, SIGNIFICANT) >= KILO
    return f"{_significant(joules / KILO)} kJ" if kilo else f"{_significant(joules)} J"


def format_seconds(seconds: float) -> str:
    """Return a duration with 3 significant digits in the unit that fits: ``812 ms``, ``1.06 s``, ``3.40 µs``."""
    if seconds == 0:
        return "0 s"
    scale, unit = _time_unit(seconds)
    return f"{_significant(seconds / scale)} {unit}"


def format_signed_seconds(seconds: float, low: float, high: float) -> str:
    """Return a difference of durations with its interval, all in one unit: ``+3.40 ms [+3.21, +3.65]``."""
    largest = max(abs(seconds), abs(low), abs(high))
    scale, unit = _time_unit(largest)
    value, bottom, top = (each / scale for each in (seconds, low, high))
    decimals = _decimals_that_tell(bottom, top, apart_from=0, decimals=_decimals(largest / scale))
    return f"{_signed(value, decimals)} {unit} [{_signed(bottom, decimals)}, {_signed(top, decimals)}]"


def format_bytes(count: float) -> str:
    """Return a size in powers of 1024: ``512 B``, ``1.50 KiB``, ``139 GiB``."""
    value, exponent = float(count), 0
    while value >= 1024 - 0.5 and exponent < len(BYTE_UNITS) - 1:
        value, exponent = value / 1024, exponent + 1
    # Up to 1023 of a unit: four digits where three would round one of them away.
    text = f"{value:.0f}" if exponent == 0 or value >= 10**SIGNIFICANT else _significant(value)
    return f"{text} {BYTE_UNITS[exponent]}"


def format_signed_bytes(count: int) -> str:
    """Return a difference of sizes with its sign: ``+1.50 KiB``, ``-512 B``."""
    return f"{'-' if count < 0 else '+'}{format_bytes(abs(count))}"


def format_gb_per_s(bytes_per_s: float) -> str:
    """Return a speed in 1e9 bytes a second with 3 significant digits, without the unit: ``14.2``, ``0.314``."""
    return _significant(bytes_per_s / 1e9)


def format_tflop_per_s(flops_per_s: float) -> str:
    """Return a speed in 1e12 operations a second with 3 significant digits, without the unit: ``14.2``, ``0.314``."""
    return _significant(flops_per_s / 1e12)


def format_percent(fraction: float) -> str:
    """Return a fraction as a percentage: ``1.3%``, and one digit that is not 0 where it is smaller: ``0.04%``."""
    percent = fraction * 100
    decimals = max(1, -_exponent(percent))
    return f"{percent:.{decimals}f}%"


def format_chosen_share(fraction: float) -> str:
    """Return a fraction that somebody chose as a percentage, with no more digits than it has: ``3%``, ``2.5%``."""
    return f"{fraction * 100:.6g}%"


def format_millions(count: int) -> str:
    """Return a count in millions (1e6) with 2 decimals, or 3 significant digits below 0.01: ``726.63``, ``0.00154``."""
    if count == 0:
        # Not 0.00: that would be a few operations.
        return "0"
    if abs(count) >= MILLION // 100:
        return str(scaled(count, MILLION, 2))
    leading_zeros = len(str(MILLION)) - len(str(abs(count)))
    # The sixth decimal is a single operation.
    return str(scaled(count, MILLION, min(6, SIGNIFICANT - 1 + leading_zeros)))


def format_signed_millions(count: int) -> str:
    """Return a difference of two counts in millions (1e6), with its sign: ``+2.52``, ``-0.01``, ``0``."""
    return f"{'+' if count > 0 else ''}{format_millions(count)}"


def format_ratio(value: float, low: float, high: float) -> str:
    """Return a ratio with its interval: ``1.033 [1.021, 1.046]``."""
    # An end that is printed as 1 would contradict what is said of it: that it is below 1, or above.
    decimals = _decimals_that_tell(low, high, apart_from=1, decimals=_ratio_decimals(value))
    return f"{value:.{decimals}f} [{low:.{decimals}f}, {high:.{decimals}f}]"


def format_factor(value: float) -> str:
    """Return a ratio without an interval: ``1.033``, ``0.987``."""
    return f"{value:.{_ratio_decimals(value)}f}"


def format_value(value: float) -> str:
    """Return a number without a unit with 6 significant digits: ``11.0938``, ``1.70141e+38``, ``-93``."""
    return f"{value:.6g}"


def format_error(relative: float) -> str:
    """Return a relative error with 2 significant digits: ``4.9e-04``, ``0``."""
    return f"{relative:.1e}" if relative else "0"


def format_ulps(ulps: float) -> str:
    """Return a number of units in the last place: ``0.28``, ``3.1``, ``1.4e+03``; below a hundredth ``0.00``."""
    return f"{ulps:.2f}" if ulps < 1 else f"{ulps:.2g}"


def format_with_half_width(seconds: float, relative_half_width: float | None) -> str:
    """Return a duration with half of its interval, ``812 ms ± 0.9%``, or ``812 ms ± ?`` if it has none."""
    width = "?" if relative_half_width is None else format_percent(relative_half_width)
    return f"{format_seconds(seconds)} ± {width}"


def format_with_interval(seconds: float, low: float, high: float) -> str:
    """Return a duration with its interval, in the unit and with the decimals of the first: ``287 µs [238, 1092]``."""
    scale, unit = _time_unit(seconds)
    value, bottom, top = (each / scale for each in (seconds, low, high))
    decimals = _decimals_that_tell(bottom, top, apart_from=0, decimals=_decimals(value))
    return f"{value:.{decimals}f} {unit} [{bottom:.{decimals}f}, {top:.{decimals}f}]"


def format_shape(shape: tuple[int, ...]) -> str:
    """Return the sizes of a tensor: ``1×3×32×32``."""
    return "×".join(map(str, shape))


def _time_unit(seconds: float) -> tuple[float, str]:
    # Rounded before the unit is chosen: 999.9 µs is 1.00 ms, not 1000 µs.
    rounded = _rounded(seconds, SIGNIFICANT)
    return next(((scale, unit) for scale, unit in TIME_UNITS if rounded >= scale), (1e-9, "ns"))


def _ratio_decimals(value: float) -> int:
    # Below 1, the 0 before the point takes the place of one digit: 1.033 and 0.987 align.
    digits = RATIO_DIGITS if value >= 1 else RATIO_DIGITS - 1
    return max(0, digits - 1 - _exponent(_rounded(value, digits)))


def _decimals_that_tell(low: float, high: float, *, apart_from: int, decimals: int) -> int:
    """Return this many decimals, or as many more as show on which side of a number the ends of an interval are."""
    while any(end != apart_from and round(end, decimals) == apart_from for end in (low, high)):
        decimals += 1
    return decimals


def _signed(value: float, decimals: int) -> str:
    rounded = round(value, decimals)
    return f"{rounded:+.{decimals}f}" if rounded else f"{0:.{decimals}f}"


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _decimals(value: float) -> int:
    """Return the decimals that leave as many digits as are significant: 2 for 1.05, none for 287."""
    return max(0, SIGNIFICANT - 1 - _exponent(_rounded(value, SIGNIFICANT)))


def _significant(value: float) -> str:
    rounded = _rounded(value, SIGNIFICANT)
    return f"{rounded:.{_decimals(rounded)}f}"


#: What a value is -> how it is printed.
FORMS: Mapping[Kind, Callable[[Quantity], str]] = MappingProxyType(
    {
        Kind.SECONDS: _duration,
        Kind.SECONDS_MORE: _difference,
        Kind.RATIO: _times,
        Kind.BYTES: lambda found: format_bytes(found.value),
        Kind.BYTES_MORE: lambda found: format_signed_bytes(int(found.value)),
        Kind.BYTES_PER_S: lambda found: format_gb_per_s(found.value),
        Kind.FLOPS_PER_S: lambda found: format_tflop_per_s(found.value),
        Kind.PER_S: _rate,
        Kind.SHARE: _share,
        Kind.JOULES: lambda found: format_joules(found.value),
        Kind.COUNT: lambda found: str(int(found.value)),
        Kind.COUNT_MORE: lambda found: f"{int(found.value):+d}",
        Kind.OPERATIONS: lambda found: format_millions(int(found.value)),
        Kind.OPERATIONS_MORE: lambda found: format_signed_millions(int(found.value)),
        Kind.INPUT: lambda found: format_value(found.value),
        Kind.INPUT_MORE: lambda found: f"{found.value:+.6g}",
    }
)
