"""What a module keeps for the backward pass by other means than the graph counts as saved. Figures are by hand.

A map is 4 x 64 x 8 x 8 elements of float32: 65,536 bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from bench.memory.measure import measure_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Memory

MAP_BYTES = 65_536


def measured(module: nn.Module) -> Memory:
    """Measure a training step of a module on a map."""
    x = torch.ones(4, 64, 8, 8, requires_grad=True)

    def forward() -> Tensor:
        result: Tensor = module(x)
        return result

    return measure_memory(lambda: torch.autograd.grad(forward().sum(), x), device="cpu", forward=forward)


class Function(nn.Module):
    """A function in a module's clothes."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return self.function(x)


class InAttribute(torch.autograd.Function):
    """Keeps a copy of its gate as an attribute of ctx."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Return the gated map."""
        gate = torch.sigmoid(x)
        ctx.kept = gate.clone()
        return x * gate

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Tensor:
        """Return a gradient."""
        kept: Tensor = ctx.kept
        return upstream[0] * kept


class Saved(torch.autograd.Function):
    """Saves a copy of its gate as torch wants it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Return the gated map."""
        gate = torch.sigmoid(x)
        ctx.save_for_backward(gate.clone())
        return x * gate

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Tensor:
        """Return a gradient."""
        kept: Tensor = ctx.saved_tensors[0]
        return upstream[0] * kept


class Remembering(nn.Module):
    """Keeps its last gate for whoever wants to see it, as it is or as a copy."""

    def __init__(self, *, copy: bool) -> None:
        super().__init__()
        self.copy = copy
        self.last: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map."""
        gate = torch.sigmoid(x)
        self.last = gate.detach().clone() if self.copy else gate.detach()
        return x * gate


class FirstCall(nn.Module):
    """Makes a map when it is called for the first time, and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.grid: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return the map less what was kept."""
        if self.grid is None:
            self.grid = torch.full_like(x.detach(), 2)
        return x - self.grid


def checkpointed(x: Tensor) -> Tensor:
    """Compute two activations again in the backward pass, from a map that an operator has made."""
    recomputed: Tensor = checkpoint(lambda h: h.sin().exp(), x * 1.5, use_reentrant=False)
    return x + recomputed


@pytest.mark.parametrize("function", [InAttribute, Saved], ids=["attribute", "saved"])
def test_an_attribute_of_ctx_counts_as_what_is_saved(function: Any) -> None:
    """Both hold one map from the forward to the backward pass."""
    assert measured(Function(function.apply)).saved_bytes == MAP_BYTES


def test_a_checkpoint_holds_its_input() -> None:
    """One map, in a closure; the two that it computes again are not held."""
    assert measured(Function(checkpointed)).saved_bytes == MAP_BYTES


def test_without_a_checkpoint_each_activation_is_saved() -> None:
    """The same in plain: the sine saves its input, the exponential its result."""
    assert measured(Function(lambda x: x + (x * 1.5).sin().exp())).saved_bytes == 2 * MAP_BYTES


@pytest.mark.parametrize(("copy", "maps"), [(False, 1), (True, 2)])
def test_an_attribute_of_the_module_counts_once(copy: bool, maps: int) -> None:  # noqa: FBT001 - pytest passes it by name
    """The gate is saved for the product, and keeping it costs nothing more; a copy of it does."""
    assert measured(Remembering(copy=copy)).saved_bytes == maps * MAP_BYTES


def test_the_result_is_not_kept() -> None:
    """It is the caller's, though no graph has saved it."""
    assert measured(Function(lambda x: x * 2)).saved_bytes == 0


def test_what_the_first_call_makes_rests_in_memory() -> None:
    """Of the second call only the difference and its sum are alive, and the gradient in their place."""
    found = measured(FirstCall())
    assert found.saved_bytes == 0
    assert found.peak_live_bytes == MAP_BYTES + 4
