"""The only formatter of quantities: a number and its unit become text here and nowhere else."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

#: From 1 of this unit on; whatever is smaller is shown in nanoseconds.
TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
MILLION = 10**6
SIGNIFICANT = 3
#: Ratios have one digit more, so that a difference of 1% shows beside an interval.
RATIO_DIGITS = 4
#: Marks a ratio that has no interval.
UNPAIRED = "(unpaired)"
UNPAIRED_NOTE = f"{UNPAIRED}: too few rounds in common for an interval; the ratio of the two medians."


def scaled(exact: int, scale: int, decimals: int) -> Decimal:
    """Return ``exact / scale`` rounded half up to this many decimals, as papers print it."""
    return (Decimal(exact) / scale).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def format_seconds(seconds: float) -> str:
    """Return a duration with 3 significant digits in the unit that fits: ``812 ms``, ``1.06 s``, ``3.40 µs``."""
    if seconds == 0:
        return "0 s"
    # Rounded before the unit is chosen: 999.9 µs is 1.00 ms, not 1000 µs.
    rounded = float(f"{seconds:.{SIGNIFICANT - 1}e}")
    for scale, unit in TIME_UNITS:
        if rounded >= scale:
            return f"{_significant(rounded / scale)} {unit}"
    return f"{_significant(rounded / 1e-9)} ns"


def format_signed_seconds(seconds: float, low: float, high: float) -> str:
    """Return a difference of durations with its interval, all in one unit: ``+3.40 ms [+3.21, +3.65]``."""
    largest = max(abs(seconds), abs(low), abs(high))
    scale, unit = next(((scale, unit) for scale, unit in TIME_UNITS if largest >= scale), (1e-9, "ns"))
    decimals = max(0, SIGNIFICANT - 1 - _exponent(largest / scale))
    value, bottom, top = (f"{each / scale:+.{decimals}f}" for each in (seconds, low, high))
    return f"{value} {unit} [{bottom}, {top}]"


def format_bytes(count: float) -> str:
    """Return a size in powers of 1024: ``512 B``, ``1.50 KiB``, ``139 GiB``."""
    value, exponent = float(count), 0
    while value >= 1024 - 0.5 and exponent < len(BYTE_UNITS) - 1:
        value, exponent = value / 1024, exponent + 1
    # Up to 1023 of a unit: four digits where three would round one of them away.
    text = f"{value:.0f}" if exponent == 0 or value >= 10**SIGNIFICANT else _significant(value)
    return f"{text} {BYTE_UNITS[exponent]}"


def format_gb_per_s(bytes_per_s: float) -> str:
    """Return a speed in 1e9 bytes a second with 3 significant digits, without the unit: ``14.2``, ``0.314``."""
    return _significant(bytes_per_s / 1e9)


def format_percent(fraction: float) -> str:
    """Return a fraction as a percentage: ``1.3%``, and one digit that is not 0 where it is smaller: ``0.04%``."""
    percent = fraction * 100
    decimals = max(1, -_exponent(percent))
    return f"{percent:.{decimals}f}%"


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


def format_ratio(value: float, low: float | None, high: float | None) -> str:
    """Return a ratio with its interval, ``1.033 [1.021, 1.046]``, or ``1.033 (unpaired)`` if it has none."""
    # Below 1, the 0 before the point takes the place of one digit: 1.033 and 0.987 align.
    digits = RATIO_DIGITS if value >= 1 else RATIO_DIGITS - 1
    decimals = max(0, digits - 1 - _exponent(value))
    if low is None or high is None:
        return f"{value:.{decimals}f} {UNPAIRED}"
    return f"{value:.{decimals}f} [{low:.{decimals}f}, {high:.{decimals}f}]"


def format_factor(value: float) -> str:
    """Return a ratio without an interval: ``1.033``, ``0.987``."""
    return format_ratio(value, None, None).removesuffix(f" {UNPAIRED}")


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


def format_shape(shape: tuple[int, ...]) -> str:
    """Return the sizes of a tensor: ``1×3×32×32``."""
    return "×".join(map(str, shape))


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _significant(value: float) -> str:
    mantissa, _, exponent = f"{value:.{SIGNIFICANT - 1}e}".partition("e")
    rounded = float(f"{mantissa}e{exponent}")
    return f"{rounded:.{max(0, SIGNIFICANT - 1 - int(exponent))}f}"
