"""The explicit table of suites."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from results.records import Mode

from . import accuracy, complexity, latency, marginal, memory, operators, overflow
from .selection import Defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attn_impls import Registry
    from bench.prepared import Prepared
    from results.records import Case

    from .selection import Selection


class Cases(Protocol):
    """Turns a selection into cases, in the order in which reports show them."""

    def __call__(self, selection: Selection, registry: Registry) -> list[Case]:
        """Return the cases."""


class OwnDefaults(Protocol):
    """Says what a suite measures where the user does not choose."""

    def __call__(self, registry: Registry) -> Defaults:
        """Return the suite's own defaults."""


def usual(registry: Registry) -> Defaults:
    """Return no defaults of a suite's own."""
    del registry
    return Defaults()


class PrepareCase(Protocol):
    """Builds what one case of the suite runs."""

    def __call__(self, case: Case, registry: Registry) -> Prepared:
        """Return something to count or to time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One question, the cases that answer it, and how one of them is prepared."""

    name: str
    question: str
    cases: Cases
    prepare: PrepareCase
    defaults: OwnDefaults = usual
    modes: tuple[Mode, ...] = (Mode.EAGER,)
    """How its cases can be executed."""
    in_networks: bool = True
    """Whether hosts make a difference to it."""


SUITES: Mapping[str, Suite] = MappingProxyType(
    {
        complexity.NAME: Suite(
            name=complexity.NAME,
            question="parameters, and multiply-adds by several rules",
            cases=complexity.cases,
            prepare=complexity.prepare,
        ),
        latency.NAME: Suite(
            name=latency.NAME,
            question="forward and backward latency",
            cases=latency.cases,
            prepare=latency.prepare,
        ),
        memory.NAME: Suite(
            name=memory.NAME,
            question="activations saved, peak of live bytes, bytes read and written",
            cases=memory.cases,
            prepare=memory.prepare,
        ),
        marginal.NAME: Suite(
            name=marginal.NAME,
            question="what attaching costs: parameters, multiply-adds, latency, against the plain network",
            cases=marginal.cases,
            prepare=marginal.prepare,
        ),
        operators.NAME: Suite(
            name=operators.NAME,
            question="functions on logits, eager, compiled and fused: latency, and GB/s against a copy",
            cases=operators.cases,
            prepare=operators.prepare,
            defaults=operators.defaults,
            modes=tuple(Mode),
            in_networks=False,
        ),
        overflow.NAME: Suite(
            name=overflow.NAME,
            question="the smallest inputs at which output or gradient fail, exact to the dtype's neighbouring number",
            cases=overflow.cases,
            prepare=overflow.prepare,
            defaults=overflow.defaults,
            modes=tuple(Mode),
            in_networks=False,
        ),
        accuracy.NAME: Suite(
            name=accuracy.NAME,
            question="errors against float64, over the scale of the inputs",
            cases=accuracy.cases,
            prepare=accuracy.prepare,
            defaults=accuracy.defaults,
            in_networks=False,
        ),
    }
)

#: What runs when nothing is named: a first answer within three minutes on two CPU cores.
DEFAULT = (complexity.NAME, latency.NAME)
