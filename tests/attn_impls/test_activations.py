"""PLU and FeLU: their definitions, their slopes, their seams."""

from __future__ import annotations

import math

import pytest
import torch

from attn_impls.activations import PLU, FeLU


@pytest.mark.parametrize(
    ("a", "x", "expected"),
    [
        (1.0, 2.0, 2.0),
        (1.0, 0.0, 0.0),
        (1.0, -1.0, -0.5),
        (1.0, -3.0, -0.75),
        (0.5, 2.0, 2.0),
        (0.5, -1.0, -0.25),
        (0.5, -3.0, -0.375),
    ],
)
def test_value(a: float, x: float, expected: float) -> None:
    """PLU(x) is x above 0 and a x / (1 - x) below."""
    assert float(PLU(a)(torch.tensor(x, dtype=torch.float64))) == expected


@pytest.mark.parametrize(
    ("a", "x", "expected"),
    [
        # 1, not the 1/a that the paper's eq. 4 prints.
        (0.5, 2.0, 1.0),
        # a / (1 + |x|)^2.
        (0.5, -1.0, 0.125),
        (1.0, -1.0, 0.25),
        # With a = 1 both pieces have the slope 1 where they meet.
        (1.0, 0.0, 1.0),
    ],
)
def test_slope(a: float, x: float, expected: float) -> None:
    """PLU's slope is 1 above 0, whatever a is, and a / (1 + |x|) squared below."""
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    PLU(a)(leaf).backward()
    assert leaf.grad is not None
    assert float(leaf.grad) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("a", [0.0, -0.5, 1.5, math.inf, math.nan])
def test_parameter_out_of_range(a: float) -> None:
    """An a for which PLU is not max(x, ...) of its definition is refused."""
    with pytest.raises(ValueError, match=rf"^a must be in \(0, 1\], not {a}$"):
        PLU(a)


def test_shows_its_parameter() -> None:
    """A printed network tells which PLU it has."""
    assert repr(PLU(0.25)) == "PLU(a=0.25)"


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (2.0, 2.0),
        (0.0, 0.0),
        # (1/2 - 1) / (1 + 2).
        (-math.log(2), -1 / 6),
        # (1/3 - 1) / (1 + 3).
        (-math.log(3), -1 / 6),
        (-math.inf, 0.0),
        (math.inf, math.inf),
    ],
)
def test_felu_value(x: float, expected: float) -> None:
    """FeLU(x) is x above 0 and (e^x - 1) / (1 + e^-x) below, which is the same at -ln 2 and -ln 3."""
    assert float(FeLU()(torch.tensor(x, dtype=torch.float64))) == pytest.approx(expected, rel=1e-14)


def test_felu_minimum() -> None:
    """FeLU falls to -(3 - 2 sqrt 2) at ln(sqrt 2 - 1), where its slope is 0, and no lower."""
    x = torch.tensor(math.log(math.sqrt(2) - 1), dtype=torch.float64, requires_grad=True)
    lowest = FeLU()(x)
    lowest.backward()
    assert lowest.item() == pytest.approx(-(3 - 2 * math.sqrt(2)), rel=1e-15)
    assert x.grad is not None
    assert float(x.grad) == pytest.approx(0, abs=1e-15)
    assert bool((FeLU()(torch.linspace(-20, 20, 4001, dtype=torch.float64)) >= lowest.item()).all())


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (1e-9, 1.0),
        # From below, and at 0 itself, which the paper leaves out.
        (0.0, 0.5),
        (-1e-9, 0.5),
        # e^x (e^2x + 2 e^x - 1) / (1 + e^x)^2 with e^x = 1/2.
        (-math.log(2), 1 / 18),
    ],
)
def test_felu_slope(x: float, expected: float) -> None:
    """FeLU's slope jumps from 1/2 to 1 at 0."""
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    FeLU()(leaf).backward()
    assert leaf.grad is not None
    assert float(leaf.grad) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_felu_has_a_gradient_everywhere(dtype: torch.dtype) -> None:
    """However large an input is, its gradient is 1 above 0 and 0 far below, never NaN."""
    largest = torch.finfo(dtype).max
    x = torch.tensor([largest, 800, 90, 12, -12000, -largest, math.inf, -math.inf], dtype=dtype, requires_grad=True)
    FeLU()(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1, 1, 1, 1, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("function", "dtype", "x"),
    [
        # The largest magnitudes of which the slope of PLU, 1 / (1 - x)^2, and FeLU's value, -e^x, are above half of the
        # dtype's smallest number.
        (PLU(), torch.float16, -5788),
        (PLU(), torch.bfloat16, -1.46e20),
        (PLU(), torch.float32, -3.77e22),
        (PLU(), torch.float64, -6.36e161),
        (FeLU(), torch.float16, -17.328125),
        (FeLU(), torch.bfloat16, -92.5),
        (FeLU(), torch.float32, -103.972),
        (FeLU(), torch.float64, -745.133),
    ],
)
def test_a_slope_vanishes_only_where_no_number_is_left_for_it(
    function: torch.nn.Module, dtype: torch.dtype, x: float
) -> None:
    """Neither cancellation nor an intermediate result takes it away before."""
    leaf = torch.tensor([x, x * 1.01], dtype=dtype, requires_grad=True)
    function(leaf).sum().backward()
    assert leaf.grad is not None
    assert float(leaf.grad[0]) != 0
    assert float(leaf.grad[1]) == 0


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:FutureWarning")
@pytest.mark.parametrize("function", [PLU(0.5), FeLU()])
def test_derivatives_of_all_kinds(function: torch.nn.Module) -> None:
    """First and second, reverse and forward, one by one under vmap."""
    x = torch.linspace(-3, 3, 12, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(function, (x,), check_forward_ad=True)
    assert torch.autograd.gradgradcheck(function, (x,))
    each = torch.func.vmap(torch.func.grad(function))(x.detach())
    assert torch.equal(each, torch.autograd.grad(function(x).sum(), x)[0])


def test_plu_is_the_same_without_a_graph() -> None:
    """The form that has its slope in one piece has the value of the other, to the last bit."""
    x = torch.randn(1000, generator=torch.Generator().manual_seed(0)) * 100
    with torch.no_grad():
        without = PLU(0.3)(x)
    assert torch.equal(PLU(0.3)(x), without)
