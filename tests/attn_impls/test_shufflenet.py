"""ShuffleNets: torchvision's values, their complexity, and the channel shuffle."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
import torch
from torchvision import models

from attn_impls import Family
from attn_impls.backbones.shufflenet_v1 import shuffled

from .hosts import REGISTRY, giga_macs, millions, probe


def test_plain_v2_gives_torchvisions_logits() -> None:
    """With the same seed the plain backbone is torchvision's ShuffleNetV2: the same logits, bit for bit."""
    torch.manual_seed(0)
    ours = REGISTRY.hosts["shufflenet_v2"].build(None, num_classes=10).eval()
    torch.manual_seed(0)
    theirs = models.shufflenet_v2_x1_0(num_classes=10).eval()
    x = torch.randn(1, 3, 65, 33)
    with torch.no_grad():
        assert torch.equal(ours(x), theirs(x))


@pytest.mark.parametrize(
    ("name", "parameters", "macs"),
    [
        # Printed in arXiv:1707.01083, Table 2, in millions of multiply-adds: 143, 140, 137, 133 and 137.
        ("shufflenet_v1_g1", 1.532, 0.143),
        ("shufflenet_v1_g2", 1.734, 0.141),
        ("shufflenet_v1_g3", 1.866, 0.137),
        ("shufflenet_v1_g4", 1.968, 0.134),
        ("shufflenet_v1_g8", 2.435, 0.138),
        ("shufflenet_v2", 2.279, 0.145),
    ],
)
def test_complexity(name: str, parameters: float, macs: float) -> None:
    """Millions of parameters and 1e9 multiply-adds."""
    assert (millions(name), giga_macs(name)) == (parameters, macs)


def test_shuffled() -> None:
    """Channels of two groups are taken in turns: 0 1 2 | 3 4 5 becomes 0 3 1 4 2 5."""
    x = torch.arange(6.0).view(1, 6, 1, 1)
    assert shuffled(x, 2).flatten().tolist() == [0, 3, 1, 4, 2, 5]


def test_places_of_gates() -> None:
    """A gate of v1 stands on the branch, which a strided unit makes narrower by what it concatenates."""
    asked = probe(Family.GATE)
    with torch.device("meta"):
        REGISTRY.hosts["shufflenet_v1_g3"].build(asked)
    assert [site.out_channels for site in asked.sites] == [216, *[240] * 3, 240, *[480] * 7, 480, *[960] * 3]


def test_first_convolution_is_not_grouped() -> None:
    """The first 1x1 of v1 sees all of the stem's few channels; every other is grouped."""
    with torch.device("meta"):
        network = REGISTRY.hosts["shufflenet_v1_g3"].build(None)
    pointwise = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d) and m.kernel_size == (1, 1)]
    assert [conv.groups for conv in pointwise] == [1, *[3] * 31]


def test_unknown_groups() -> None:
    """A number of groups that the paper has no widths for is refused; the message names those that it has."""
    host = replace(REGISTRY.hosts["shufflenet_v1_g3"], options=MappingProxyType({"groups": 5}))
    with pytest.raises(ValueError, match=r"^no ShuffleNet with 5 groups; choose from 1, 2, 3, 4, 8$"):
        host.build(None)
