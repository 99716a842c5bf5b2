from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from bench.numerics.function import Function
from bench.precision import convolutions, full_float32, precision, products

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor


class Seen(torch.autograd.Function):
    """Notes how float32 is computed, forward and backward."""

    by: list[tuple[str, str]]

    @staticmethod
    def forward(_ctx: object, x: Tensor) -> Tensor:
        Seen.by.append(said())
        return x.clone()

    @staticmethod
    def backward(_ctx: object, grad: Tensor) -> Tensor:
        Seen.by.append(said())
        return grad


class Attention(torch.nn.Module):
    """Maps [N, C] to the same shape."""

    def forward(self, x: Tensor) -> Tensor:
        seen: Tensor = Seen.apply(x)
        return seen


@pytest.fixture(autouse=True)
def _settings_come_back() -> Iterator[None]:
    """Leave PyTorch's defaults behind."""
    yield
    convolutions().fp32_precision = "tf32"
    torch.set_float32_matmul_precision("highest")


def said() -> tuple[str, str]:
    """Return how convolutions and products are computed."""
    return precision(convolutions()), precision(products())


def test_pytorch_s_default_is_tf32_for_convolutions_alone() -> None:
    """Nobody asked for it, and it is not what float32 promises: it has to be known."""
    assert said() == ("tf32", "ieee")


def test_what_the_user_sets_is_what_is_said() -> None:
    """By the newer switches and by the older."""
    convolutions().fp32_precision = "ieee"
    torch.set_float32_matmul_precision("high")
    assert said() == ("ieee", "tf32")


@pytest.mark.parametrize("setting", ["highest", "high"])
def test_full_float32_is_lent(setting: str) -> None:
    """Inside, everything is in full, whichever switch was set before; after it all is as before."""
    torch.set_float32_matmul_precision(setting)
    before = said()
    with full_float32():
        assert said() == ("ieee", "ieee")
    assert said() == before
    assert torch.get_float32_matmul_precision() == setting
    assert torch.backends.cuda.matmul.allow_tf32 is (setting == "high")


def test_settings_come_back_after_a_failure() -> None:
    """A function that raises leaves no other precision to the cases that are timed after it."""
    with pytest.raises(ZeroDivisionError), full_float32():
        _ = 1 // 0
    assert said() == ("tf32", "ieee")


@pytest.mark.parametrize("rows", [True, False])
def test_numbers_are_judged_in_full_float32(*, rows: bool) -> None:
    """Accuracy and overflow compute no convolution in TF32, forward or backward; times are taken as PyTorch is set."""
    Seen.by = []
    function = Function(module=Attention(), dtype=torch.float32, device="cpu", backward=True, rows=rows)
    function(torch.ones(1, 3, dtype=torch.float64))
    assert Seen.by == [("ieee", "ieee")] * 2
    assert said() == ("tf32", "ieee")
