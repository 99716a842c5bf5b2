"""Global context: parameters, initialisation and errors. Values are compared with the reference and with timm."""

from __future__ import annotations

import pytest
import torch

from attn_impls import builtin
from attn_impls.gates.global_context import GlobalContext

from .setups import SITES


@pytest.mark.parametrize(("reduction", "parameters"), [(16, 8_753), (4, 33_473)])
def test_parameters(reduction: int, parameters: int) -> None:
    """C + 1 for the logits, two 1 x 1 with biases, and a scale and a shift for each channel between: C = 256."""
    module = GlobalContext(256, reduction=reduction)
    assert sum(parameter.numel() for parameter in module.parameters()) == parameters


def test_passes_everything_on_at_first() -> None:
    """With a last convolution of 0, the block changes nothing."""
    torch.manual_seed(0)
    x = torch.randn(2, 32, 5, 7)
    assert torch.equal(GlobalContext(32)(x), x)


def test_adds_the_same_at_every_position() -> None:
    """Without zero_init something is added, which depends on the sample and the channel, but not on the position."""
    torch.manual_seed(0)
    x = torch.randn(2, 32, 5, 7, dtype=torch.float64)
    added = GlobalContext(32, zero_init=False).double()(x) - x
    torch.testing.assert_close(added, added[:, :, :1, :1].expand_as(x), rtol=0, atol=1e-12)
    assert (added[0] - added[1]).abs().min() > 1e-6


def test_position_far_above_all_others_is_the_context() -> None:
    """Under a softmax, one column whose logit is far above all others is all that the context has."""
    torch.manual_seed(0)
    module = GlobalContext(4, reduction=1, zero_init=False).double()
    x = torch.randn(1, 4, 3, 3, dtype=torch.float64)
    x[0, :, 1, 2] = torch.tensor([1000.0, 1, 2, 3], dtype=torch.float64)
    with torch.no_grad():
        module.logits.weight.copy_(torch.tensor([1.0, 0, 0, 0]).view(1, 4, 1, 1))
        alone = module(x[:, :, 1:2, 2:3]) - x[:, :, 1:2, 2:3]
        added = module(x) - x
    torch.testing.assert_close(added[:, :, :1, :1], alone, rtol=0, atol=1e-9)


def test_unknown_normalizer() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(ValueError, match=r"^unknown normaliser 'soft'; choose from softmax, "):
        GlobalContext(8, normalizer="soft")


def test_reduction_below_one() -> None:
    """There is no bottleneck of less than nothing."""
    with pytest.raises(ValueError, match=r"^reduction is 0; choose 1 or more$"):
        GlobalContext(8, reduction=0)


def test_average_pooling_has_no_logits() -> None:
    """Every position weighs the same, and the C + 1 parameters of the logits are gone."""
    module = GlobalContext(256, pooling="avg")
    assert sum(parameter.numel() for parameter in module.parameters()) == 8_753 - 257
    assert not hasattr(module, "normalizer")


def test_both_fusions_have_weights_of_their_own() -> None:
    """One transform for the gates, and one for what is added."""
    module = GlobalContext(256, fusion="both")
    assert sum(parameter.numel() for parameter in module.parameters()) == 257 + 2 * (8_753 - 257)


@pytest.mark.parametrize("fusion", ["channel_mul", "both"])
def test_multiplying_halves_everything_at_first(fusion: str) -> None:
    """With a last convolution of 0, each gate is the sigmoid of 0, and nothing is added."""
    torch.manual_seed(0)
    x = torch.randn(2, 32, 5, 7)
    torch.testing.assert_close(GlobalContext(32, fusion=fusion)(x), x / 2, rtol=0, atol=0)


def test_names_of_the_official_form_stay() -> None:
    """A state dict from before there were other forms loads."""
    assert list(GlobalContext(8, reduction=1).state_dict()) == [
        "logits.weight",
        "logits.bias",
        "reduce.weight",
        "reduce.bias",
        "norm.weight",
        "norm.bias",
        "expand.weight",
        "expand.bias",
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("global_context:pooling=max", "unknown pooling 'max'; choose from att, avg"),
        ("global_context:fusion=add", "unknown fusion 'add'; choose from channel_add, channel_mul, both"),
    ],
)
def test_a_form_that_is_not_official(name: str, message: str) -> None:
    """A wrong word is answered with the right ones."""
    with pytest.raises(ValueError, match=f"^{message}$"):
        builtin().find(name).build(SITES["grouped"])
