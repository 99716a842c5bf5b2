"""Branches: one row each. Options can be given with the name, as in ``sk/official:normalizer=entmax15``."""

from __future__ import annotations

from types import MappingProxyType

from ..spec import Family, Spec
from .papers import PSK_PAPER

ROWS = (
    Spec(
        name="sk/softmax",
        family=Family.BRANCH,
        summary="selective kernel in the PSK paper's form: 3x3 and 5x5, softmax",
        paper="arXiv:1903.06586",
        factory=".branches.selective_kernel:SelectiveKernel",
        options=MappingProxyType({"normalizer": "softmax"}),
    ),
    Spec(
        name="sk/hard_softmax",
        family=Family.BRANCH,
        summary="selective kernel in the PSK paper's form: 3x3 and 5x5, HardSoftmax",
        paper="arXiv:1903.06586",
        factory=".branches.selective_kernel:SelectiveKernel",
        options=MappingProxyType({"normalizer": "hard_softmax"}),
    ),
    Spec(
        name="sk/official",
        family=Family.BRANCH,
        summary="selective kernel as in SKNet: 3x3 of dilation 1 and 2, softmax",
        paper="arXiv:1903.06586",
        factory=".branches.official_selective_kernel:OfficialSelectiveKernel",
    ),
    Spec(
        name="split/softmax",
        family=Family.BRANCH,
        summary="split attention in the PSK paper's form: two convolutions, softmax",
        paper="arXiv:2004.08955",
        factory=".branches.split:SplitAttention",
        options=MappingProxyType({"normalizer": "softmax"}),
    ),
    Spec(
        name="split/hard_softmax",
        family=Family.BRANCH,
        summary="split attention in the PSK paper's form: two convolutions, HardSoftmax",
        paper="arXiv:2004.08955",
        factory=".branches.split:SplitAttention",
        options=MappingProxyType({"normalizer": "hard_softmax"}),
    ),
    Spec(
        name="split/official",
        family=Family.BRANCH,
        summary="split attention as in ResNeSt: radix 2, one convolution for both splits, softmax",
        paper="arXiv:2004.08955",
        factory=".branches.official_split:OfficialSplitAttention",
    ),
    Spec(
        name="psk",
        family=Family.BRANCH,
        summary="parallel selective kernel: HardSoftmax, grouped 1x1, BN, as in its authors' module",
        paper=PSK_PAPER,
        factory=".branches.parallel_selective_kernel:ParallelSelectiveKernel",
    ),
    Spec(
        name="psk/standard_1x1",
        family=Family.BRANCH,
        summary="parallel selective kernel: HardSoftmax, standard 1x1, BN",
        paper=PSK_PAPER,
        factory=".branches.parallel_selective_kernel:ParallelSelectiveKernel",
        options=MappingProxyType({"grouped": False}),
    ),
    Spec(
        name="psk/as_printed",
        family=Family.BRANCH,
        summary="parallel selective kernel: HardSoftmax, grouped 1x1, bias and no BN, as Table 2's counts imply",
        paper=PSK_PAPER,
        factory=".branches.parallel_selective_kernel:ParallelSelectiveKernel",
        options=MappingProxyType({"batch_norm": False}),
    ),
    Spec(
        name="psk/standard_1x1_as_printed",
        family=Family.BRANCH,
        summary="parallel selective kernel: HardSoftmax, standard 1x1, bias and no BN, as Table 2's counts imply",
        paper=PSK_PAPER,
        factory=".branches.parallel_selective_kernel:ParallelSelectiveKernel",
        options=MappingProxyType({"grouped": False, "batch_norm": False}),
    ),
)
