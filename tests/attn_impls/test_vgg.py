"""VGG-16 with BN: torchvision's values, its complexity, and where its slots stand."""

from __future__ import annotations

import torch
from torchvision import models

from attn_impls import Family

from .hosts import REGISTRY, giga_macs, millions, probe


def test_plain_gives_torchvisions_logits() -> None:
    """With torchvision's weights the plain backbone gives torchvision's logits, bit for bit."""
    theirs = models.vgg16_bn(num_classes=10).eval()
    with torch.device("meta"):
        ours = REGISTRY.hosts["vgg16_bn"].build(None, num_classes=10).eval()
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)), assign=True)
    x = torch.randn(1, 3, 33, 47)
    with torch.no_grad():
        assert torch.equal(ours(x), theirs(x))


def test_complexity() -> None:
    """138.366 million parameters and the 15.47e9 multiply-adds of SENet's Table 2."""
    assert (millions("vgg16_bn"), giga_macs("vgg16_bn")) == (138.366, 15.470)


def test_places_of_gates() -> None:
    """A gate stands after each of the thirteen convolutions, on the map before the stage's pooling."""
    asked = probe(Family.GATE)
    with torch.device("meta"):
        REGISTRY.hosts["vgg16_bn"].build(asked)
    assert [(site.stage, site.out_channels, site.height) for site in asked.sites] == [
        *[("1", 64, 224)] * 2,
        *[("2", 128, 112)] * 2,
        *[("3", 256, 56)] * 3,
        *[("4", 512, 28)] * 3,
        *[("5", 512, 14)] * 3,
    ]


def test_gates_make_the_difference_of_senets_table() -> None:
    """Scaling every value after each convolution takes the 0.01e9 multiply-adds between 15.47 and 15.48."""
    asked = probe(Family.GATE)
    with torch.device("meta"):
        REGISTRY.hosts["vgg16_bn"].build(asked)
    scaled = sum(site.out_channels * site.height * site.width for site in asked.sites)
    with_gates = giga_macs("vgg16_bn", "se:reduction=16") + scaled / 1e9
    assert f"{with_gates:.2f}" == "15.48"
