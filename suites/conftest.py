"""``pytest suites``: the axes of ``attnbench run`` as options, one benchmark a case, facts in ``extra_info``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.errors import UsageError
from results.record import Record
from suites import complexity
from suites.axes import AXES
from suites.prepare import Preparer
from suites.registries import registry_with
from suites.request import Request, plan, requested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.prepared import Prepared
    from results.records import Case, Environment


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the axes, which have the defaults of ``attnbench run``."""
    group = parser.getgroup("attnbench")
    for axis in AXES:
        if axis.under_pytest:
            action = "append" if axis.multiple else "store"
            # The percent sign is argparse's.
            words = axis.help().replace("%", "%%")
            group.addoption(axis.flag, dest=_dest(axis.name), action=action, metavar=axis.metavar, help=words)


def _dest(name: str) -> str:
    """Return under which name pytest keeps an axis: its own ``-p`` is ``plugins`` already."""
    return f"attnbench_{name}"


def _asked(config: pytest.Config, *suites: str) -> Request:
    """Return what the options of pytest ask for."""
    return requested(suites, {axis.name: config.getoption(_dest(axis.name), default=None) for axis in AXES})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test a case of the suite that the test's module names."""
    if "case" not in metafunc.fixturenames:
        return
    try:
        _, cases, _ = plan(_asked(metafunc.config, metafunc.module.SUITE))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    metafunc.parametrize("case", cases, ids=[_identity(case) for case in cases])


def _identity(case: Case) -> str:
    shape = "x".join(str(size) for size in case.shape)
    # Two slots of one attention are two tests.
    what = "-".join(filter(None, (case.host or str(case.subject), case.implementation, case.slot)))
    return f"{what}-{shape}-{case.dtype}-{case.device}-{case.direction}"


@pytest.fixture(scope="session")
def environment(pytestconfig: pytest.Config) -> Environment:
    """Describe the machine once."""
    import torch

    from bench.environment import describe

    return describe(_asked(pytestconfig).threads or torch.get_num_threads())


@pytest.fixture
def facts(case: Case, environment: Environment, pytestconfig: pytest.Config) -> dict[str, Any]:
    """Return what the case's benchmark says in ``extra_info``: case, parameters, multiply-adds, environment."""
    counted = complexity.count(case, registry_with(_asked(pytestconfig).plugins))
    return {
        "case": {"subject": case.subject, **_fields(case)},
        "parameters": counted.parameters,
        "multiply_adds": {f"{count.rule} ({count.unit})": count.total for count in counted.counts},
        "environment": _fields(environment),
    }


def _fields(record: Record) -> dict[str, Any]:
    """Return all fields for JSON, also those at their defaults, which no reader of the benchmarks knows."""
    return {name: _plain(getattr(record, name)) for name in record.__struct_fields__}


def _plain(value: object) -> object:
    match value:
        case Record():
            return _fields(value)
        case tuple():
            return [_plain(each) for each in value]
        case _:
            return value


@pytest.fixture
def prepared(case: Case, pytestconfig: pytest.Config) -> Iterator[Prepared]:
    """Build what the case runs; until its test is over, torch has as many threads as the case says."""
    from bench.threads import cpu_threads

    with cpu_threads(case.threads):
        yield Preparer(_asked(pytestconfig).plugins)(case)
