"""Residual networks: hosts of two or three convolutions a block around which a shortcut goes, one row each."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ..host import HostSpec
from ..spec import Family
from .branches import ROWS as BRANCHES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..spec import Option, Spec

RESNET_PAPER = "arXiv:1512.03385"
RESNEXT_PAPER = "arXiv:1611.05431"
SKNET_PAPER = "arXiv:1903.06586"
RESNEST_PAPER = "arXiv:2004.08955"

RESIDUAL_STAGES = ("2", "3", "4", "5")
#: What stands in ``spatial_conv`` has no place between a BN and an activation.
OCCUPIED_SLOTS = MappingProxyType(
    {
        "block_output": Family.GATE,
        "pre": Family.GATE,
        "post": Family.GATE,
        "identity": Family.GATE,
        "stage_output": Family.GATE,
        "spatial_conv": Family.BRANCH,
    }
)
RESIDUAL_SLOTS = MappingProxyType({**OCCUPIED_SLOTS, "after_spatial": Family.GATE})
CIFAR = MappingProxyType({"stem": "cifar"})
SK, SPLIT = (next(row for row in BRANCHES if row.name == name) for name in ("sk/official", "split/official"))


def _resnet(
    name: str,
    summary: str,
    depths: str,
    *,
    paper: str = RESNET_PAPER,
    occupants: Mapping[str, Spec] = MappingProxyType({}),
    small: bool = False,
    **options: Option,
) -> HostSpec:
    """Return a residual network of torchvision; a ``small`` one is for CIFAR-100."""
    return HostSpec(
        name=name,
        summary=summary,
        paper=paper,
        factory=".backbones.resnet:resnet",
        slots=OCCUPIED_SLOTS if occupants else RESIDUAL_SLOTS,
        stages=RESIDUAL_STAGES,
        options=MappingProxyType({"depths": depths, **options, **(CIFAR if small else {})}),
        occupants=occupants,
        image_size=32 if small else 224,
        num_classes=100 if small else 1000,
    )


def _sknet(name: str, depths: str, *, narrow_stages: tuple[str, ...] = ()) -> HostSpec:
    """Return a ResNeXt 32x4d whose 3x3 convolutions are SK; in the narrow stages d = C/r may be below 32."""
    narrow = SK.with_options({"minimum_width": 16})
    return _resnet(
        name,
        f"SKNet-{name.removeprefix('sknet')}, ResNeXt 32x4d with selective kernels",
        depths,
        paper=SKNET_PAPER,
        occupants=MappingProxyType(
            {"spatial_conv": SK, **{f"spatial_conv@{stage}": narrow for stage in narrow_stages}}
        ),
        groups=32,
        width_per_group=4,
    )


def _resnest(name: str, *, radix: int, cardinality: int, width: int, pooling: str) -> HostSpec:
    """Return a ResNeSt-50; its authors write radix, cardinality and width as in 2s1x64d."""
    setting = f"{radix}s{cardinality}x{width}d"
    fast = ", fast: pooling before the 3x3" if pooling == "pool_before" else ""
    return _resnet(
        name,
        f"ResNeSt-50 {setting}{fast}",
        "3-4-6-3",
        paper=RESNEST_PAPER,
        occupants=MappingProxyType({"spatial_conv": SPLIT.with_options({"radix": radix})}),
        groups=cardinality,
        width_per_group=width,
        strides=pooling,
        stem="deep",
        shortcut="pool",
    )


def _resnest_fast(radix: int, cardinality: int, width: int) -> HostSpec:
    name = f"resnest50_fast_{radix}s{cardinality}x{width}d"
    return _resnest(name, radix=radix, cardinality=cardinality, width=width, pooling="pool_before")


ROWS = (
    _resnet("resnet18", "ResNet-18", "2-2-2-2", bottleneck=False),
    _resnet("resnet34", "ResNet-34", "3-4-6-3", bottleneck=False),
    _resnet("resnet50", "ResNet-50 v1.5, stride at the 3x3", "3-4-6-3"),
    _resnet("resnet101", "ResNet-101 v1.5, stride at the 3x3", "3-4-23-3"),
    _resnet("resnet152", "ResNet-152 v1.5, stride at the 3x3", "3-8-36-3"),
    _resnet("resnet50_v1", "ResNet-50, stride at the first 1x1", "3-4-6-3", strides="v1"),
    _resnet("resnet101_v1", "ResNet-101, stride at the first 1x1", "3-4-23-3", strides="v1"),
    _resnet("resnet152_v1", "ResNet-152, stride at the first 1x1", "3-8-36-3", strides="v1"),
    _resnet("resnext50_32x4d", "ResNeXt-50 32x4d", "3-4-6-3", paper=RESNEXT_PAPER, groups=32, width_per_group=4),
    _resnet("resnext101_32x4d", "ResNeXt-101 32x4d", "3-4-23-3", paper=RESNEXT_PAPER, groups=32, width_per_group=4),
    _resnet("resnet18_cifar", "ResNet-18 for 32 x 32 images", "2-2-2-2", small=True, bottleneck=False),
    _resnet("resnet50_cifar", "ResNet-50 for 32 x 32 images", "3-4-6-3", small=True),
    _sknet("sknet26", "2-2-2-2"),
    _sknet("sknet50", "3-4-6-3"),
    # Its authors' definition (implus/SKNet, sknet101.prototxt) has d = 16 in stage 3, below the paper's least of 32.
    _sknet("sknet101", "3-4-23-3", narrow_stages=("3",)),
    _resnest("resnest50", radix=2, cardinality=1, width=64, pooling="pool_after"),
    _resnest_fast(1, 1, 64),
    _resnest_fast(2, 1, 64),
    _resnest_fast(4, 1, 64),
    _resnest_fast(1, 2, 40),
    _resnest_fast(2, 2, 40),
    _resnest_fast(4, 2, 40),
    _resnest_fast(1, 4, 24),
)
