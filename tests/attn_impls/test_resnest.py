"""ResNeSt-50: the published complexity of its authors' ablation, which pools before the 3x3 (zhanghang1989/ResNeSt)."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models import ResNet

from attn_impls.backbones.residual_blocks import SlottedBottleneck
from attn_impls.branches.official_split import OfficialSplitAttention

from .hosts import built_on_meta, giga_macs, millions


@pytest.mark.parametrize(
    ("setting", "parameters", "macs"),
    [
        # Printed: 26.3, 27.5, 31.9, 25.9, 26.9, 30.4, 25.7. The first is 0.1 above what its definition gives.
        ("1s1x64d", 26.218, 4.329),
        ("2s1x64d", 27.483, 4.331),
        ("4s1x64d", 31.913, 4.335),
        ("1s2x40d", 25.947, 4.365),
        ("2s2x40d", 26.944, 4.366),
        ("4s2x40d", 30.418, 4.369),
        ("1s4x24d", 25.677, 4.400),
    ],
)
def test_complexity_of_the_fast_networks(setting: str, parameters: float, macs: float) -> None:
    """Millions of parameters and 1e9 multiply-adds, by radix, cardinality and width."""
    name = f"resnest50_fast_{setting}"
    assert (millions(name), giga_macs(name)) == (parameters, macs)


def test_pooling_after_costs_more() -> None:
    """ResNeSt-50 pools after its 3x3, which then work on larger maps: the same parameters, 5.371e9 multiply-adds."""
    assert (millions("resnest50"), giga_macs("resnest50")) == (27.483, 5.371)


@pytest.mark.parametrize(("name", "pooling_first"), [("resnest50", False), ("resnest50_fast_2s1x64d", True)])
def test_where_a_strided_block_pools(name: str, *, pooling_first: bool) -> None:
    """A strided block has one 3x3 average pooling beside its split attention, of stride 2; other blocks have none."""
    network = built_on_meta(name)
    assert isinstance(network, ResNet)
    strided, following = network.layer2[:2]
    assert isinstance(strided, SlottedBottleneck)
    assert isinstance(strided.conv2, nn.Sequential)
    kinds = [type(part) for part in strided.conv2]
    assert kinds == (
        [nn.AvgPool2d, OfficialSplitAttention] if pooling_first else [OfficialSplitAttention, nn.AvgPool2d]
    )
    assert not [each for each in following.modules() if isinstance(each, nn.AvgPool2d)]


def test_shortcut_of_an_odd_map() -> None:
    """A strided shortcut pools, without what lies beyond the map, then projects: of 5 values the last stays alone."""
    network = built_on_meta("resnest50_fast_2s1x64d")
    assert isinstance(network, ResNet)
    pool, conv, _ = network.layer2[0].shortcut
    x = torch.arange(25.0).view(1, 1, 5, 5)
    assert pool(x).flatten().tolist() == [3, 5, 6.5, 13, 15, 16.5, 20.5, 22.5, 24]
    assert (conv.kernel_size, conv.stride) == ((1, 1), (1, 1))


def test_deep_stem() -> None:
    """Three 3x3 convolutions of 32, 32 and 64 channels stand for the 7x7; the first has its stride."""
    network = built_on_meta("resnest50")
    assert isinstance(network, ResNet)
    convs = [each for each in network.conv1.modules() if isinstance(each, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels, c.kernel_size[0], c.stride[0]) for c in convs] == [
        (3, 32, 3, 2),
        (32, 32, 3, 1),
        (32, 64, 3, 1),
    ]
