"""The explicit table of what can be measured. A row names its factory as text: reading the table imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from .spec import Family, HostSpec, Spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Reports call a host without attention so.
NO_ATTENTION = "none"

PSK_PAPER = "doi:10.3778/j.issn.1002-8331.2010-0085"

SPECS = (
    Spec(
        name="softmax",
        family=Family.NORMALIZER,
        summary="softmax as PyTorch implements it",
        factory="torch.nn:Softmax",
    ),
    Spec(
        name="softmax/naive",
        family=Family.NORMALIZER,
        summary="softmax written by hand as exp(x) / sum(exp(x)); overflows early",
        factory=".normalizers:NaiveSoftmax",
    ),
    Spec(
        name="softmax/stable",
        family=Family.NORMALIZER,
        summary="softmax written by hand, the row's maximum subtracted first",
        factory=".normalizers:StableSoftmax",
    ),
    Spec(
        name="hard_softmax",
        family=Family.NORMALIZER,
        summary="HardSoftmax, piecewise and free of cancellation",
        paper=PSK_PAPER,
        factory=".normalizers:HardSoftmax",
    ),
    Spec(
        name="hard_softmax/as_written",
        family=Family.NORMALIZER,
        summary="HardSoftmax as the paper writes it, PLU(x) + 1 over its sum",
        paper=PSK_PAPER,
        factory=".normalizers:HardSoftmaxAsWritten",
    ),
    Spec(
        name="plu",
        family=Family.ACTIVATION,
        summary="PLU, max(x, a x / (1 + |x|))",
        paper=PSK_PAPER,
        factory=".activations:PLU",
    ),
    Spec(
        name="se",
        family=Family.GATE,
        summary="squeeze-and-excitation, sigmoid, reduction 4",
        paper="arXiv:1709.01507",
        factory=".gates.squeeze_excite:SqueezeExcite",
        options=MappingProxyType({"reduction": 4}),
    ),
    Spec(
        name="se/hard_sigmoid",
        family=Family.GATE,
        summary="squeeze-and-excitation, hard sigmoid, reduction 4",
        paper="arXiv:1709.01507",
        factory=".gates.squeeze_excite:SqueezeExcite",
        options=MappingProxyType({"reduction": 4, "excitation": "hard_sigmoid"}),
    ),
    Spec(
        name="sk/softmax",
        family=Family.BRANCH,
        summary="selective kernel, 3x3 and 5x5, softmax",
        paper="arXiv:1903.06586",
        factory=".branches.selective_kernel:SelectiveKernel",
        options=MappingProxyType({"normalizer": "softmax"}),
    ),
    Spec(
        name="sk/hard_softmax",
        family=Family.BRANCH,
        summary="selective kernel, 3x3 and 5x5, HardSoftmax",
        paper="arXiv:1903.06586",
        factory=".branches.selective_kernel:SelectiveKernel",
        options=MappingProxyType({"normalizer": "hard_softmax"}),
    ),
    Spec(
        name="split/softmax",
        family=Family.BRANCH,
        summary="split attention, radix 2, softmax",
        paper="arXiv:2004.08955",
        factory=".branches.split:SplitAttention",
        options=MappingProxyType({"normalizer": "softmax"}),
    ),
    Spec(
        name="split/hard_softmax",
        family=Family.BRANCH,
        summary="split attention, radix 2, HardSoftmax",
        paper="arXiv:2004.08955",
        factory=".branches.split:SplitAttention",
        options=MappingProxyType({"normalizer": "hard_softmax"}),
    ),
    Spec(
        name="psk",
        family=Family.BRANCH,
        summary="parallel selective kernel, grouped 1x1, BN (the paper's text, the authors' module)",
        paper=PSK_PAPER,
        factory=".branches.parallel_selective_kernel:ParallelSelectiveKernel",
    ),
    Spec(
        name="psk/standard_1x1",
        family=Family.BRANCH,
        summary="parallel selective kernel, standard 1x1, BN",
        paper=PSK_PAPER,
        factory=".branches.parallel_selective_kernel:ParallelSelectiveKernel",
        options=MappingProxyType({"grouped": False}),
    ),
    Spec(
        name="psk/as_printed",
        family=Family.BRANCH,
        summary="parallel selective kernel, grouped 1x1, bias and no BN, as Table 2's counts imply",
        paper=PSK_PAPER,
        factory=".branches.parallel_selective_kernel:ParallelSelectiveKernel",
        options=MappingProxyType({"batch_norm": False}),
    ),
    Spec(
        name="psk/standard_1x1_as_printed",
        family=Family.BRANCH,
        summary="parallel selective kernel, standard 1x1, bias and no BN, as Table 2's counts imply",
        paper=PSK_PAPER,
        factory=".branches.parallel_selective_kernel:ParallelSelectiveKernel",
        options=MappingProxyType({"grouped": False, "batch_norm": False}),
    ),
)

HOSTS = (
    HostSpec(
        name="resnext50_16x4d",
        summary="ResNeXt-50 with every channel halved, for small images",
        paper=PSK_PAPER,
        factory=".backbones.resnext:resnext50_16x4d",
        slots=MappingProxyType({"block_output": Family.GATE, "spatial_conv": Family.BRANCH}),
    ),
    HostSpec(
        name="mobilenet_v3_small",
        summary="MobileNetV3-Small without its SE blocks, for small images",
        paper=PSK_PAPER,
        factory=".backbones.mobilenet_v3:mobilenet_v3_small",
        slots=MappingProxyType({"after_depthwise": Family.GATE, "spatial_conv": Family.BRANCH}),
    ),
)


@dataclass(frozen=True, slots=True)
class Registry:
    """Implementations and hosts by name, in the order of their tables."""

    specs: Mapping[str, Spec]
    hosts: Mapping[str, HostSpec]

    def with_specs(self, added: Iterable[Spec]) -> Registry:
        """Return a registry that has these specs too.

        Raises:
            ValueError: a name is taken, or is the word for no attention.

        """
        specs = dict(self.specs)
        for spec in added:
            if spec.name in specs or spec.name == NO_ATTENTION:
                msg = f"the implementation name {spec.name!r} is taken; choose another"
                raise ValueError(msg)
            specs[spec.name] = spec
        return Registry(MappingProxyType(specs), self.hosts)


@cache
def builtin() -> Registry:
    """Return the implementations and hosts that come with attnbench."""
    hosts = MappingProxyType({host.name: host for host in HOSTS})
    return Registry(MappingProxyType({}), hosts).with_specs(SPECS)
