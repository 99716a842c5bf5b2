"""What a benchmark says of its case in ``extra_info``: enough to make the case again from pytest-benchmark's JSON."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from bench.failures import failed
from results.codec import encode
from results.records import Failed
from suites import complexity
from suites.registries import registry_with

if TYPE_CHECKING:
    from results.records import Case, Complexity, Environment, Record

#: The one key of ``extra_info``; all others are the user's.
KEY = "attnbench"


def facts(case: Case, environment: Environment, size: Complexity | Failed | int) -> dict[str, Any]:
    """Return ``extra_info``: what ran, how big it is, and where it ran, all of it JSON.

    ``results.codec`` reads ``case`` and ``environment``; fields at their defaults are left out.

    Args:
        case: what was timed.
        environment: the machine and its software.
        size: parameters, and multiply-adds by every rule; why they could not be counted; or the parameters alone.

    """
    said = {"case": _json(case), **_size_facts(size), "environment": _json(environment)}
    return {KEY: said}


@cache
def _counted(size: Case, plugins: tuple[str, ...]) -> Complexity | Failed:
    try:
        return complexity.count(size, registry_with(plugins))
    except Exception as error:  # noqa: BLE001 - a counter that does not get along with a module spoils no time
        return failed(size, error)


def _size_facts(size: Complexity | Failed | int) -> dict[str, Any]:
    if isinstance(size, int):
        return {"parameters": size}
    if isinstance(size, Failed):
        return {"not_counted": size.error}
    return {
        "parameters": size.parameters,
        "multiply_adds": {f"{count.rule} ({count.unit})": count.total for count in size.counts},
    }


def counted(case: Case, plugins: tuple[str, ...]) -> Complexity | Failed:
    """Return how big a case is, or why it could not be counted; cases that differ in no size are counted once."""
    return _counted(complexity.size_of(case), plugins)


def _json(record: Record) -> Any:
    return json.loads(encode(record))
