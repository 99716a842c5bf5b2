"""Backbones as tests want them: counted without memory, thinned to few blocks, and with gates that look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import VGG
from torchvision.models.vgg import cfgs, make_layers

from attn_impls import Family, Site, Spec, builtin
from attn_impls.backbones import vgg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attn_impls import HostSpec, TokenSite
    from attn_impls.host import Placement

REGISTRY = builtin()
#: Of each stage of ResNet-50 on 32 x 32 images with a 3 x 3 stem: output channels, side of the map, blocks.
RESNET50 = ((256, 32, 3), (512, 16, 4), (1024, 8, 6), (2048, 4, 3))


def built_on_meta(host: str | HostSpec, name: str | None = None, slot: str | None = None) -> nn.Module:
    """Build a backbone, by name or as it is, on the meta device, where it takes no memory."""
    spec = None if name is None else REGISTRY.find(name)
    with torch.device("meta"):
        return (REGISTRY.hosts[host] if isinstance(host, str) else host).build(spec, slot=slot)


def millions(host: str | HostSpec, name: str | None = None, slot: str | None = None) -> float:
    """Millions of parameters, to three decimals."""
    return round(sum(parameter.numel() for parameter in built_on_meta(host, name, slot).parameters()) / 1e6, 3)


def giga_macs(host: str, name: str | None = None, slot: str | None = None) -> float:
    """Multiply-adds of convolutions and products for one image of the backbone's size, in 1e9, to three decimals."""
    network = built_on_meta(host, name, slot).eval()
    spec = REGISTRY.hosts[host]
    image = torch.empty(1, spec.in_channels, spec.image_size, spec.image_size, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image)
    return round(float(counter.get_total_flops()) / 2 / 1e9, 3)


class OneLayerVGG(VGG):  # type: ignore[misc]
    """torchvision's VGG-16 with BN, but of its classifier's 120 million weights only as many as one layer needs."""

    def __init__(self, num_classes: int) -> None:
        nn.Module.__init__(self)
        self.features = make_layers(cfgs["D"], batch_norm=True)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(512, num_classes)


def thin_vgg(placement: Placement, *, num_classes: int, image_size: int) -> nn.Module:
    """Build our VGG, whose slots are all among its features, with a classifier that takes no time."""
    with patch("torchvision.models.vgg16_bn", OneLayerVGG):
        return vgg.vgg16_bn(placement, num_classes=num_classes, image_size=image_size)


#: Factories of which a part without slots takes most of the time -> what builds the rest alike.
THIN_FACTORIES = {"attn_impls.backbones.vgg:vgg16_bn": thin_vgg}


def thinned() -> dict[str, HostSpec]:
    """Every backbone of maps: with two blocks in the first stage and one in each other, or little but what has slots.

    Backbones that differ in depth alone are then the same, and stand here once.
    """
    found: dict[str, HostSpec] = {}
    for name, host in REGISTRY.hosts.items():
        if host.fitting(Family.MIXER):
            # Of tokens: test_transformers.py.
            continue
        depths = {"depths": "2-1-1-1"} if "depths" in host.options else {}
        thin = replace(
            host,
            factory=THIN_FACTORIES.get(str(host.factory), host.factory),
            options=MappingProxyType({**host.options, **depths}),
        )
        if not any(
            replace(thin, name=name, summary=each.summary) == replace(each, name=name) for each in found.values()
        ):
            found[name] = thin
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Spec):
    """A gate or branch that changes nothing; the sites that it was asked for are noted in their order."""

    sites: list[Any]

    def build(self, site: Site | TokenSite) -> nn.Module:
        self.sites.append(site)
        return CheckedSize(site) if isinstance(site, Site) and self.family is Family.GATE else nn.Identity()


def probe(family: Family) -> Probe:
    return Probe(name="probe", family=family, summary="", factory="", sites=[])


class CheckedSize(nn.Module):
    """[B, C, H, W] -> the same, if C, H and W are those of its site."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.shape = (site.out_channels, site.height, site.width)

    def forward(self, x: Tensor) -> Tensor:
        assert tuple(x.shape[1:]) == self.shape
        return x


def occupied(host: HostSpec, occupants: Mapping[str, Spec]) -> HostSpec:
    """Return the backbone with these in its slots, all at once."""
    return replace(host, occupants=MappingProxyType({**host.occupants, **occupants}))


def gates_everywhere(host: HostSpec, spec: Spec) -> HostSpec:
    """Return the backbone with this gate in every slot that takes one."""
    return occupied(host, dict.fromkeys(host.fitting(Family.GATE), spec))
