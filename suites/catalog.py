"""The explicit table of suites."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from . import complexity, latency, memory

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
    }
)

#: What runs when nothing is named: a first answer within three minutes on two CPU cores.
DEFAULT = (complexity.NAME, latency.NAME)
