"""What the backbones have in common: the size of maps, the sites of slots, and what stands at a k x k convolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from ..site import Site

if TYPE_CHECKING:
    from ..host import Placement

#: The activations of the backbones, which overwrite their input.
IN_PLACE = (nn.ReLU, nn.ReLU6, nn.Hardswish)


def strided(size: int, stride: int) -> int:
    """Return the size of the map that a convolution padded to keep the size makes with this stride."""
    return -(-size // stride)


def site_of(conv: nn.Conv2d, *, size: int, stage: str) -> Site:
    """Return the site of a convolution whose input is [B, Cin, size, size]."""
    return Site(
        in_channels=conv.in_channels,
        out_channels=conv.out_channels,
        kernel_size=conv.kernel_size[0],
        stride=conv.stride[0],
        groups=conv.groups,
        height=size,
        width=size,
        stage=stage,
    )


def map_site(channels: int, *, size: int, stage: str) -> Site:
    """Return the site of a gate on a map [B, channels, size, size]."""
    return Site(
        in_channels=channels,
        out_channels=channels,
        kernel_size=1,
        stride=1,
        groups=1,
        height=size,
        width=size,
        stage=stage,
    )


def spatial(
    conv: nn.Conv2d, norm: nn.Module, activation: nn.Module | None, placement: Placement, *, size: int, stage: str
) -> nn.Module:
    """Return a k x k convolution, its BN and its activation, with what the slots around them hold.

    ``spatial_conv`` replaces all three; ``after_spatial`` stands between the BN and the activation.

    Args:
        conv: the convolution.
        norm: the BN after it.
        activation: what follows the BN; None: nothing.
        placement: what goes into which slot.
        size: height and width of the convolution's input.
        stage: the backbone's name for the group of blocks.

    """
    site = site_of(conv, size=size, stage=stage)
    branch = placement.at("spatial_conv", site)
    if branch is not None:
        return branch
    outside = map_site(conv.out_channels, size=strided(size, site.stride), stage=stage)
    gate = placement.at("after_spatial", outside)
    if gate is not None and isinstance(activation, IN_PLACE):
        # What a gate returns may be needed for its gradient: the activation after it must not overwrite it. The object
        # is changed, not copied: counting rules that count a module once must see it shared as in the plain network.
        activation.inplace = False
    return nn.Sequential(*(part for part in (conv, norm, gate, activation) if part is not None))
