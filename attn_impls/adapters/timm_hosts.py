"""Any network of timm as a plain backbone: ``timm:inception_resnet_v2``. It has no slots. timm is an optional extra."""

from __future__ import annotations

from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..host import TIMM, HostSpec
from ..spec import Origin

if TYPE_CHECKING:
    from torch import nn

    from ..host import Placement


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
    return HostSpec(
        name=name,
        summary=f"timm's {model}, without attention of ours",
        factory=build,
        origin=Origin.ADAPTER,
        slots=MappingProxyType({}),
        options=MappingProxyType({"model": model}),
        image_size=size,
        in_channels=channels,
        num_classes=1000 if config is None else config.num_classes,
    )


def build(placement: Placement, *, num_classes: int, image_size: int, model: str) -> nn.Module:
    """Build timm's network with random weights; nothing can be put into it."""
    del placement, image_size
    import timm

    network: nn.Module = timm.create_model(model, pretrained=False, num_classes=num_classes)
    return network
