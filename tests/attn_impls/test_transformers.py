"""Backbones whose blocks mix tokens: torchvision's and timm's, plain and with mixers of ours in their slots."""

from __future__ import annotations

import copy
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from attn_impls import Family, Spec, builtin

from .hosts import occupied, probe

if TYPE_CHECKING:
    from torch import Tensor, nn

    from attn_impls import HostSpec

REGISTRY = builtin()
OURS = [name for name, host in REGISTRY.hosts.items() if host.fitting(Family.MIXER)]

#: torchvision's metadata of its weights: backbone, image size, parameters, 1e9 multiply-adds.
METADATA = (
    ("vit_b_16", 224, 86567656, 17.564),
    ("vit_b_16", 384, 86859496, 55.484),
    ("vit_b_32", 224, 88224232, 4.409),
    ("vit_l_16", 224, 304326632, 61.555),
    ("vit_l_16", 512, 305174504, 361.986),
    ("vit_l_32", 224, 306535400, 15.378),
    ("vit_h_14", 518, 633470440, 1016.717),
    ("vit_h_14", 224, 632045800, 167.295),
    ("swin_t", 224, 28288354, 4.491),
    ("swin_s", 224, 49606258, 8.741),
    ("swin_b", 224, 87768224, 15.431),
    ("swin_v2_t", 256, 28351570, 5.94),
    ("swin_v2_s", 256, 49737442, 11.546),
    ("swin_v2_b", 256, 87930848, 20.325),
)


def sized(host: HostSpec, size: int, spec: Spec | None = None) -> tuple[int, float]:
    """Return parameters, and multiply-adds of one image in 1e9 to three decimals, counted without memory."""
    with torch.device("meta"):
        network = host.build(spec, image_size=size).eval()
        image = torch.empty(1, 3, size, size)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image)
    macs = round(float(counter.get_total_flops()) / 2 / 1e9, 3)
    return sum(parameter.numel() for parameter in network.parameters()), macs


@pytest.mark.parametrize(("name", "size", "parameters", "macs"), METADATA)
def test_plain_networks_are_those_of_torchvisions_metadata(name: str, size: int, parameters: int, macs: float) -> None:
    """Exact parameters, and multiply-adds to the printed digit."""
    assert sized(REGISTRY.hosts[name], size) == (parameters, macs)


def by_turns(even: str, odd: str) -> dict[str, Spec]:
    """Return what stands in the slots of blocks that take turns."""
    return {"attention_even": REGISTRY.find(even), "attention_odd": REGISTRY.find(odd)}


@pytest.mark.parametrize(
    ("host", "occupants"),
    [
        ("vit_b_16", {"attention": REGISTRY.find("mha")}),
        ("swin_t", by_turns("window", "window/shifted")),
        ("timm:deit_small_patch16_224", {"attention": REGISTRY.find("mha")}),
        ("timm:swin_tiny_patch4_window7_224", by_turns("window", "window/shifted")),
        ("timm:pvt_v2_b1", {"attention": REGISTRY.find("sra")}),
        ("timm:pvt_v2_b2_li", {"attention": REGISTRY.find("sra/linear")}),
        ("timm:twins_svt_small", by_turns("lsa", "sra")),
    ],
)
def test_with_ours_in_place_of_its_own_a_network_has_the_same_size(host: str, occupants: dict[str, Spec]) -> None:
    """Parameters and multiply-adds."""
    plain = REGISTRY.host(host)
    assert sized(occupied(plain, occupants), 224) == sized(plain, 224)


#: Ours -> theirs, where the names of parameters differ.
RENAMED = {
    "vit_b_16": {"qkv.weight": "in_proj_weight", "qkv.bias": "in_proj_bias", "proj.": "out_proj."},
    "swin_t": {"bias": "relative_position_bias_table"},
    "timm:swin_tiny_patch4_window7_224": {"bias": "relative_position_bias_table"},
    "timm:pvt_v2_b0": {"reduce.0.": "sr."},
    "timm:pvt_v2_b2_li": {"reduce.1.": "sr.", "norm.0.": "norm."},
    "timm:twins_svt_small": {"reduce.0.": "sr."},
    "timm:deit_tiny_patch16_224": {},
}


def renamed(name: str, names: dict[str, str]) -> str:
    """Return what a parameter of ours is called in the other network."""
    before, mixer, own = name.partition(".mixer.")
    if not mixer:
        return name
    for ours, theirs in names.items():
        # A whole name, or the beginning of one that ends with a dot.
        if own == ours or (ours.endswith(".") and own.startswith(ours)):
            return f"{before}.{theirs}{own[len(ours) :]}"
    return f"{before}.{own}"


def loaded(network: nn.Module, other: nn.Module, names: dict[str, str]) -> None:
    """Give a network the parameters of another one, each under its own name."""
    theirs = dict(other.named_parameters())
    ours = dict(network.named_parameters())
    assert {renamed(name, names) for name in ours} == set(theirs)
    with torch.no_grad():
        for name, parameter in ours.items():
            parameter.copy_(theirs[renamed(name, names)])


@pytest.mark.parametrize(
    ("name", "occupants"),
    [
        ("swin_t", by_turns("window", "window/shifted")),
        ("timm:deit_tiny_patch16_224", {"attention": REGISTRY.find("mha")}),
        ("timm:swin_tiny_patch4_window7_224", by_turns("window", "window/shifted")),
        ("timm:pvt_v2_b0", {"attention": REGISTRY.find("sra")}),
        ("timm:pvt_v2_b2_li", {"attention": REGISTRY.find("sra/linear")}),
        ("timm:twins_svt_small", by_turns("lsa", "sra")),
    ],
)
def test_with_equal_weights_logits_and_gradients_are_theirs(name: str, occupants: dict[str, Spec]) -> None:
    """In float64: what torchvision and timm implemented independently, and ours, in all blocks of the network."""
    host = REGISTRY.host(name)
    torch.manual_seed(0)
    theirs = host.build(None, num_classes=3).double().eval()
    ours = occupied(host, occupants).build(None, num_classes=3).double().eval()
    loaded(ours, theirs, RENAMED[name])
    images = torch.randn(1, 3, 224, 224, dtype=torch.float64)
    found, wanted = ours(images), theirs(images)
    assert (found - wanted).abs().max() <= 1e-10
    torch.autograd.backward([found.sum(), wanted.sum()])
    gradients = {name: parameter.grad for name, parameter in theirs.named_parameters()}
    for parameter_name, parameter in ours.named_parameters():
        expected = gradients[renamed(parameter_name, RENAMED[name])]
        assert parameter.grad is not None
        assert expected is not None
        assert (parameter.grad - expected).abs().max() <= 1e-10 * max(1, float(expected.abs().max()))


@pytest.mark.parametrize(
    "name",
    [
        "vit_b_16",
        "swin_t",
        "timm:pvt_v2_b0",
        "timm:twins_svt_small",
        "timm:swin_tiny_patch4_window7_224",
        "timm:swinv2_tiny_window8_256",
    ],
)
def test_every_slot_has_a_place(name: str) -> None:
    """Whatever goes to a slot stands somewhere, and even and odd blocks are all blocks."""
    host = REGISTRY.host(name)
    sites = {}
    for slot in host.slots:
        asked = probe(Family.MIXER)
        with torch.device("meta"):
            host.build(asked, slot=slot)
        sites[slot] = asked.sites
    assert all(sites.values())
    if len(sites) > 1:
        assert len(sites["attention"]) == len(sites["attention_even"]) + len(sites["attention_odd"])


def test_a_mixer_is_told_its_place() -> None:
    """Swin-T on images of 225 pixels: patches are cut, and merged with padding; stage 3 has six blocks."""
    asked = probe(Family.MIXER)
    with torch.device("meta"):
        REGISTRY.hosts["swin_t"].build(asked, slot="attention@3,4", image_size=240)
    places = [(site.dim, site.heads, site.height, site.stage) for site in asked.sites]
    assert places == [(384, 12, 15, "3")] * 6 + [(768, 24, 8, "4")] * 2


@pytest.mark.parametrize("name", ["timm:swin_tiny_patch4_window7_224", "timm:swinv2_tiny_window8_256"])
def test_a_copy_of_timms_swin_mixes_with_its_own_parameters(name: str) -> None:
    """Its windows are cut by a method, in whose place the mixer stands in the copy too; sizes are those of images."""
    network = REGISTRY.host(name).build(REGISTRY.find("xca"), num_classes=3, image_size=64)
    with torch.no_grad():
        # The norms behind the second one's attention are zero at first.
        for parameter in network.parameters():
            parameter.normal_(0, 0.1)
    made = copy.deepcopy(network).eval()
    images = torch.randn(1, 3, 64, 64)
    before = network.eval()(images)
    assert torch.equal(made(images), before)
    with torch.no_grad():
        for parameter_name, parameter in made.named_parameters():
            if ".attn.mixer.proj." in parameter_name:
                parameter.zero_()
    assert torch.equal(network(images), before)
    assert not torch.allclose(made(images), before)


def test_images_that_patches_do_not_tile_are_refused() -> None:
    """The message has the patch."""
    with pytest.raises(
        ValueError, match=r"^images of 225 pixels are not whole patches of 16; choose a multiple of 16$"
    ):
        REGISTRY.hosts["vit_b_16"].build(None, image_size=225)


def test_beside_a_class_token_no_grid_fits() -> None:
    """What is built for a grid names a network that has one."""
    with pytest.raises(ValueError, match=r"such as swin_t$"), torch.device("meta"):
        REGISTRY.hosts["vit_b_16"].build(REGISTRY.find("hilo"))


@pytest.mark.parametrize("mixer", ["mha:attention=attention/hard_softmax", "xca", "sra", "linformer", "window"])
def test_other_mixers_train_in_swin(mixer: str) -> None:
    """Every parameter gets a gradient that is finite, on images that windows do not tile."""
    host = REGISTRY.hosts["swin_t"]
    torch.manual_seed(0)
    network = host.build(REGISTRY.find(mixer), num_classes=4, image_size=64)
    logits: Tensor = network(torch.randn(2, 3, 64, 64))
    assert logits.shape == (2, 4)
    torch.autograd.backward(logits.square().mean())
    gradients = MappingProxyType({name: parameter.grad for name, parameter in network.named_parameters()})
    assert [name for name, found in gradients.items() if found is None or not found.isfinite().all()] == []
