"""The frontier against a search that leaves no number out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from msgspec.structs import replace
from torch import Tensor

from attn_impls import Family, builtin
from bench.numerics.frontier import Searched, find_frontiers
from bench.numerics.grid import Grid
from bench.numerics.verdict import Sums, tolerance
from results.records import Direction, Logits
from suites import overflow
from suites.prepare import Preparer
from suites.selection import Selection

if TYPE_CHECKING:
    from bench.numerics.patterns import Pattern

KNOWN = builtin()
#: All logit functions but those of an extra that need not be installed.
FUNCTIONS = [
    name
    for name, spec in KNOWN.specs.items()
    if spec.family in {Family.NORMALIZER, Family.ACTIVATION} and not name.startswith("entmax")
]
#: Zeros are right if the exact result has a root as near as this, in neighbours.
NEAR = 4
CHUNK = 4096


def prepared(name: str, dtype: str, length: int, direction: Direction) -> Searched:
    """Build a search on rows of one length."""
    selection = Selection(implementations=(name,), hosts=(), dtypes=(dtype,), directions=(direction,))
    case = replace(overflow.cases(selection, KNOWN)[0], input=Logits(shape=(1, length), dim=1))
    searched = Preparer()(case)
    assert isinstance(searched, Searched)
    return searched


def rows(pattern: Pattern, numbers: Tensor) -> Tensor:
    """Return one row a number."""
    return torch.where(torch.isfinite(pattern.unit), pattern.unit * numbers[:, None], pattern.unit)


def fails(searched: Searched, pattern: Pattern) -> Tensor:
    """Return whether each number of the dtype fails, 0 first and then from epsilon on, judged without the search."""
    dtype, grid = searched.function.dtype, Grid(searched.function.dtype)
    numbers = torch.arange(grid.index(pattern.limit(grid.largest)) + 1, dtype=torch.int16).view(dtype).double()
    results = torch.cat([searched.function(some) for some in torch.split(rows(pattern, numbers), CHUNK)])
    bad = ~torch.isfinite(results).all(1)
    if searched.sums is not Sums.ANYTHING and not searched.function.backward:
        off = results.double().sum(1) - 1
        bad |= (off if searched.sums is Sums.AT_MOST_ONE else off.abs()) > tolerance(dtype, results.shape[1])
    zero = (results == 0).all(1)
    if bool(zero.any()):
        bad |= zero & ~exact_zeros(searched, pattern, numbers)
    bad[1 : grid.index(grid.smallest_scanned)] = False
    return bad


def exact_zeros(searched: Searched, pattern: Pattern, numbers: Tensor) -> Tensor:
    """Return where float64 has zeros too, or changes its sign nearby; at 0 zeros are right."""
    inputs = rows(pattern, numbers).to(searched.function.dtype).double()
    exact = torch.cat([searched.witness(some) for some in torch.split(inputs, CHUNK)])
    index = torch.arange(len(exact))
    before, after = exact[(index - NEAR).clamp(min=0)], exact[(index + NEAR).clamp(max=len(exact) - 1)]
    low, high = torch.minimum(torch.minimum(before, exact), after), torch.maximum(torch.maximum(before, exact), after)
    return (exact == 0).all(1) | ((low <= 0) & (high >= 0)).all(1) | (numbers == 0)


@pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.BACKWARD], ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("dtype", "length"), [("float16", 2), ("bfloat16", 2), ("float16", 17)])
def test_no_number_nearer_to_zero_fails(name: str, direction: Direction, dtype: str, length: int) -> None:
    """Of all numbers from epsilon on the frontier is the first that fails: NaN, inf, sums, zeros and gradients of 0."""
    searched = prepared(name, dtype, length, direction)
    found = {frontier.pattern: frontier for frontier in find_frontiers(searched)}
    grid = Grid(searched.function.dtype)
    for pattern in searched.patterns:
        if not pattern.grows:
            continue
        bad = fails(searched, pattern).nonzero().flatten().tolist()
        expected = pattern.sign * grid.value(bad[0]) if bad else None
        assert found[pattern.name].threshold == expected, pattern.name


@pytest.mark.parametrize(
    ("name", "dtype", "length", "pattern", "threshold"),
    [
        ("softmax", "float16", 197, "Gaussian", 23.609375),
        ("softmax/log_n", "float16", 197, "Gaussian", 4.46484375),
        ("hard_softmax/as_written", "bfloat16", 2, "Gaussian", 428.0),
        ("hard_softmax/as_written", "bfloat16", 197, "all negative", -124.5),
        ("hard_softmax/as_written", "float16", 2, "all negative", -1365.0),
        ("softsign", "bfloat16", 2, "all equal", 172.0),
        ("softsign", "float16", 2, "attention", 1281.0),
    ],
)
def test_gradients_that_vanish_and_come_back(
    name: str, dtype: str, length: int, pattern: str, threshold: float
) -> None:
    """They are 0 at single numbers long before they are 0 for good."""
    found = {each.pattern: each for each in find_frontiers(prepared(name, dtype, length, Direction.BACKWARD))}
    assert (found[pattern].threshold, found[pattern].failure) == (threshold, "no gradient")


@pytest.mark.parametrize(("name", "dtype"), [("felu", "bfloat16"), ("hard_sigmoid", "bfloat16")])
def test_a_root_of_the_derivative_is_no_vanished_gradient(name: str, dtype: str) -> None:
    """FeLU's derivative is 0 near -0.879, hard sigmoid's from 3 on."""
    found = {each.pattern: each for each in find_frontiers(prepared(name, dtype, 2, Direction.BACKWARD))}
    threshold = found["all negative"].threshold
    assert threshold is None or threshold < -90
