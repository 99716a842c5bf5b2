"""The cases of base and head, each beside the other's."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.errors import UsageError
from results.records import PLAIN
from suites import latency
from suites.request import plan
from suites.selection import added, as_it_is_now

from .exact_run import EXACT
from .order import AUDIT, nameless

if TYPE_CHECKING:
    from collections.abc import Iterable

    from results.records import Case

    from .loading import Loaded
    from .order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One case in both versions; None: a version has none."""

    head: Case | None
    base: Case | None

    @property
    def either(self) -> Case:
        """Head's, or base's if head has none."""
        case = self.head or self.base
        assert case is not None  # noqa: S101 - one of them is there
        return case

    @property
    def unchanged(self) -> bool:
        """Whether both have it, from the same source."""
        return self.head is not None and self.base is not None and self.head.source == self.base.source


def pairs_of(order: Order, base: Loaded, head: Loaded) -> tuple[list[Pair], int]:
    """Return the cases of both versions, and the CPU threads to use.

    Raises:
        UsageError: neither version has what was asked for.

    """
    (heads, threads), (bases, threads_of_base) = _known(order, head), _known(order, base)
    if not heads and not bases:
        # Head says what is wrong.
        cases_of(order, head)
    pairs = [Pair(head=case, base=_in(base, case)) for case in heads]
    known = {nameless(case) for case in heads}
    gone = [Pair(head=None, base=case) for case in bases if nameless(case) not in known]
    return [*pairs, *gone], threads or threads_of_base


def _known(order: Order, version: Loaded) -> tuple[list[Case], int]:
    """Return the cases of one version, none if it does not know what was asked for, and the CPU threads to use."""
    try:
        return cases_of(order, version)
    except UsageError:
        return [], 0


def cases_of(order: Order, version: Loaded) -> tuple[list[Case], int]:
    """Return the cases of one version, the exact ones first, and the CPU threads to use."""
    suites = ((*EXACT,) if order.exact else ()) + ((latency.NAME,) if order.timed else ())
    request = order.request
    with version.active():
        if not request.impls and order.plugins:
            # What a plug-in brings is what its repository can change.
            request = dataclasses.replace(request, impls=added(version.registry))
            if not request.impls:
                msg = f"{', '.join(order.plugins)} brings no implementation; name some with --impl"
                raise UsageError(msg)
        _, cases, threads = plan(dataclasses.replace(request, suites=suites), version.registry)
        if order.exact:
            cases = (*cases, *_audits(cases))
    return sorted(cases, key=lambda case: case.suite == latency.NAME), threads


def _audits(cases: Iterable[Case]) -> list[Case]:
    """Return a case for the audit of each implementation."""
    first: dict[str, Case] = {}
    for case in cases:
        if case.implementation != PLAIN:
            first.setdefault(case.implementation, case)
    return [replace(case, suite=AUDIT) for case in first.values()]


def _in(version: Loaded, case: Case) -> Case | None:
    with version.active(), suppress(KeyError, ValueError):
        return as_it_is_now(case, version.registry)
    return None
