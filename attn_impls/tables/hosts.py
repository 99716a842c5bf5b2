"""Hosts: networks with named slots, one row each."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ..host import HostSpec
from ..spec import Family
from .activations import FELU_PAPER
from .papers import PSK_PAPER
from .residual_hosts import RESIDUAL_SLOTS, RESIDUAL_STAGES
from .residual_hosts import ROWS as RESIDUAL

if TYPE_CHECKING:
    from ..spec import Option

VGG_PAPER = "arXiv:1409.1556"
MOBILENET_V1_PAPER = "arXiv:1704.04861"
MOBILENET_V2_PAPER = "arXiv:1801.04381"
MOBILENET_V3_PAPER = "arXiv:1905.02244"
SHUFFLENET_V1_PAPER = "arXiv:1707.01083"
SHUFFLENET_V2_PAPER = "arXiv:1807.11164"

SHUFFLENET_STAGES = ("2", "3", "4")
ALL_STAGES = ("1", "2", "3", "4", "5")
CHAIN_SLOTS = MappingProxyType(
    {
        "block_output": Family.GATE,
        "after_spatial": Family.GATE,
        "stage_output": Family.GATE,
        "spatial_conv": Family.BRANCH,
    }
)
MOBILE_SLOTS = MappingProxyType({**CHAIN_SLOTS, "spatial_output": Family.GATE})
#: The attention that the network has is the first to be replaced.
SQUEEZE_EXCITE_SLOTS = MappingProxyType({"squeeze_excite": Family.GATE, **MOBILE_SLOTS})
#: The slot of the PSK paper comes first.
SMALL_MOBILE_SLOTS = MappingProxyType({"after_spatial": Family.GATE, **MOBILE_SLOTS})


def _shufflenet_v1(groups: int) -> HostSpec:
    return HostSpec(
        name=f"shufflenet_v1_g{groups}",
        summary=f"ShuffleNet 1x, 1x1 convolutions in {groups} group{'s' * (groups > 1)}",
        paper=SHUFFLENET_V1_PAPER,
        factory=".backbones.shufflenet_v1:shufflenet_v1",
        slots=CHAIN_SLOTS,
        stages=SHUFFLENET_STAGES,
        options=MappingProxyType({"groups": groups}),
    )


def _mobilenet_v3(name: str, summary: str, stages: tuple[str, ...], **options: Option) -> HostSpec:
    return HostSpec(
        name=name,
        summary=summary,
        paper=MOBILENET_V3_PAPER,
        factory=".backbones.torchvision_mobilenets:mobilenet_v3",
        slots=SQUEEZE_EXCITE_SLOTS if options.get("squeeze_excite", True) else MOBILE_SLOTS,
        stages=stages,
        options=MappingProxyType(options),
    )


ROWS = (
    HostSpec(
        name="resnext50_16x4d",
        summary="ResNeXt-50 with every channel halved, for small images",
        paper=PSK_PAPER,
        factory=".backbones.resnext:resnext50_16x4d",
        slots=RESIDUAL_SLOTS,
        stages=RESIDUAL_STAGES,
        image_size=32,
        num_classes=100,
    ),
    HostSpec(
        name="mobilenet_v3_small",
        summary="MobileNetV3-Small without its SE blocks, for small images",
        paper=PSK_PAPER,
        factory=".backbones.mobilenet_v3:mobilenet_v3_small",
        slots=SMALL_MOBILE_SLOTS,
        stages=ALL_STAGES[:4],
        image_size=32,
        num_classes=100,
    ),
    *RESIDUAL,
    HostSpec(
        name="vgg16_bn",
        summary="VGG-16 with batch normalisation",
        paper=VGG_PAPER,
        factory=".backbones.vgg:vgg16_bn",
        slots=CHAIN_SLOTS,
        stages=ALL_STAGES,
    ),
    HostSpec(
        name="mobilenet_v1",
        summary="MobileNet 1.0",
        paper=MOBILENET_V1_PAPER,
        factory=".backbones.mobilenet_v1:mobilenet_v1",
        slots=MOBILE_SLOTS,
        stages=ALL_STAGES,
    ),
    HostSpec(
        name="mobilenet_v2",
        summary="MobileNetV2 1.0",
        paper=MOBILENET_V2_PAPER,
        factory=".backbones.torchvision_mobilenets:mobilenet_v2",
        slots=MOBILE_SLOTS,
        stages=ALL_STAGES,
    ),
    _mobilenet_v3("mobilenet_v3_large", "MobileNetV3-Large with its SE blocks", ALL_STAGES, size="large"),
    _mobilenet_v3(
        "mobilenet_v3_large_no_se",
        "MobileNetV3-Large without its SE blocks",
        ALL_STAGES,
        size="large",
        squeeze_excite=False,
    ),
    # Its first block has a stride: no block is in stage 1.
    _mobilenet_v3("mobilenet_v3_small_imagenet", "MobileNetV3-Small with its SE blocks", ALL_STAGES[1:], size="small"),
    *(_shufflenet_v1(groups) for groups in (1, 2, 3, 4, 8)),
    HostSpec(
        name="shufflenet_v2",
        summary="ShuffleNetV2 1x",
        paper=SHUFFLENET_V2_PAPER,
        factory=".backbones.shufflenet_v2:shufflenet_v2",
        slots=CHAIN_SLOTS,
        stages=SHUFFLENET_STAGES,
    ),
    HostSpec(
        name="felu_net",
        summary="one convolution with channel attention and a classifier, for 28 x 28 digits",
        paper=FELU_PAPER,
        factory=".backbones.felu_net:felu_net",
        slots=MappingProxyType({"activation": Family.ACTIVATION, "squeeze_excite": Family.GATE}),
        image_size=28,
        in_channels=1,
        num_classes=10,
    ),
)
