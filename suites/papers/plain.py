"""Networks of tables that attnbench only counts: torchvision's, and single layers; they have no slots."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from attn_impls import HostSpec
from attn_impls.spec import Origin

if TYPE_CHECKING:
    from torch import nn

    from attn_impls import Registry
    from attn_impls.host import Placement

#: What the names of torchvision's networks begin with here, as ``timm:`` does for timm's.
TORCHVISION = "torchvision:"
#: What the names of attention layers without a network begin with.
LAYER = "layer:"
#: torchvision's networks with an embedding per position, which are built for one size of image.
SIZED = "vit_"


def host_of(name: str, registry: Registry) -> HostSpec:
    """Return what a row of a published table names: the registry's backbone, torchvision's network, or a layer.

    Raises:
        KeyError: there is no such backbone or layer.
        ValueError: timm is not installed, or has no such network.

    """
    if name.startswith(TORCHVISION):
        return _plain(name, torchvision_network, {"model": name.removeprefix(TORCHVISION)})
    if name.startswith(LAYER):
        return _plain(name, layer, {"layer": name.removeprefix(LAYER)})
    return registry.host(name)


def input_shape(name: str, in_channels: int, image_size: int) -> tuple[int, ...]:
    """Return the shape of what is counted: one image, or the tokens of one."""
    if name.startswith(LAYER):
        from .layers import TOKENS, WIDTH

        return (1, TOKENS, WIDTH)
    return (1, in_channels, image_size, image_size)


def torchvision_network(placement: Placement, *, num_classes: int, image_size: int, model: str) -> nn.Module:
    """Build torchvision's network of this name with random weights."""
    del placement
    from torchvision.models import get_model

    sized = {"image_size": image_size} if model.startswith(SIZED) else {}
    network: nn.Module = get_model(model, weights=None, num_classes=num_classes, **sized)
    return network


def layer(placement: Placement, *, num_classes: int, image_size: int, layer: str) -> nn.Module:
    """Build one attention layer."""
    del placement, num_classes, image_size
    from .layers import LAYERS

    return LAYERS[layer]()


def _plain(name: str, factory: object, options: dict[str, str]) -> HostSpec:
    assert callable(factory)  # noqa: S101 - one of the two above
    return HostSpec(
        name=name,
        summary="counted as it is, without attention of ours",
        factory=factory,
        slots=MappingProxyType({}),
        options=MappingProxyType(options),
        origin=Origin.OURS,
    )
