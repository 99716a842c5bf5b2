"""What does attaching cost: parameters, multiply-adds and time, each against the plain host?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Never

from . import complexity, latency
from .selection import NO_HOST

if TYPE_CHECKING:
    from attn_impls import Registry
    from results.records import Case

    from .selection import Selection

NAME = "marginal"


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return the networks' cases of the suites that count and time: the costs are differences of what these measure.

    An attention alone and functions on logits have no plain host to be compared with.
    """
    networks = replace(selection, hosts=tuple(host for host in selection.hosts if host != NO_HOST))
    measured = [*complexity.cases(networks, registry), *latency.cases(networks, registry)]
    return [case for case in measured if case.host is not None]


def prepare(case: Case, registry: Registry) -> Never:
    """Refuse: every case belongs to the suite that counts or times it.

    Raises:
        ValueError: always.

    """
    del registry
    msg = f"{case.suite} prepares this case, not {NAME}"
    raise ValueError(msg)
