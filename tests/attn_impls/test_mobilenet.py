"""MobileNets: torchvision's values, their complexity, and where their slots stand."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
import torch
from torchvision import models

from attn_impls import Family

from .hosts import REGISTRY, giga_macs, millions, probe


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("mobilenet_v2", "mobilenet_v2"),
        ("mobilenet_v3_large", "mobilenet_v3_large"),
        ("mobilenet_v3_small_imagenet", "mobilenet_v3_small"),
    ],
)
def test_plain_gives_torchvisions_logits(name: str, theirs: str) -> None:
    """With the same seed the plain backbone is torchvision's network: the same logits, bit for bit."""
    torch.manual_seed(0)
    ours = REGISTRY.hosts[name].build(None, num_classes=10).eval()
    torch.manual_seed(0)
    original = models.get_model(theirs, num_classes=10).eval()
    x = torch.randn(1, 3, 65, 33)
    with torch.no_grad():
        assert torch.equal(ours(x), original(x))


@pytest.mark.parametrize(
    ("name", "parameters", "macs"),
    [
        # Printed: 569 million and 4.2 million for MobileNet, 300 million and 3.4 for V2, 219 million and 5.4 for V3.
        ("mobilenet_v1", 4.232, 0.569),
        ("mobilenet_v2", 3.505, 0.301),
        ("mobilenet_v3_large", 5.483, 0.217),
        ("mobilenet_v3_large_no_se", 3.971, 0.215),
        ("mobilenet_v3_small_imagenet", 2.543, 0.057),
    ],
)
def test_complexity_of_the_plain_network(name: str, parameters: float, macs: float) -> None:
    """Millions of parameters and 1e9 multiply-adds."""
    assert (millions(name), giga_macs(name)) == (parameters, macs)


@pytest.mark.parametrize(
    ("host", "name", "slot", "printed"),
    [
        # SENet's Table 3.
        ("mobilenet_v1", None, None, "4.2"),
        ("mobilenet_v1", "se:reduction=16", "block_output", "4.7"),
        # The table of coordinate attention (houqb/CoordAttention): on the expansions, with a reduction of 24.
        ("mobilenet_v2", None, None, "3.5"),
        ("mobilenet_v2", "se:reduction=24", "spatial_output", "3.89"),
        ("mobilenet_v2", "cbam:reduction=24", "spatial_output", "3.89"),
        ("mobilenet_v2", "coordinate", "spatial_output", "3.95"),
    ],
)
def test_printed_parameters(host: str, name: str | None, slot: str | None, printed: str) -> None:
    """Millions of parameters, to the decimals that are printed."""
    decimals = len(printed.partition(".")[2])
    assert f"{millions(host, name, slot):.{decimals}f}" == printed


def test_squeeze_excite_is_replaced_where_the_network_has_it() -> None:
    """MobileNetV3-Large has SE in eight of its fifteen blocks, on their expansions."""
    asked = probe(Family.GATE)
    with torch.device("meta"):
        REGISTRY.hosts["mobilenet_v3_large"].build(asked)
    assert [site.out_channels for site in asked.sites] == [72, 120, 120, 480, 672, 672, 960, 960]


def test_squeeze_excite_taken_out() -> None:
    """Nothing in place of its SE blocks gives the parameters of the network without them."""
    assert millions("mobilenet_v3_large", "simam") == millions("mobilenet_v3_large_no_se")


@pytest.mark.parametrize(
    ("slot", "sizes"), [("spatial_conv", [33, 33, 17, 17, 9]), ("after_spatial", [33, 17, 17, 9, 9])]
)
def test_size_of_the_map_at_a_slot(slot: str, sizes: list[int]) -> None:
    """The first blocks of MobileNetV2 on 65 pixels: a slot after the stride sees the smaller map."""
    host = REGISTRY.hosts["mobilenet_v2"]
    asked = probe(host.slots[slot])
    with torch.device("meta"):
        host.build(asked, slot=slot, image_size=65)
    assert [site.height for site in asked.sites[:5]] == sizes


def test_unknown_size() -> None:
    """A size that MobileNetV3 does not come in is refused; the message names those that there are."""
    host = replace(REGISTRY.hosts["mobilenet_v3_large"], options=MappingProxyType({"size": "medium"}))
    with pytest.raises(ValueError, match=r"^unknown size 'medium'; choose from large, small$"):
        host.build(None)
