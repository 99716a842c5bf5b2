"""The numbers of each dtype, in their order."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from bench.numerics.grid import Grid

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def scanned(dtype: torch.dtype, limit: float, per_octave: int) -> list[float]:
    """Return the values of a scan."""
    grid = Grid(dtype)
    found: list[float] = grid.values(grid.scan(limit, per_octave)).tolist()
    return found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [0.0, 2.0**-14, 0.7, 1.0, 11.09375, 2047.0, 65280.0])
def test_the_next_number_is_torchs_next_number(dtype: torch.dtype, value: float) -> None:
    """One step on the grid is one step of nextafter, subnormal numbers and powers of two included."""
    grid = Grid(dtype)
    start = torch.tensor(value, dtype=dtype)
    following = torch.nextafter(start, torch.tensor(torch.inf, dtype=dtype))
    assert grid.value(grid.index(float(start)) + 1) == float(following)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_every_number_is_on_the_grid_once(dtype: torch.dtype) -> None:
    """From 0 to the largest number: as many as there are bit patterns, each above the one before."""
    grid = Grid(dtype)
    values = [grid.value(index) for index in range(grid.index(grid.largest) + 1)]
    assert values[0] == 0
    assert values[-1] == torch.finfo(dtype).max
    assert all(low < high for low, high in pairwise(values))
    assert [grid.index(value) for value in values[::97]] == list(range(0, len(values), 97))


def test_a_value_between_two_numbers_has_the_lower_ones_index() -> None:
    """Never rounded up: what is asked for as a limit is not exceeded. Above the largest there is nothing."""
    grid = Grid(torch.float16)
    assert grid.value(grid.index(2049.9)) == 2048
    assert grid.value(grid.index(2051.9)) == 2050
    assert grid.value(grid.index(1e300)) == 65504


def test_the_scan_of_float16() -> None:
    """0, every power of two from epsilon on, and the largest number."""
    assert scanned(torch.float16, 65504.0, 1) == [0.0, *(2.0**exponent for exponent in range(-10, 16)), 65504.0]


def test_the_scan_ends_at_its_limit() -> None:
    """Random inputs whose largest is thrice the scale stop where that one would overflow."""
    assert scanned(torch.float16, 21000.0, 1)[-2:] == [16384.0, 20992.0]


def test_a_denser_scan_has_the_powers_too() -> None:
    """Four numbers from 1 on, and from 2 on: evenly, each octave by itself."""
    assert [value for value in scanned(torch.float32, 8.0, 4) if 1 <= value < 4] == [1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_where_there_are_no_more_numbers_all_are_scanned(dtype: torch.dtype) -> None:
    """Of 0 and everything from epsilon to the largest, none is left out, far away neither."""
    grid = Grid(dtype)
    first, last = grid.index(grid.smallest_scanned), grid.index(grid.largest)
    assert grid.scan(grid.largest, 2**14).tolist() == [0, *range(first, last + 1)]


def test_beyond_two_to_the_sixty_four_the_scan_is_sparse() -> None:
    """Every sixteenth power of two: float64 has two thousand of them."""
    values = scanned(torch.float64, Grid(torch.float64).largest, 1)
    assert values[:2] == [0.0, 2.0**-52]
    assert {2.0**63, 2.0**64, 2.0**80, 2.0**1008} <= set(values)
    assert 2.0**65 not in values
    assert len(values) == 1 + (52 + 65) + 59 + 1
