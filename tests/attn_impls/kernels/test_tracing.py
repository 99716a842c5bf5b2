"""The operators under PyTorch's own checks, its compiler and its exporter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from attn_impls.kernels import operators
from attn_impls.kernels.modules import FusedHardSoftmax

if TYPE_CHECKING:
    from pathlib import Path

#: What PyTorch's own tools warn of while they look at an operator: their dependencies' future, and gradients they read.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:The .grad attribute of a Tensor:UserWarning"
)


def logits(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)


@pytest.mark.parametrize("name", ["hard_softmax", "softmax"])
@pytest.mark.parametrize(("shape", "dim"), [((3, 4, 5), 1), ((3, 2, 4), 1), ((2, 7), -1), ((), 0)])
def test_operators_pass_pytorchs_checks(name: str, shape: tuple[int, ...], dim: int) -> None:
    """Schema, shapes, derivative and tracing with symbolic sizes are in order, for contiguous logits and others."""
    operators.implementation()
    operator = getattr(operators.OPERATORS, name).default
    torch.library.opcheck(operator, (logits(*shape).requires_grad_(), dim))
    torch.library.opcheck(operator, (logits(*shape, dtype=torch.bfloat16), dim))
    if len(shape) > 1:
        torch.library.opcheck(operator, (logits(*shape).transpose(0, -1).requires_grad_(), dim))


def test_operators_behind_the_derivatives_pass_pytorchs_checks() -> None:
    """So are those that only derivatives call."""
    operators.implementation()
    x, dim = logits(3, 4, 5), 1
    torch.library.opcheck(operators.OPERATORS.hard_softmax_backward.default, (x, x, dim))
    torch.library.opcheck(operators.OPERATORS.softmax_backward.default, (x, operators.softmax(x, dim), dim))


def test_compiled_in_one_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch.compile(fullgraph=True) takes the module, and its values and gradients are the same."""
    # PyTorch keeps what it compiled, and does not see when an operator gets another derivative.
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    module = FusedHardSoftmax(1)
    compiled = torch.compile(lambda x: (module(2 * x) + 1).sin(), fullgraph=True)
    x = logits(3, 4, 5).requires_grad_()
    expected = (module(2 * x) + 1).sin()
    found = compiled(x)
    torch.testing.assert_close(found, expected)
    weight = logits(3, 4, 5)
    torch.testing.assert_close(torch.autograd.grad(found, x, weight)[0], torch.autograd.grad(expected, x, weight)[0])


def test_exported() -> None:
    """torch.export keeps the operator as one node."""
    program = torch.export.export(FusedHardSoftmax(1), (logits(3, 4),))
    called = [str(node.target) for node in program.graph.nodes if node.op == "call_function"]
    assert called == [f"{operators.NAMESPACE}.hard_softmax.default"]


def test_shapes_without_values() -> None:
    """On the meta device there are shapes and dtypes, and nothing is computed."""
    found = operators.hard_softmax(torch.empty(3, 4, 5, device="meta", dtype=torch.bfloat16), 1)
    assert found.shape == (3, 4, 5)
    assert found.dtype is torch.bfloat16
    assert found.device.type == "meta"
