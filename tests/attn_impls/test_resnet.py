"""Residual backbones: torchvision's values, and the complexity that papers print or a rebuild gives."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models import ResNet

from attn_impls import Family, Spec
from attn_impls.backbones.residual_blocks import Residual

from .hosts import REGISTRY, built_on_meta, giga_macs, millions, probe


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnext50_32x4d"])
def test_plain_gives_torchvisions_logits(name: str) -> None:
    """With the same seed the plain backbone is torchvision's network: the same logits, bit for bit."""
    torch.manual_seed(0)
    ours = REGISTRY.hosts[name].build(None, num_classes=10).eval()
    torch.manual_seed(0)
    theirs = models.get_model(name, num_classes=10).eval()
    x = torch.randn(1, 3, 65, 33)
    with torch.no_grad():
        assert torch.equal(ours(x), theirs(x))


@pytest.mark.parametrize(
    ("name", "parameters", "macs"),
    [
        ("resnet18", 11.690, 1.814),
        ("resnet34", 21.798, 3.664),
        ("resnet50", 25.557, 4.089),
        ("resnet101", 44.549, 7.801),
        ("resnet152", 60.193, 11.514),
        ("resnet50_v1", 25.557, 3.858),
        ("resnet101_v1", 44.549, 7.570),
        ("resnet152_v1", 60.193, 11.282),
        ("resnext50_32x4d", 25.029, 4.230),
        ("resnext101_32x4d", 44.178, 7.970),
        ("resnet18_cifar", 11.220, 0.555),
        ("resnet50_cifar", 23.705, 1.298),
    ],
)
def test_complexity_of_the_plain_network(name: str, parameters: float, macs: float) -> None:
    """Millions of parameters and 1e9 multiply-adds; the stride at the first 1x1 (v1) saves 0.231 of these."""
    assert (millions(name), giga_macs(name)) == (parameters, macs)


@pytest.mark.parametrize(
    ("name", "slot", "parameters"),
    [
        # SENet's Table 10, as its authors' definitions have it, with biases, and as its section 6 says, without.
        ("se:reduction=2", "block_output", 45.699),
        ("se:reduction=4", "block_output", 35.636),
        ("se:reduction=8", "block_output", 30.604),
        ("se:reduction=16", "block_output", 28.088),
        ("se:reduction=32", "block_output", 26.830),
        ("se:reduction=2,bias=false", "block_output", 45.677),
        ("se:reduction=32,bias=false", "block_output", 26.815),
        # Table 13, the stages; Table 14, the integrations; Table 15, SE at the 3x3.
        ("se:reduction=16,bias=false", "block_output@2", 25.582),
        ("se:reduction=16,bias=false", "block_output@3", 25.688),
        ("se:reduction=16,bias=false", "block_output@4", 26.343),
        ("se:reduction=16,bias=false", "pre", 27.548),
        ("se:reduction=16,bias=false", "post", 28.072),
        ("se:reduction=16,bias=false", "identity", 28.072),
        ("se:reduction=16,bias=false", "after_spatial", 25.714),
    ],
)
def test_parameters_with_squeeze_and_excitation(name: str, slot: str, parameters: float) -> None:
    """ResNet-50 v1 with SE in each of the places of SENet's ablations (arXiv:1709.01507v4), in millions."""
    assert millions("resnet50_v1", name, slot) == parameters


@pytest.mark.parametrize(
    ("host", "name", "slot", "parameters"),
    [
        ("resnet50", "bam", "stage_output@2,3,4", 25_915_099),
        ("resnet50", "cbam", "block_output", 28_089_624),
    ],
)
def test_parameters_of_official_networks(host: str, name: str, slot: str, parameters: int) -> None:
    """BAM between the stages and CBAM in the blocks have exactly the parameters of their authors' networks."""
    assert sum(parameter.numel() for parameter in built_on_meta(host, name, slot).parameters()) == parameters


@pytest.mark.parametrize(("name", "parameters"), [("nam/channel", 23.735), ("nam/spatial", 23.714)])
def test_parameters_with_normalization_based_attention(name: str, parameters: float) -> None:
    """NAM's ResNet-50 for CIFAR-100, in millions: the spatial part has two values for each place of a map."""
    assert millions("resnet50_cifar", name) == parameters


@pytest.mark.parametrize(
    ("name", "slot", "sizes"),
    [
        # 65 pixels: 33 after the stem's convolution, 17 after its pooling, then 9, 5 and 3.
        ("resnet50", "spatial_conv", [17, 17, 17, 9, 9, 5]),
        ("resnet50_v1", "spatial_conv", [17, 17, 9, 9, 5, 5]),
        ("resnest50_fast_2s1x64d", "spatial_conv", [17, 17, 9, 9, 5, 5]),
        ("resnest50", "spatial_conv", [17, 17, 17, 9, 9, 5]),
        ("resnet50", "pre", [17, 17, 17, 9, 9, 5]),
        ("resnet50", "after_spatial", [17, 17, 9, 9, 5, 5]),
        ("resnet50", "block_output", [17, 17, 9, 9, 5, 5]),
        ("resnet18", "spatial_conv", [17, 17, 17, 9, 9, 5]),
        ("resnet50_cifar", "block_output", [65, 65, 33, 33, 17, 17]),
    ],
)
def test_size_of_the_map_at_a_slot(name: str, slot: str, sizes: list[int]) -> None:
    """Where the stride stands decides which size of map a slot sees: stages of two blocks, an image of 65 pixels."""
    host = REGISTRY.hosts[name]
    host = replace(host, options=MappingProxyType({**host.options, "depths": "2-2-2-1"}))
    asked = probe(host.slots[slot])
    with torch.device("meta"):
        host.build(asked, slot=slot, image_size=65)
    assert [site.height for site in asked.sites][:6] == sizes


def test_stride_of_the_spatial_convolution() -> None:
    """A branch has the stride of the 3x3 that it replaces: 2 in v1.5, none in v1 and where the block pools."""
    strides = {}
    for name in ("resnet50", "resnet50_v1", "resnest50", "resnest50_fast_2s1x64d"):
        asked = probe(Family.BRANCH)
        with torch.device("meta"):
            REGISTRY.hosts[name].build(asked)
        strides[name] = [site.stride for site in asked.sites[2:5]]
    assert strides == {
        "resnet50": [1, 2, 1],
        "resnet50_v1": [1, 1, 1],
        "resnest50": [1, 1, 1],
        "resnest50_fast_2s1x64d": [1, 1, 1],
    }


class Scaled(nn.Module):
    """[B, C, H, W] -> that times a factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor


@pytest.mark.parametrize(("slot", "expected"), [("pre", 3.5), ("block_output", 3.5), ("identity", 2.5), ("post", 2.0)])
def test_where_the_slots_of_a_block_stand(slot: str, expected: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a branch that keeps x = 1 and a shortcut that gives 3 x, a gate that halves tells the slots apart."""
    halving = Spec(name="halving", family=Family.GATE, summary="", factory=lambda _: Scaled(0.5))
    network = REGISTRY.hosts["resnet18_cifar"].build(halving, slot=slot)
    assert isinstance(network, ResNet)
    block = network.layer1[0]
    assert isinstance(block, Residual)
    block.shortcut = Scaled(3.0)
    monkeypatch.setattr(block, "residual", lambda x: x)
    assert float(block(torch.ones(1, 1, 1, 1))) == expected


def test_pre_stands_before_the_residual_branch_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes to ``pre`` changes the residual branch's input, and leaves the shortcut's."""
    ten = Spec(name="ten", family=Family.GATE, summary="", factory=lambda _: Scaled(10.0))
    network = REGISTRY.hosts["resnet18_cifar"].build(ten, slot="pre")
    assert isinstance(network, ResNet)
    block = network.layer1[0]
    assert isinstance(block, Residual)
    monkeypatch.setattr(block, "residual", lambda x: x + 1)
    assert float(block(torch.ones(1, 1, 1, 1))) == 12.0


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"strides": "v2"}, "unknown 'v2'; choose from v1, v1.5, pool_before, pool_after"),
        ({"stem": "small"}, "unknown 'small'; choose from imagenet, cifar, deep"),
        ({"shortcut": "none"}, "unknown 'none'; choose from conv, pool"),
    ],
)
def test_unknown_options(option: dict[str, str], message: str) -> None:
    """A form of the network that there is not is refused; the message names those that there are."""
    host = REGISTRY.hosts["resnet50"]
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace(host, options=MappingProxyType({**host.options, **option})).build(None)
