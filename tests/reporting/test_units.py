from __future__ import annotations

from decimal import Decimal

import pytest

from reporting import units


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "0 s"),
        (4.2e-10, "0.420 ns"),
        (3.4e-7, "340 ns"),
        (9.996e-7, "1.00 µs"),
        (3.4e-6, "3.40 µs"),
        (0.000_999_9, "1.00 ms"),
        (0.012_34, "12.3 ms"),
        (0.812, "812 ms"),
        (1.063, "1.06 s"),
        (161.51, "162 s"),
        (12_345.0, "12300 s"),
    ],
)
def test_seconds_have_three_digits_in_the_unit_that_fits(seconds: float, expected: str) -> None:
    """A duration is printed with 3 significant digits, and rounding up to 1000 moves on to the next unit."""
    assert units.format_seconds(seconds) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (512, "512 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (1_048_575, "1.00 MiB"),
        (1_047_552, "1023 KiB"),
        (210 * 2**20, "210 MiB"),
        (139 * 2**30, "139 GiB"),
        (2048 * 2**40, "2048 TiB"),
    ],
)
def test_bytes_are_in_powers_of_1024(count: int, expected: str) -> None:
    """A size is printed in the largest binary unit of which there is at least one."""
    assert units.format_bytes(count) == expected


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [(0.0, "0.0%"), (0.0004, "0.04%"), (0.001, "0.1%"), (0.009, "0.9%"), (0.0126, "1.3%"), (-0.05, "-5.0%")],
)
def test_percentages_never_round_a_small_share_to_nothing(fraction: float, expected: str) -> None:
    """A percentage has one decimal, and more where they would all be 0."""
    assert units.format_percent(fraction) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (726_630_300, "726.63"),
        (6_225_000, "6.23"),
        (0, "0"),
        (1_535, "0.00154"),
        (10_000, "0.01"),
        (-2_500_000, "-2.50"),
    ],
)
def test_millions_are_rounded_half_up(count: int, expected: str) -> None:
    """A count is printed in millions as papers round it, and a small one keeps 3 digits."""
    assert units.format_millions(count) == expected


@pytest.mark.parametrize(("count", "expected"), [(2_524_384, "+2.52"), (-2_524_384, "-2.52"), (0, "0")])
def test_differences_have_a_sign(count: int, expected: str) -> None:
    """A difference in millions always says which way."""
    assert units.format_signed_millions(count) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        ((1.033, 1.021, 1.046), "1.033 [1.021, 1.046]"),
        ((0.98765, 0.97, 1.001), "0.988 [0.970, 1.001]"),
        ((0.05, 0.049, 0.0512), "0.0500 [0.0490, 0.0512]"),
        ((12.3456, 12.0, 12.5), "12.35 [12.00, 12.50]"),
        ((12_345.6, 12_000.0, 12_500.0), "12346 [12000, 12500]"),
        ((9.9996, 9.9, 10.1), "10.00 [9.90, 10.10]"),
        ((0.099_96, 0.09, 0.11), "0.100 [0.090, 0.110]"),
    ],
)
def test_ratios_show_their_interval_with_the_same_decimals(ratio: tuple[float, float, float], expected: str) -> None:
    """A ratio has 4 digits after rounding, 3 below 1, and its interval as many decimals."""
    assert units.format_ratio(*ratio) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        ((0.999_51, 0.999_0, 0.999_96), "0.99951 [0.99900, 0.99996]"),
        ((1.000_4, 1.000_3, 1.02), "1.0004 [1.0003, 1.0200]"),
        ((1.0, 1.0, 1.0), "1.000 [1.000, 1.000]"),
        ((1.000_04, 1.0, 1.02), "1.000 [1.000, 1.020]"),
    ],
)
def test_an_end_is_printed_as_1_only_if_it_is_1(ratio: tuple[float, float, float], expected: str) -> None:
    """An interval that is wholly below or above 1 shows it, with as many decimals as that takes."""
    assert units.format_ratio(*ratio) == expected


def test_a_ratio_alone_has_as_many_digits() -> None:
    """As beside an interval."""
    assert [units.format_factor(value) for value in (1.5, 0.987_65, 9.999_6)] == ["1.500", "0.988", "10.00"]


def test_a_missing_interval_shows() -> None:
    """A latency that has no interval is never printed as if it were exact."""
    assert units.format_with_half_width(0.812, 0.009) == "812 ms ± 0.9%"
    assert units.format_with_half_width(0.812, None) == "812 ms ± ?"


@pytest.mark.parametrize(
    ("seconds", "low", "high", "shown"),
    [
        (287e-6, 238e-6, 1092e-6, "287 µs [238, 1092]"),
        (1.05e-3, 0.9e-3, 12.345e-3, "1.05 ms [0.90, 12.35]"),
        (999.9e-6, 998e-6, 2e-3, "1.00 ms [1.00, 2.00]"),
        (1.0, 0.000_4, 1.1, "1.0000 s [0.0004, 1.1000]"),
        (2.5e-9, 2e-9, 9e-9, "2.50 ns [2.00, 9.00]"),
    ],
)
def test_a_duration_and_its_interval_have_one_unit(seconds: float, low: float, high: float, shown: str) -> None:
    """The unit and the decimals are the duration's; no end of an interval is printed as no time at all."""
    assert units.format_with_interval(seconds, low, high) == shown


def test_printed_figures_are_rounded_half_up() -> None:
    """A tie is rounded up, not to the even digit, and zeros at the end are kept."""
    assert units.scaled(40_125_000, 10**6, 2) == Decimal("40.13")
    assert str(units.scaled(93_100_000, 10**6, 2)) == "93.10"
    assert units.scaled(25_557_032, 2**20, 2) == Decimal("24.37")


def test_shapes_are_written_with_a_multiplication_sign() -> None:
    """The sizes of a tensor are joined as papers write them."""
    assert units.format_shape((1, 3, 32, 32)) == "1×3×32×32"


@pytest.mark.parametrize(
    ("seconds", "low", "high", "shown"),
    [
        (0.0034, 0.00321, 0.00365, "+3.40 ms [+3.21, +3.65]"),
        (-0.0000021, -0.0000042, 0.000001, "-2.10 µs [-4.20, +1.00]"),
        (1.5e-8, 1e-8, 2e-8, "+15.0 ns [+10.0, +20.0]"),
        (0.0, 0.0, 0.0, "0.00 ns [0.00, 0.00]"),
        (0.9996, 0.99, 0.9999, "+1.00 s [+0.99, +1.00]"),
        (-0.009_996, -0.009_997, -0.009, "-10.0 ms [-10.0, -9.0]"),
        (-1e-7, -0.01, 0.01, "0.0 ms [-10.0, +10.0]"),
        (0.1, 0.000_04, 0.2, "+100.00 ms [+0.04, +200.00]"),
    ],
)
def test_a_difference_of_durations_has_one_unit(seconds: float, low: float, high: float, shown: str) -> None:
    """The unit is that of the largest of the three, rounded; signs are of what is shown, and 0 is shown of 0 alone."""
    assert units.format_signed_seconds(seconds, low, high) == shown
