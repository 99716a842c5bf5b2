"""The parts of which a network's operations consist."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.complexity.plain_code import plain_code
from bench.complexity.shares import FLOPS_OF_MAC, Shares, SharesMode
from bench.complexity.torch_counter import TorchCounter


class Everything(nn.Module):
    """A convolution, norms, two linear layers, a product of activations and softmax, on [1, 2, 4, 4]."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.batch_norm = nn.Conv2d(2, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.with_bias, self.without = nn.Linear(8, 8), nn.Linear(8, 8, bias=False)
        self.norm = nn.LayerNorm(8)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.norm(self.batch_norm(self.convolution(x)).flatten(2).transpose(1, 2))
        queries, keys = self.with_bias(tokens), self.without(tokens)
        mixed: Tensor = torch.softmax(queries @ keys.transpose(1, 2), dim=-1) @ keys
        return mixed


def counted(module: nn.Module, *inputs: Tensor) -> Shares:
    mode = SharesMode(module)
    with torch.no_grad(), plain_code(), mode:
        module(*inputs)
    found: Shares = mode.shares()
    return found


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_every_part_is_counted_alone(device: str) -> None:
    """By its closed form, on the CPU as on the meta device."""
    assert counted(Everything().eval().to(device), torch.zeros(1, 2, 4, 4, device=device)) == Shares(
        convolution=16 * 8 * 2 * 9,
        linear=2 * 16 * 8 * 8,
        matmul=2 * 16 * 16 * 8,
        constant=0,
        softmax_elements=16 * 16,
        layer_norm_elements=16 * 8,
        batch_norm_elements=16 * 8,
    )


def test_products_and_convolutions_are_those_of_torchs_counter() -> None:
    """Its FlopCounterMode counts each multiply-accumulate as two operations."""
    module, x = Everything().eval(), torch.zeros(1, 2, 4, 4)
    shares = counted(module, x)
    macs = shares.convolution + shares.linear + shares.matmul
    assert FLOPS_OF_MAC * macs == TorchCounter().count(module, (x,)).total


def test_torchs_attention_is_a_product_of_activations() -> None:
    """Its projections are slices of one parameter, and its kernel in evaluation would hide them from counters."""
    module = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    tokens = torch.zeros(1, 16, 8)
    shares = counted(module, tokens, tokens, tokens)
    assert (shares.linear, shares.matmul) == (4 * 16 * 8 * 8, 2 * 16 * 16 * 8)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_fused_attention_is_counted(device: str) -> None:
    """One operator with two products and softmax; where there is no fused kernel, three operators."""

    class Fused(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return functional.scaled_dot_product_attention(x, x, x)

    shares = counted(Fused(), torch.zeros(1, 2, 16, 8, device=device))
    assert (shares.matmul, shares.softmax_elements) == (2 * 2 * 16 * 16 * 8, 2 * 16 * 16)


def test_products_of_parameters_alone_are_told_apart() -> None:
    """A table of positions goes through a linear layer: so many multiply-accumulates are the same for every image."""

    class Biased(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("table", torch.zeros(5, 3))
            self.positions, self.layer = nn.Linear(3, 8), nn.Linear(8, 8)

        def forward(self, x: Tensor) -> Tensor:
            biased: Tensor = self.layer(x) + functional.relu(self.positions(self.table)).mean(0)
            return biased

    shares = counted(Biased(), torch.zeros(1, 16, 8))
    assert (shares.linear, shares.constant) == (16 * 8 * 8 + 5 * 3 * 8, 5 * 3 * 8)


def test_norms_are_fvcores_share() -> None:
    """By fvcore, 5 operations an element of a layer norm and 2 of a batch norm: what the rule of papers adds."""
    from bench.complexity.fvcore_counter import FvcoreCounter

    module, x = Everything().eval(), torch.zeros(1, 2, 4, 4)
    by_operator = {each.operator: each.count for each in FvcoreCounter().count(module, (x,)).by_operator}
    shares = counted(module, x)
    assert by_operator["layer_norm"] == 5 * shares.layer_norm_elements
    assert by_operator["batch_norm"] == 2 * shares.batch_norm_elements
