"""How attentions of timm and torchvision that need more than their channels are built; ``layer`` is timm's class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch import nn
from torchvision.ops import SqueezeExcitation

if TYPE_CHECKING:
    from ..spec import Factory, Option


def selective_kernel(
    layer: Factory,
    in_channels: int,
    out_channels: int,
    *,
    kernel_size: int,
    stride: int,
    groups: int,
    **options: Option,
) -> nn.Module:
    """Build SK in place of a k x k convolution: k, and k + 2 as a dilated 3 x 3."""
    return layer(
        in_channels, out_channels, kernel_size=[kernel_size, kernel_size + 2], stride=stride, groups=groups, **options
    )


def split_attention(
    layer: Factory,
    in_channels: int,
    out_channels: int,
    *,
    kernel_size: int,
    stride: int,
    groups: int,
    **options: Option,
) -> nn.Module:
    """Build split attention with the batch norms that timm's ResNeSt gives it.

    Its convolution has ``groups * radix`` groups: in place of a depthwise one there are too few channels for them.
    """
    return layer(
        in_channels,
        out_channels,
        kernel_size=kernel_size,
        stride=stride,
        groups=groups,
        norm_layer=nn.BatchNorm2d,
        **options,
    )


def self_attention(
    layer: Factory,
    in_channels: int,
    out_channels: int,
    *,
    kernel_size: int,
    stride: int,
    groups: int,
    **options: Option,
) -> nn.Module:
    """Build self-attention in place of a convolution, with the norm and the activation after it."""
    # It has neither kernel nor groups.
    del kernel_size, groups
    return nn.Sequential(
        layer(in_channels, out_channels, stride=stride, **options), nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True)
    )


def lambda_layer(
    layer: Factory,
    in_channels: int,
    out_channels: int,
    *,
    kernel_size: int,
    stride: int,
    groups: int,
    **options: Option,
) -> nn.Module:
    """Build a lambda layer in place of a convolution that keeps the number of channels.

    Raises:
        ValueError: it does not: timm's layer is built all the same, and fails when it is called.

    """
    if in_channels != out_channels:
        msg = f"a lambda layer of timm keeps the number of channels; {in_channels} to {out_channels} is not possible"
        raise ValueError(msg)
    return self_attention(
        layer, in_channels, out_channels, kernel_size=kernel_size, stride=stride, groups=groups, **options
    )


def bottleneck(layer: Factory, channels: int, *, height: int, width: int, **options: Option) -> nn.Module:
    """Build self-attention with relative positions, which are of one size of map."""
    return layer(channels, feat_size=(height, width), **options)


def bilinear(
    layer: Factory, channels: int, *, height: int, width: int, block_size: int = 7, **options: Option
) -> nn.Module:
    """Build bilinear attention; its blocks must tile the map, so the largest that do are taken."""
    common = math.gcd(height, width)
    fitting = max(size for size in range(1, block_size + 1) if common % size == 0)
    return layer(channels, block_size=fitting, **options)


def squeeze_excitation(channels: int, *, reduction: int = 16, scale_activation: str = "Sigmoid") -> nn.Module:
    """Build torchvision's module; ``scale_activation`` is the name of a class of ``torch.nn``."""
    return SqueezeExcitation(channels, max(1, channels // reduction), scale_activation=getattr(nn, scale_activation))
