"""Zhu et al. 2021, "Parallel Selective Kernel Attention Based on HardSoftmax": the networks of its Table 2."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from attn_impls import Family
from results.records import PLAIN, Case

from .. import complexity
from ..selection import Selection, entrants

if TYPE_CHECKING:
    from attn_impls import Registry
    from bench.complexity.counter import Counter
    from results.records import Complexity

#: The table's (attention, normaliser) -> our implementation. Its PSK counts fit a transform without BN.
IMPLEMENTATIONS = {
    ("none", ""): PLAIN,
    ("se", "sigmoid"): "se",
    ("se", "hard_sigmoid"): "se/hard_sigmoid",
    ("sk", "softmax"): "sk/softmax",
    ("sk", "hard_softmax"): "sk/hard_softmax",
    ("split", "softmax"): "split/softmax",
    ("split", "hard_softmax"): "split/hard_softmax",
    ("psk", "hard_softmax"): "psk/as_printed",
    ("psk_standard", "hard_softmax"): "psk/standard_1x1_as_printed",
}

#: As printed -> as the paper's text and the authors' module have it.
AS_IN_THE_TEXT = {"psk/as_printed": "psk", "psk/standard_1x1_as_printed": "psk/standard_1x1"}

#: What a newcomer sees first: the table's attentions, PSK as its text has it.
VARIANTS = tuple(AS_IN_THE_TEXT.get(name, name) for name in IMPLEMENTATIONS.values() if name != PLAIN)

IMAGE_SIZE = 32
NUM_CLASSES = 100


def case_for(host: str, implementation: str, registry: Registry) -> Case:
    """Return the complexity case of one network of the table.

    Args:
        host: the table's backbone, which is the name of our host.
        implementation: a value of IMPLEMENTATIONS or AS_IN_THE_TEXT.
        registry: what there is.

    """
    chosen = () if implementation == PLAIN else (implementation,)
    selection = Selection(implementations=chosen, hosts=(host,), image_size=IMAGE_SIZE, num_classes=NUM_CLASSES)
    return replace(entrants(selection, registry, host)[-1], suite=complexity.NAME, threads=complexity.THREADS)


def count(host: str, implementation: str, registry: Registry) -> Complexity:
    """Count one network of the table by every rule that can explain a cell."""
    from bench.complexity.counter import count_all
    from bench.threads import cpu_threads

    from ..build import build_module, random_input

    case = case_for(host, implementation, registry)
    with cpu_threads(case.threads):
        return count_all(build_module(case, registry), (random_input(case),), counters(registry))


def counters(registry: Registry) -> tuple[Counter, ...]:
    """Return the rules that can explain a cell: those of every report, and torchstat's with other normalisers counted.

    torchstat counts nn.Softmax and nothing else that normalises; its sibling here counts every normaliser like it.
    """
    from attn_impls.spec import resolve
    from bench.complexity.torchstat import TorchstatCounter

    normalizers = [resolve(spec.factory) for spec in registry.specs.values() if spec.family is Family.NORMALIZER]
    types = tuple(factory for factory in normalizers if isinstance(factory, type))
    return (*complexity.counters(), TorchstatCounter(types, rule="torchstat_normalizers_as_softmax"))
