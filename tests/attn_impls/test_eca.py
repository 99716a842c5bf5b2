"""Efficient channel attention: kernel lengths, and its convolution on either path."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from attn_impls import builtin
from attn_impls.gates.eca import AcrossChannels, EfficientChannelAttention, adaptive_kernel_size

from .reference import Setting
from .reference_channel import efficient_channel
from .setups import SITES


@pytest.mark.parametrize(
    ("channels", "length"),
    [(1, 1), (2, 1), (4, 1), (8, 3), (64, 3), (127, 3), (128, 5), (256, 5), (512, 5), (1024, 5), (2048, 7)],
)
def test_kernel_length_follows_the_channels(channels: int, length: int) -> None:
    """The length is |log2(C) / 2 + 1/2|, odd: 5, 5, 5, 7 in ResNet-50."""
    assert adaptive_kernel_size(channels) == length
    assert EfficientChannelAttention(channels).conv.weight.shape == (1, 1, length)


@pytest.mark.parametrize("channels", [16, 256, 2048])
def test_the_official_codes_length(channels: int) -> None:
    """Whatever the channels, the official networks have k = 3, which is an option of the name."""
    site = replace(SITES["grouped"], out_channels=channels)
    state = builtin().find("eca:kernel_size=3").build(site).state_dict()
    assert {name: tuple(value.shape) for name, value in state.items()} == {"conv.weight": (1, 1, 3)}


@pytest.mark.parametrize("kernel_size", [1, 3, 9])
@pytest.mark.parametrize("batch", [1, 3])
def test_given_kernel_length(kernel_size: int, batch: int) -> None:
    """A given kernel length replaces that of the formula, even one beyond the channels."""
    torch.manual_seed(0)
    module = EfficientChannelAttention(6, kernel_size=kernel_size).double()
    x = torch.randn(batch, 6, 4, 3, dtype=torch.float64)
    expected = efficient_channel(x, module.state_dict(), Setting())
    torch.testing.assert_close(module(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kernel_size", [1, 3, 5, 7])
@pytest.mark.parametrize("batch", [1, 4])
def test_its_convolution_is_a_convolution(kernel_size: int, batch: int) -> None:
    """However it is computed, the convolution across channels is nn.Conv1d with the same weights."""
    torch.manual_seed(0)
    ours = AcrossChannels(kernel_size).double()
    theirs = nn.Conv1d(1, 1, kernel_size, padding=kernel_size // 2, bias=False).double()
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(batch, 1, 12, dtype=torch.float64)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("batch", "channels"), [(1, 64), (1, 256), (2, 64)])
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
def test_multiply_adds_are_those_of_a_convolution(batch: int, channels: int) -> None:
    """Counters of operators see k multiply-adds a channel, however the convolution is computed."""
    from fvcore.nn import FlopCountAnalysis

    module = EfficientChannelAttention(channels)
    (length,) = module.conv.kernel_size
    x = torch.randn(batch, 1, channels)
    with FlopCounterMode(display=False) as counter:
        module.conv(x)
    analysis = FlopCountAnalysis(module.conv, x).unsupported_ops_warnings(enabled=False)
    assert (counter.get_total_flops() / 2, analysis.total()) == (batch * channels * length, batch * channels * length)


@pytest.mark.parametrize("kernel_size", [-1, 2])
def test_kernel_length_that_is_not_odd(kernel_size: int) -> None:
    """A kernel without a middle is refused."""
    message = rf"^kernel_size is {kernel_size}; choose an odd number, or 0 for one that the channels decide$"
    with pytest.raises(ValueError, match=message):
        EfficientChannelAttention(16, kernel_size=kernel_size)


def test_no_channels() -> None:
    """There is no kernel length for no channels."""
    with pytest.raises(ValueError, match=r"^channels is 0; choose 1 or more$"):
        EfficientChannelAttention(0)


@pytest.mark.parametrize("batch", [1, 2])
def test_compiles_to_one_graph(batch: int) -> None:
    """torch.compile finds no break in it."""
    module, x = EfficientChannelAttention(16), torch.randn(batch, 16, 4, 3)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), module(x))
