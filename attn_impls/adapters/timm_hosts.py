"""Any network of timm as a backbone: ``timm:inception_resnet_v2``; some have slots. timm is an optional extra."""

from __future__ import annotations

from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..host import TIMM, HostSpec
from ..spec import Family, Origin

if TYPE_CHECKING:
    from torch import nn

    from ..host import Placement
    from .timm_tokens import Blocks


def timm_host(name: str) -> HostSpec:
    """Return the backbone of this name, which begins with ``timm:``; its image size and classes are timm's.

    Raises:
        ValueError: timm is not installed, or has no network of this name.

    """
    model = name.removeprefix(TIMM)
    if find_spec("timm") is None:
        msg = f"{name!r} needs timm, which is not installed: pip install 'attnbench[timm]'"
        raise ValueError(msg)
    import timm

    if not timm.is_model(model):
        msg = f"timm has no network {model!r}"
        raise ValueError(msg)
    config = timm.get_pretrained_cfg(model)
    channels, _, size = (3, 224, 224) if config is None else config.input_size
    construction = _construction(model)
    slots = () if construction is None else construction.slots
    return HostSpec(
        name=name,
        summary=f"timm's {model}" + ("" if slots else ", without attention of ours"),
        factory=build,
        origin=Origin.ADAPTER,
        slots=MappingProxyType(dict.fromkeys(slots, Family.MIXER)),
        stages=() if construction is None else construction.stages,
        options=MappingProxyType({"model": model}),
        image_size=size,
        in_channels=channels,
        num_classes=1000 if config is None else config.num_classes,
    )


def _construction(model: str) -> Blocks | None:
    """Return how a network is built that has slots for token mixers; None: it has none."""
    import timm

    from .timm_tokens import CONSTRUCTIONS

    return CONSTRUCTIONS.get(timm.model_entrypoint(model).__module__)


def build(placement: Placement, *, num_classes: int, image_size: int, model: str) -> nn.Module:
    """Build timm's network with random weights, plain or with a token mixer in the slot of every block."""
    import timm

    construction = _construction(model)
    if construction is None:
        plain: nn.Module = timm.create_model(model, pretrained=False, num_classes=num_classes)
        return plain
    from .timm_tokens import place_mixers

    size: dict[str, Any] = {"img_size": image_size} if construction.sized else {}
    network: nn.Module = timm.create_model(model, pretrained=False, num_classes=num_classes, **size)
    place_mixers(network, construction, placement, image_size)
    return network
