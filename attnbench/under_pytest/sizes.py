"""How big is what is timed? Counted once for all cases that differ in no size."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from bench.failures import failed
from results.records import Failed, Measured
from suites import complexity
from suites.registries import registry_with

if TYPE_CHECKING:
    from results.records import Case


def counted(case: Case, plugins: tuple[str, ...]) -> Measured | Failed:
    """Return the outcome of the case of the suite complexity that has the size of this one."""
    return _counted(complexity.size_of(case), plugins)


@cache
def _counted(size: Case, plugins: tuple[str, ...]) -> Measured | Failed:
    try:
        return Measured(case=size, result=complexity.count(size, registry_with(plugins)))
    except Exception as error:  # noqa: BLE001 - a counter that does not get along with a module spoils no time
        return failed(size, error)
