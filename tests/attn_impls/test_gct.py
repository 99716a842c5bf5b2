"""Gated channel transformation: where it starts, what it is for, and half precision."""

from __future__ import annotations

import pytest
import torch

from attn_impls.gates.gct import GatedChannelTransform


def test_starts_as_the_identity() -> None:
    """With gamma = beta = 0 and alpha = 1 every channel passes as it is."""
    module, x = GatedChannelTransform(8), torch.randn(2, 8, 4, 3)
    assert torch.equal(module(x), x)


def test_three_parameters_a_channel() -> None:
    """Alpha starts at 1, beta and gamma at 0, each with one number a channel."""
    state = GatedChannelTransform(8).state_dict()
    assert {name: (tuple(value.shape), value.unique().tolist()) for name, value in state.items()} == {
        "alpha": ((1, 8, 1, 1), [1.0]),
        "gamma": ((1, 8, 1, 1), [0.0]),
        "beta": ((1, 8, 1, 1), [0.0]),
    }


def test_a_positive_gamma_lets_channels_compete() -> None:
    """The longer map gets the greater gate: 1 + tanh of its length over the root mean square length."""
    module = GatedChannelTransform(2, epsilon=1e-12).double()
    torch.nn.init.ones_(module.gamma)
    x = torch.tensor([3.0, 4.0], dtype=torch.float64).view(1, 2, 1, 1)
    lengths = torch.tensor([3.0, 4.0], dtype=torch.float64) / 12.5**0.5
    torch.testing.assert_close(module(x).flatten(), x.flatten() * (1 + torch.tanh(lengths)), rtol=1e-9, atol=1e-9)


def test_the_l1_norm_sums_magnitudes() -> None:
    """Two positions of 1 and -2, and of 2 and 4, have lengths of 3 and 6, over their mean of 4.5."""
    module = GatedChannelTransform(2, epsilon=1e-12, norm="l1").double()
    torch.nn.init.ones_(module.gamma)
    x = torch.tensor([[1.0, -2.0], [2.0, 4.0]], dtype=torch.float64).view(1, 2, 1, 2)
    gates = 1 + torch.tanh(torch.tensor([3 / 4.5, 6 / 4.5], dtype=torch.float64)).view(1, 2, 1, 1)
    torch.testing.assert_close(module(x), x * gates, rtol=1e-9, atol=1e-9)


def test_the_l1_norm_adds_epsilon_to_the_mean() -> None:
    """As in the official code: a map of ones of two positions has a length of 2; with an epsilon of 2, a half of it."""
    module = GatedChannelTransform(1, epsilon=2.0, norm="l1")
    torch.nn.init.ones_(module.gamma)
    gate = 1 + torch.tanh(torch.tensor(0.5))
    torch.testing.assert_close(module(torch.ones(1, 1, 1, 2)), gate.expand(1, 1, 1, 2))


def test_unknown_norm() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(ValueError, match=r"^unknown norm 'l3'; choose from l2, l1$"):
        GatedChannelTransform(8, norm="l3")


@pytest.mark.parametrize("norm", ["l2", "l1"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_does_not_overflow(dtype: torch.dtype, norm: str) -> None:
    """A map whose sum leaves float16, of squares or magnitudes, has the gate that it has in float32."""
    module, x = GatedChannelTransform(4, norm=norm), torch.full((1, 4, 32, 32), 16.0 if norm == "l2" else 80.0)
    torch.nn.init.ones_(module.gamma)
    ours = module.to(dtype)(x.to(dtype)).float()
    torch.testing.assert_close(ours, x * (1 + torch.tanh(torch.ones(()))), rtol=8e-3, atol=0)


def test_a_map_of_zeros_has_a_gradient() -> None:
    """Epsilon keeps the gradient of the root finite where a map is 0 everywhere."""
    module, x = GatedChannelTransform(2), torch.zeros(1, 2, 4, 3, requires_grad=True)
    torch.nn.init.ones_(module.gamma)
    module(x).sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.full_like(x, 1 + float(torch.tanh(torch.tensor(0.5**0.5)))))


def test_wrong_epsilon() -> None:
    """An epsilon that protects nothing is refused."""
    with pytest.raises(ValueError, match=r"^epsilon is 0; choose a positive number$"):
        GatedChannelTransform(8, epsilon=0)


@pytest.mark.parametrize("norm", ["l2", "l1"])
def test_compiles_to_one_graph(norm: str) -> None:
    """torch.compile finds no break in it."""
    module, x = GatedChannelTransform(8, norm=norm), torch.randn(2, 8, 4, 3)
    torch.nn.init.ones_(module.gamma)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), module(x))
