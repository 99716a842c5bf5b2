"""Second derivatives, forward mode and torch.func, by the kernels' derivatives and by those in Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from torch.autograd import forward_ad, functional
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vmap

from attn_impls.kernels import operators
from attn_impls.normalizers import HardSoftmax

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

#: What PyTorch's own transforms warn of when they are first used.
pytestmark = pytest.mark.filterwarnings("ignore:.*jit:FutureWarning", "ignore:.*jit:DeprecationWarning")

INFINITY = float("inf")
LAYOUTS = pytest.mark.parametrize(
    ("shape", "dim"), [((3, 5, 2), 1), ((2, 2, 4), 1), ((4, 2), -1), ((2, 37), 1), ((5,), 0), ((), 0)]
)
RULES = pytest.mark.parametrize("name", ["hard_softmax", "softmax"])


def both(name: str, dim: int) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """Give the fused function and the slow one."""
    fused = getattr(operators, name)
    slow = HardSoftmax(dim) if name == "hard_softmax" else torch.nn.Softmax(dim)
    return lambda x: fused(x, dim), slow


def logits(*shape: int, seed: int = 0) -> Tensor:
    """Draw logits away from the seam at 0, where a difference is no check of a derivative."""
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.where(drawn.abs() < 1e-3, 0.1, drawn)


@RULES
@LAYOUTS
def test_second_derivatives(name: str, shape: tuple[int, ...], dim: int) -> None:
    """They are what differences of the first say, for the logits and for the incoming gradient."""
    fused, _ = both(name, dim)
    assert torch.autograd.gradgradcheck(fused, logits(*shape).requires_grad_())


@RULES
def test_third_derivatives(name: str) -> None:
    """What is differentiated twice can be differentiated once more."""
    fused, slow = both(name, 0)

    def third(function: Callable[[Tensor], Tensor]) -> Tensor:
        x = logits(4).requires_grad_()
        (first,) = torch.autograd.grad(function(x)[0], x, create_graph=True)
        (second,) = torch.autograd.grad(first.square().sum(), x, create_graph=True)
        return torch.autograd.grad(second.square().sum(), x)[0]

    torch.testing.assert_close(third(fused), third(slow))


@pytest.mark.parametrize("count", [2, 3])
def test_second_derivative_at_the_seam(count: int) -> None:
    """At x = 0 it is that of 1 / (1 - x), E'' = 2, as in the slow form."""
    zeros = torch.zeros(count, dtype=torch.float64)
    found = functional.hessian(lambda x: operators.hard_softmax(x, 0)[0], zeros)  # type: ignore[no-untyped-call]
    # w = E / S, E = E' = 1, E'' = 2, S = n: w_11 = (E'' - 2 E' E' / S) / S - E (E'' - 2 E' E' / S) / S^2 and so on.
    n = count
    own = (2 - 2 / n) * (1 - 1 / n) / n
    other = -(2 - 2 / n) / n**2
    assert found[0, 0].item() == pytest.approx(own)
    assert found[1, 1].item() == pytest.approx(other)
    assert found[0, 1].item() == pytest.approx((2 / n - 1) / n**2)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("ends", [[1, 1, 1], [-1, -1, -1], [1, -1, 1], [0, -1, 0], [1, 1], [-1, -1], [1, -1], [0, -1]])
def test_second_derivatives_are_finite_at_the_ends_of_the_dtype(dtype: torch.dtype, ends: list[int]) -> None:
    """No finite logits give one that is not, and the gradient on the way is the one without a graph."""
    x = torch.tensor([end * torch.finfo(dtype).max for end in ends], dtype=dtype, requires_grad=True)
    towards = torch.linspace(-1, 1, len(ends)).to(dtype)
    (first,) = torch.autograd.grad(operators.hard_softmax(x, 0), x, towards, create_graph=True)
    (without,) = torch.autograd.grad(operators.hard_softmax(x, 0), x, towards)
    (second,) = torch.autograd.grad(first, x, towards)
    torch.testing.assert_close(first, without)
    assert bool(second.isfinite().all())


def test_a_masked_logit_takes_no_part_in_second_derivatives() -> None:
    """Those of the others are as without it, and its own are 0."""

    def second(values: list[float]) -> Tensor:
        x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
        (first,) = torch.autograd.grad(operators.hard_softmax(x, 0)[0], x, create_graph=True)
        return torch.autograd.grad(first[1], x)[0]

    masked = second([0.5, -0.5, 1.5, -INFINITY])
    torch.testing.assert_close(masked[:3], second([0.5, -0.5, 1.5]))
    assert masked[3].item() == 0


@RULES
@LAYOUTS
def test_torch_func(name: str, shape: tuple[int, ...], dim: int) -> None:
    """grad, jvp, jacrev, jacfwd, hessian and grad under vmap give what they give for the slow form."""
    fused, slow = both(name, dim)
    x, v = logits(*shape), logits(*shape, seed=1)
    several = torch.stack([x, v, x + v])

    def results(function: Callable[[Tensor], Tensor]) -> list[Tensor]:
        def weighted(at: Tensor) -> Tensor:
            return (function(at) * v).sum()

        return [
            grad(weighted)(x),
            *jvp(function, (x,), (v,)),
            jacrev(function)(x),
            jacfwd(function)(x),
            hessian(function)(x),
            vmap(grad(weighted))(several),
            grad(lambda all_of_them: vmap(weighted)(all_of_them).square().sum())(several),
        ]

    for found, expected in zip(results(fused), results(slow), strict=True):
        torch.testing.assert_close(found, expected)


@RULES
@LAYOUTS
def test_vmap(name: str, shape: tuple[int, ...], dim: int) -> None:
    """The operator is applied to the batch as a whole, wherever that is, and autograd goes through it."""
    fused, _ = both(name, dim)
    batch = torch.stack([logits(*shape, seed=seed) for seed in range(3)])
    expected = torch.stack([fused(each) for each in batch])
    for at in range(batch.dim()):
        found = vmap(fused, in_dims=at, out_dims=at)(batch.movedim(0, at))
        torch.testing.assert_close(found.movedim(at, 0), expected, rtol=1e-15, atol=1e-15)
    leaf = batch.clone().requires_grad_()
    (found,) = torch.autograd.grad(vmap(fused)(leaf)[0].flatten()[0], leaf)
    torch.testing.assert_close(found[0], grad(lambda x: fused(x).flatten()[0])(batch[0]))
    assert found[1:].abs().max().item() == 0


def test_vmap_of_a_dimension_that_is_not_there() -> None:
    """The batch is no dimension of the logits."""
    with pytest.raises(IndexError, match="out of range"):
        vmap(lambda x: operators.hard_softmax(x, -3))(torch.zeros(2, 3, 4))


@RULES
@LAYOUTS
def test_batched_gradients(name: str, shape: tuple[int, ...], dim: int) -> None:
    """Several gradients at once go through the derivatives, as in a vectorised Jacobian."""
    fused, slow = both(name, dim)
    x = logits(*shape)
    found = functional.jacobian(fused, x, vectorize=True)  # type: ignore[no-untyped-call]
    torch.testing.assert_close(found, functional.jacobian(slow, x))  # type: ignore[no-untyped-call]


@RULES
@LAYOUTS
def test_forward_mode(name: str, shape: tuple[int, ...], dim: int) -> None:
    """A dual number gives the slow form's tangent."""
    fused, slow = both(name, dim)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(logits(*shape), logits(*shape, seed=1))  # type: ignore[no-untyped-call]
        found, expected = (
            forward_ad.unpack_dual(function(dual)).tangent  # type: ignore[no-untyped-call]
            for function in (fused, slow)
        )
        assert found is not None
        torch.testing.assert_close(found, expected)


@RULES
def test_transforms_inside_a_compiled_graph(name: str) -> None:
    """torch.compile(fullgraph=True) takes a function that itself differentiates or batches."""
    fused, slow = both(name, 0)
    x = logits(3, 4)

    def inside(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        return vmap(grad(lambda each: function(each)[0].sin()))

    compiled = torch.compile(inside(fused), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), inside(slow)(x))


def test_derivatives_in_python() -> None:
    """All of this holds without the kernels: the rest of this file, run where there is no compiler."""
    program = """
import sys, pytest
from attn_impls.kernels import operators
operators._implementations["cpu"] = operators.PLAIN
# pytest would rewrite the assertions of our packages, which are imported already; there is nothing in it for us.
quiet = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
sys.exit(pytest.main([sys.argv[1], "-q", *quiet, "-p", "no:cacheprovider", "-k", "not compiled and not in_python"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, __file__],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
