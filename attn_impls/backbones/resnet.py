"""Residual networks of torchvision with named slots, and their relatives that differ in stem, stride and shortcut.

He et al., arXiv:1512.03385; Xie et al., arXiv:1611.05431; Zhang et al., arXiv:2004.08955.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from .residual_blocks import SlottedBasicBlock, SlottedBottleneck
from .sites import map_site, strided

if TYPE_CHECKING:
    from ..host import Placement

#: As papers number them: the stem is stage 1.
STAGES = ("2", "3", "4", "5")
STEM_CHANNELS = 64
DEEP_STEM_WIDTH = 32
#: Where a strided bottleneck has its stride, and where it pools for it.
POOLING = {"v1": None, "v1.5": None, "pool_before": "before", "pool_after": "after"}
STEMS = ("imagenet", "cifar", "deep")
SHORTCUTS = ("conv", "pool")


def resnet(
    placement: Placement,
    *,
    num_classes: int,
    image_size: int,
    depths: str,
    bottleneck: bool = True,
    groups: int = 1,
    width_per_group: int = 64,
    strides: str = "v1.5",
    stem: str = "imagenet",
    shortcut: str = "conv",
) -> nn.Module:
    """Build torchvision's residual network, plain or with an attention in one slot.

    Args:
        placement: what goes into which slot.
        num_classes: width of the classifier.
        image_size: height and width of the images.
        depths: blocks of the four stages, as in ``3-4-6-3``.
        bottleneck: blocks of three convolutions, not of two.
        groups: of the 3x3 convolutions.
        width_per_group: channels of each group in the first stage.
        strides: of bottlenecks: ``v1.5``, as torchvision has them: at the 3x3; ``v1``, as in the paper: at the first
            1x1; ``pool_before`` and ``pool_after``: by average pooling around the 3x3, as in ResNeSt, whose "fast"
            networks pool before it.
        stem: ``imagenet``, 7x7 with stride 2 and max-pooling; ``deep``, three 3x3 with stride 2 in their place;
            ``cifar``, 3x3 with stride 1 and no pooling.
        shortcut: a strided block's: ``conv``, a strided 1x1; ``pool``, average pooling before a 1x1.

    Raises:
        ValueError: the strides, the stem or the shortcut are unknown.

    """
    for given, known in ((strides, tuple(POOLING)), (stem, STEMS), (shortcut, SHORTCUTS)):
        if given not in known:
            msg = f"unknown {given!r}; choose from {', '.join(known)}"
            raise ValueError(msg)
    network = ResNet(
        Bottleneck if bottleneck else BasicBlock,
        [int(depth) for depth in depths.split("-")],
        num_classes=num_classes,
        groups=groups,
        width_per_group=width_per_group,
    )
    size = _change_stem(network, stem, image_size)
    for stage, layer in zip(STAGES, (network.layer1, network.layer2, network.layer3, network.layer4), strict=True):
        for index, block in enumerate(layer):
            if shortcut == "pool":
                _pool_shortcut(block)
            layer[index] = _slotted(block, placement, size=size, stage=stage, strides=strides)
            size = strided(size, block.stride)
        gate = placement.at("stage_output", map_site(layer[-1].out_channels, size=size, stage=stage))
        if gate is not None:
            layer.append(gate)
    return network


def _slotted(block: nn.Module, placement: Placement, *, size: int, stage: str, strides: str) -> nn.Module:
    if isinstance(block, BasicBlock):
        return SlottedBasicBlock(block, placement, size=size, stage=stage)
    assert isinstance(block, Bottleneck)  # noqa: S101 - torchvision has these two
    if strides == "v1":
        block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
    return SlottedBottleneck(block, placement, size=size, stage=stage, pooling=POOLING[strides])


def _change_stem(network: ResNet, stem: str, image_size: int) -> int:
    """Bring the network's stem into this form; return the size of the map that it gives."""
    match stem:
        case "cifar":
            network.conv1 = _convolution(3, STEM_CHANNELS, stride=1)
            network.maxpool = nn.Identity()
            return image_size
        case "deep":
            network.conv1 = nn.Sequential(
                _convolution(3, DEEP_STEM_WIDTH, stride=2),
                nn.BatchNorm2d(DEEP_STEM_WIDTH),
                nn.ReLU(inplace=True),
                _convolution(DEEP_STEM_WIDTH, DEEP_STEM_WIDTH, stride=1),
                nn.BatchNorm2d(DEEP_STEM_WIDTH),
                nn.ReLU(inplace=True),
                _convolution(DEEP_STEM_WIDTH, STEM_CHANNELS, stride=1),
            )
    return strided(image_size, 4)


def _convolution(in_channels: int, out_channels: int, *, stride: int) -> nn.Conv2d:
    conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
    # As torchvision's network initialises the convolutions that it makes itself.
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return conv


def _pool_shortcut(block: BasicBlock | Bottleneck) -> None:
    """Let a strided block's shortcut pool before its 1x1, which then keeps the size."""
    if block.stride == 1:
        return
    conv, norm = block.downsample
    conv.stride = (1, 1)
    # Rounding up, as the strided convolutions beside it do; what lies outside the map is not averaged.
    pool = nn.AvgPool2d(block.stride, block.stride, ceil_mode=True, count_include_pad=False)
    block.downsample = nn.Sequential(pool, conv, norm)
