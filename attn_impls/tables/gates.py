"""Gates: one row each. Ablations need none: every option can be given with the name, as in ``se:reduction=4``."""

from __future__ import annotations

from types import MappingProxyType

from ..spec import Family, Spec

ROWS = (
    Spec(
        name="se",
        family=Family.GATE,
        summary="squeeze-and-excitation, sigmoid, reduction 16",
        paper="arXiv:1709.01507",
        factory=".gates.squeeze_excite:SqueezeExcite",
    ),
    Spec(
        name="se/hard_sigmoid",
        family=Family.GATE,
        summary="squeeze-and-excitation, hard sigmoid, reduction 16",
        paper="arXiv:1709.01507",
        factory=".gates.squeeze_excite:SqueezeExcite",
        options=MappingProxyType({"excitation": "hard_sigmoid"}),
    ),
    Spec(
        name="eca",
        family=Family.GATE,
        summary="efficient channel attention: convolution across the channels, whose number sets its length",
        paper="arXiv:1910.03151",
        factory=".gates.eca:EfficientChannelAttention",
    ),
    Spec(
        name="gct",
        family=Family.GATE,
        summary="gated channel transformation: channels compete by their norms; the identity at first",
        paper="arXiv:1909.11519",
        factory=".gates.gct:GatedChannelTransform",
    ),
    Spec(
        name="ge/theta_minus",
        family=Family.GATE,
        summary="gather-excite, global extent, no parameters",
        paper="arXiv:1810.12348",
        factory=".gates.gather_excite:GatherExciteMinus",
    ),
    Spec(
        name="ge/theta",
        family=Family.GATE,
        summary="gather-excite, global depthwise convolution",
        paper="arXiv:1810.12348",
        factory=".gates.gather_excite:GatherExcite",
        sized=True,
    ),
    Spec(
        name="ge/theta_plus",
        family=Family.GATE,
        summary="gather-excite, global depthwise convolution and bottleneck, reduction 16",
        paper="arXiv:1810.12348",
        factory=".gates.gather_excite:GatherExcite",
        options=MappingProxyType({"bottleneck": True}),
        sized=True,
    ),
    Spec(
        name="srm",
        family=Family.GATE,
        summary="style-based recalibration by mean and deviation",
        paper="arXiv:1903.10829",
        factory=".gates.srm:StyleRecalibration",
    ),
    Spec(
        name="simam",
        family=Family.GATE,
        summary="SimAM: the energy of every position, no parameters",
        paper="PMLR 139:11863",
        factory=".gates.simam:SimAM",
    ),
    Spec(
        name="cbam",
        family=Family.GATE,
        summary="convolutional block attention: channels, then positions, reduction 16, kernel 7",
        paper="arXiv:1807.06521",
        factory=".gates.cbam:CBAM",
    ),
    Spec(
        name="bam",
        family=Family.GATE,
        summary="bottleneck attention: channels and positions added, reduction 16, dilation 4",
        paper="arXiv:1807.06514",
        factory=".gates.bam:BAM",
    ),
    Spec(
        name="triplet",
        family=Family.GATE,
        summary="triplet attention: the mean of gates over (C, W), (H, C) and (H, W), kernel 7",
        paper="arXiv:2010.03045",
        factory=".gates.triplet:Triplet",
    ),
    Spec(
        name="nam",
        family=Family.GATE,
        summary="normalisation-based attention: channels, then pixels",
        paper="arXiv:2111.12419",
        factory=".gates.nam:NAM",
        sized=True,
    ),
    Spec(
        name="nam/channel",
        family=Family.GATE,
        summary="normalisation-based attention, channels alone",
        paper="arXiv:2111.12419",
        factory=".gates.nam:NAMChannel",
    ),
    Spec(
        name="nam/spatial",
        family=Family.GATE,
        summary="normalisation-based attention, pixels alone",
        paper="arXiv:2111.12419",
        factory=".gates.nam:NAMSpatial",
        sized=True,
    ),
    Spec(
        name="coordinate",
        family=Family.GATE,
        summary="coordinate attention: a gate for each row and one for each column, reduction 32",
        paper="arXiv:2103.02907",
        factory=".gates.coordinate:Coordinate",
    ),
    Spec(
        name="global_context",
        family=Family.GATE,
        summary="global context: a softmax-weighted sum of all positions, transformed and added, reduction 16",
        paper="arXiv:1904.11492",
        factory=".gates.global_context:GlobalContext",
    ),
)
