"""Sparsemax and alpha-entmax against the package of their authors, and what happens without it."""

from __future__ import annotations

import copy
import sys

import entmax
import pytest
import torch
from torch.autograd import grad

from attn_impls.normalizers import make_normalizer
from attn_impls.sparse_normalizers import Entmax, Entmax15, Sparsemax

TOLERANCE = 1e-10
INFINITY = float("inf")


def logits(seed: int, spread: float, *shape: int) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True) * spread


def assert_equal(ours: torch.Tensor, theirs: torch.Tensor, x: torch.Tensor) -> None:
    """Compare values and, for one random cotangent, gradients."""
    cotangent = torch.randn_like(ours)
    assert float((ours - theirs).detach().abs().max()) <= TOLERANCE
    (gradient,) = grad(ours, x, cotangent)
    (expected,) = grad(theirs, x, cotangent)
    assert float((gradient - expected).abs().max()) <= TOLERANCE


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -2, -3])
@pytest.mark.parametrize("spread", [0.01, 1.0, 10.0, 1000.0])
def test_sparsemax_equals_theirs(dim: int, spread: float) -> None:
    """Our sparsemax gives their values and gradients along any dimension, with large supports and small ones."""
    x = logits(0, spread, 5, 7, 6)
    assert_equal(Sparsemax(dim)(x), entmax.sparsemax(x, dim=dim), x)


def test_sparsemax_equals_theirs_on_ties() -> None:
    """Equal logits, and logits exactly at the threshold, get their values and gradients too."""
    rows = [[1.0, 0.0, 0.0], [1.0, 1.0, 0.5], [0.5, 0.5, 0.0], [2.0, 2.0, 2.0], [0.0, -1.0, -1.0]]
    x = torch.tensor(rows, dtype=torch.float64, requires_grad=True)
    assert_equal(Sparsemax(1)(x), entmax.sparsemax(x, dim=1), x)


@pytest.mark.parametrize("dim", [0, 1, -1, -2])
def test_entmax15_equals_theirs(dim: int) -> None:
    """1.5-entmax is theirs by another name."""
    x = logits(1, 2.0, 5, 7, 6)
    assert_equal(Entmax15(dim)(x), entmax.entmax15(x, dim=dim), x)


@pytest.mark.parametrize("alpha", [1.1, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("dim", [0, -1])
def test_entmax_equals_theirs(alpha: float, dim: int) -> None:
    """alpha-entmax is theirs, with the alpha that was asked for."""
    x = logits(2, 2.0, 5, 7)
    assert_equal(Entmax(dim, alpha=alpha)(x), entmax.entmax_bisect(x, alpha=alpha, dim=dim), x)


def test_entmax_of_1_5_is_entmax15() -> None:
    """Bisection and sorting find the same weights."""
    x = logits(3, 2.0, 5, 7)
    assert_equal(Entmax(1)(x), Entmax15(1)(x), x)


def test_entmax_of_2_is_sparsemax() -> None:
    """Bisection with alpha 2 finds the weights of our sparsemax."""
    x = logits(4, 2.0, 5, 7)
    assert_equal(Entmax(1, alpha=2)(x), Sparsemax(1)(x), x)


@pytest.mark.parametrize("name", ["sparsemax", "entmax15", "entmax"])
def test_a_masked_logit_spoils_no_gradient(name: str) -> None:
    """A logit of -inf gets neither weight nor gradient, and the others what they would get without it."""
    values = [0.5, -INFINITY, 0.25]
    x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    without = torch.tensor([0.5, 0.25], dtype=torch.float64, requires_grad=True)
    module = make_normalizer(name, 0)
    weights, expected = module(x), module(without)
    weights[0].backward()
    expected[0].backward()
    assert x.grad is not None
    assert without.grad is not None
    assert weights.tolist() == pytest.approx([expected[0].item(), 0, expected[1].item()], abs=1e-14)
    assert x.grad.tolist() == pytest.approx([without.grad[0].item(), 0, without.grad[1].item()], abs=1e-14)


@pytest.mark.parametrize("name", ["sparsemax", "entmax15", "entmax"])
def test_sparse(name: str) -> None:
    """A logit that is far enough below the greatest has a weight of exactly 0."""
    assert make_normalizer(name, 0)(torch.tensor([0.0, 1.0, 8.0])).tolist() == [0, 0, 1]


@pytest.mark.parametrize("name", ["sparsemax", "entmax15", "entmax"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_sixteen_bits_are_only_rounded(name: str, dtype: torch.dtype) -> None:
    """Weights of 16-bit logits are those of the same logits in float64, rounded once: sums are taken in float32."""
    torch.manual_seed(0)
    x = torch.randn(20, 30, dtype=dtype)
    module = make_normalizer(name, 1)
    error = (module(x).double() - module(x.double())).abs().max()
    assert float(error) <= torch.finfo(dtype).eps / 2


@pytest.mark.parametrize("alpha", [1.0, 0.5, -1.0, float("nan")])
def test_alpha_out_of_range(alpha: float) -> None:
    """An alpha for which the formula does not hold is refused."""
    with pytest.raises(ValueError, match=rf"^alpha must be above 1, not {alpha}; alpha = 1 is softmax$"):
        Entmax(0, alpha=alpha)


def test_shows_its_alpha() -> None:
    """A printed network tells which entmax it has."""
    assert repr(Entmax(1, alpha=1.25)) == "Entmax(dim=1, alpha=1.25)"


def test_can_be_copied() -> None:
    """A network with entmax can be copied, as for averaging its weights."""
    x = torch.tensor([0.5, 0.25])
    assert copy.deepcopy(Entmax15(0))(x).tolist() == Entmax15(0)(x).tolist()


@pytest.mark.parametrize("name", ["entmax15", "entmax"])
def test_without_the_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where entmax is not installed, building one says how to get it."""
    monkeypatch.setitem(sys.modules, "entmax", None)
    with pytest.raises(ModuleNotFoundError, match=r"install it with: pip install attnbench\[entmax\]$"):
        make_normalizer(name, 1)


def test_sparsemax_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sparsemax is ours and needs no package."""
    monkeypatch.setitem(sys.modules, "entmax", None)
    assert make_normalizer("sparsemax", 0)(torch.tensor([1.0, 0.5, -1.0])).tolist() == [0.75, 0.25, 0]
