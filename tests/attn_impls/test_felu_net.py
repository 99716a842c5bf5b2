"""FeLU's small network: an activation of one's choice inside its channel attention."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from attn_impls import Family
from attn_impls.backbones.felu_net import ChannelAttention, FeLUNet

from .hosts import REGISTRY

HOST = REGISTRY.hosts["felu_net"]
ACTIVATIONS = [name for name, spec in REGISTRY.specs.items() if spec.family is Family.ACTIVATION]


def build(name: str | None) -> FeLUNet:
    network = HOST.build(None if name is None else REGISTRY.find(name))
    assert isinstance(network, FeLUNet)
    return network


def test_plain_network_has_relu() -> None:
    """The activation of the plain network's attention is the ReLU; it has no other."""
    network = build(None)
    assert sum(isinstance(module, nn.ReLU) for module in network.modules()) == 1
    assert isinstance(network.attention.activation, nn.ReLU)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_trains_with_every_activation(name: str) -> None:
    """On two 28 x 28 digits the network gives ten logits each, and every parameter a finite gradient."""
    torch.manual_seed(0)
    network = build(name)
    assert not [module for module in network.modules() if isinstance(module, nn.ReLU)]
    logits = network(torch.randn(2, 1, 28, 28))
    assert logits.shape == (2, 10)
    torch.autograd.backward(logits.square().mean())
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in network.parameters())


def test_equation() -> None:
    """The attention is x sigmoid(W2 f(W1 mean(x))), with a bottleneck of 4 of 64 channels."""
    torch.manual_seed(0)
    attention = build("felu").attention
    assert isinstance(attention, ChannelAttention)
    x = torch.randn(2, 64, 3, 5)
    (w1, b1), (w2, b2) = ((layer.weight, layer.bias) for layer in (attention.reduce, attention.expand))
    assert w1.shape == (4, 64)
    hidden = x.mean((2, 3)) @ w1.T + b1
    felu = torch.where(hidden > 0, hidden, (hidden.exp() - 1) / (1 + (-hidden).exp()))
    weights = torch.sigmoid(felu @ w2.T + b2)
    torch.testing.assert_close(attention(x), x * weights[:, :, None, None])


def test_another_attention_takes_the_place() -> None:
    """A gate in ``squeeze_excite`` gets the convolution's map and replaces the attention."""
    network = HOST.build(REGISTRY.find("se"))
    assert isinstance(network, FeLUNet)
    assert type(network.attention).__name__ == "SqueezeExcite"


def test_complexity() -> None:
    """The classifier has most of the parameters: 64 x 28 x 28 x 10 + 10; the convolution 640, the attention 580."""
    assert sum(p.numel() for p in build(None).parameters()) == 501_770 + 640 + 580
