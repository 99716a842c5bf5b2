"""MobileNetV2 and V3 of torchvision with named slots (Sandler et al., arXiv:1801.04381; Howard et al., 1905.02244)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from torch import nn
from torchvision import models
from torchvision.ops import Conv2dNormActivation, SqueezeExcitation

from ..arguments import require_known
from .inverted_residual import SlottedInvertedResidual
from .sites import strided
from .stages import stages_of, with_stage_outputs

if TYPE_CHECKING:
    from ..host import Placement

STEM_STRIDE = 2


def mobilenet_v2(placement: Placement, *, num_classes: int, image_size: int) -> nn.Module:
    """Build torchvision's MobileNetV2, plain or with an attention in one slot."""
    network = models.mobilenet_v2(num_classes=num_classes)
    return _with_slots(network, placement, layers="conv", image_size=image_size)


def mobilenet_v3(
    placement: Placement, *, num_classes: int, image_size: int, size: str, squeeze_excite: bool = True
) -> nn.Module:
    """Build torchvision's MobileNetV3, plain or with an attention in one slot.

    Args:
        placement: what goes into which slot.
        num_classes: width of the classifier.
        image_size: height and width of the images.
        size: ``large`` or ``small``.
        squeeze_excite: whether the blocks that have SE keep it, or what replaces it; else there is none.

    Raises:
        ValueError: the size is unknown.

    """
    makers = {"large": models.mobilenet_v3_large, "small": models.mobilenet_v3_small}
    require_known("size", size, makers)
    network = makers[size](num_classes=num_classes)
    return _with_slots(network, placement, layers="block", image_size=image_size, squeeze_excite=squeeze_excite)


class Parts(NamedTuple):
    """A block of torchvision's, taken apart."""

    expand: list[nn.Module]
    """The first 1x1, its BN and its activation; empty where there is none."""
    conv: nn.Conv2d
    """The depthwise convolution, whose BN and activation are the next two."""
    norm: nn.Module
    activation: nn.Module
    squeeze_excite: nn.Module | None
    project: list[nn.Module]


def _parts(layers: nn.Sequential) -> Parts:
    ordered: list[Any] = list(layers)
    at = next(i for i, part in enumerate(ordered) if isinstance(part, Conv2dNormActivation) and part[0].groups > 1)
    conv, norm, activation = ordered[at]
    after = ordered[at + 1 :]
    attention = after.pop(0) if isinstance(after[0], SqueezeExcitation) else None
    return Parts(ordered[:at], conv, norm, activation, attention, after)


def _with_slots(
    network: models.MobileNetV2 | models.MobileNetV3,
    placement: Placement,
    *,
    layers: str,
    image_size: int,
    squeeze_excite: bool = True,
) -> nn.Module:
    """Replace the blocks of torchvision's network, between its stem and its last 1x1, by ours, which adopt theirs.

    ``layers`` names the attribute in which torchvision's block has its layers.
    """
    stem, *blocks, last = network.features
    every_parts = [_parts(getattr(block, layers)) for block in blocks]
    slotted = []
    size = strided(image_size, STEM_STRIDE)
    stages = stages_of(parts.conv.stride[0] for parts in every_parts)
    for block, parts, stage in zip(blocks, every_parts, stages, strict=True):
        ours = SlottedInvertedResidual(
            placement,
            expand=nn.Sequential(*parts.expand),
            conv=parts.conv,
            norm=parts.norm,
            activation=parts.activation,
            squeeze_excite=parts.squeeze_excite if squeeze_excite else None,
            project=nn.Sequential(*parts.project),
            residual=block.use_res_connect,
            channels=block.out_channels,
            size=size,
            stage=stage,
        )
        slotted.append((ours, ours.site))
        size = ours.site.height
    network.features = nn.Sequential(stem, *with_stage_outputs(slotted, placement), last)
    return network
