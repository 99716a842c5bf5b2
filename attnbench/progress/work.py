"""The arithmetic of a call, as far as it is known without building a network: what its time is estimated from."""

from __future__ import annotations

import csv
from functools import cache
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from attn_impls import builtin
from results.records import (
    Batches,
    Complexity,
    Direction,
    FeatureMap,
    Images,
    Logits,
    Measured,
    Phase,
    Sequences,
    Tokens,
    TrainingSet,
)
from results.tokens import FLOPS_OF_MAC
from results.variants import RULE, variant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from results.records import Case, Outcome

#: Of the table of backbones, which ``benchmarks/backbone_work.py`` writes.
COLUMNS = ("backbone", "million_multiply_adds")
SCALE = 1_000_000
TABLE = Path(__file__).with_name("backbones.csv")
#: A backward pass computes the gradients of the weights and of the inputs, each as much as the forward pass.
PASSES: Mapping[Direction, int] = MappingProxyType(
    {Direction.FORWARD: 1, Direction.BACKWARD: 2, Direction.FORWARD_BACKWARD: 3}
)
#: A module alone takes no more than a 3 x 3 convolution, as most replace one or stand behind one.
KERNEL = 9


@cache
def backbones() -> Mapping[str, int]:
    """Return the multiply-adds of each built-in backbone for one image of its own size."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row[COLUMNS[0]]: int(row[COLUMNS[1]]) * SCALE for row in csv.DictReader(file)})


class Work:
    """Multiply-adds of calls: as the run itself has counted them, or as the table has them."""

    def __init__(self) -> None:
        self._counted: dict[tuple[object, ...], int] = {}

    def saw(self, outcome: Outcome) -> None:
        """Take over what a case of the suite that counts has found."""
        if isinstance(outcome, Measured) and isinstance(outcome.result, Complexity):
            counts = {count.rule: count.total for count in outcome.result.counts}
            if RULE in counts:
                self._counted[variant(outcome.case)] = counts[RULE]

    def of(self, case: Case) -> float | None:
        """Return the multiply-adds of one call, batch and direction included; None if they are not known."""
        image = self._of_one_image(case)
        return None if image is None else image * case.input.batch * _passes(case)

    def _of_one_image(self, case: Case) -> float | None:
        counted = self._counted.get(variant(case))
        if counted is not None:
            return counted
        match case.input:
            case Logits(shape=shape):
                # An exponential, a sum and a division; memory is slower than that.
                return 10.0 * prod(shape[1:])
            case FeatureMap(channels=channels, height=height, width=width):
                return float(KERNEL * channels * channels * height * width)
            case Tokens():
                # Those of exact attention: an approximation takes less, a slow implementation more.
                return case.input.with_batch(1).model_flops(Direction.FORWARD) / FLOPS_OF_MAC
            case Sequences(tokens=tokens, token_dim=dim):
                # Those of multi-head attention: four projections, and two products of all tokens with all.
                return float(4 * tokens * dim**2 + 2 * tokens**2 * dim)
            case Images(height=height) | Batches(height=height) | TrainingSet(height=height):
                return _of_network(case.host, height)


def _of_network(host: str | None, height: int) -> float | None:
    known = None if host is None else backbones().get(host)
    if known is None or host is None:
        return None
    # Convolutions grow with the area.
    return known * (height / builtin().host(host).image_size) ** 2


def _passes(case: Case) -> int:
    match case.input:
        case Batches(phase=phase):
            return PASSES[Direction.FORWARD_BACKWARD if phase is Phase.TRAINING else Direction.FORWARD]
        case TrainingSet():
            return PASSES[Direction.FORWARD_BACKWARD]
        case _:
            return PASSES[case.direction]
