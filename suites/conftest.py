"""``pytest suites``: the axes of ``attnbench run`` as options, one benchmark a case, facts in ``extra_info``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.errors import UsageError
from results.record import Record
from suites import complexity
from suites.prepare import Preparer
from suites.registries import registry_with
from suites.request import Request, plan

if TYPE_CHECKING:
    from bench.prepared import Prepared
    from results.records import Case, Environment

#: Option -> field of the request.
AXES = {
    "--impl": ("impls", str, "implementation or glob, such as 'sk/*'"),
    "--host": ("hosts", str, "host network, or none"),
    "--device": ("devices", str, "cpu, cuda or cuda:N"),
    "--slot": ("slots", str, "slot of the network, or slot@stage"),
    "--batch-size": ("batch_sizes", int, "images a call"),
    "--dtype": ("dtypes", str, "float32, bfloat16, float16 or float64"),
    "--direction": ("directions", str, "forward, backward or both"),
    "--plugin": ("plugins", str, "implementations of one's own: FILE.py, a module, or timm"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the axes. Each may be repeated, and has the default of ``attnbench run``."""
    group = parser.getgroup("attnbench")
    for option, (field, kind, words) in AXES.items():
        group.addoption(option, dest=_dest(field), type=kind, action="append", default=[], help=words)


def _dest(field: str) -> str:
    """Return under which name pytest keeps an axis: its own ``-p`` is ``plugins`` already."""
    return f"attnbench_{field}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test a case of the suite that the test's module names."""
    if "case" not in metafunc.fixturenames:
        return
    chosen: dict[str, Any] = {field: tuple(metafunc.config.getoption(_dest(field))) for field, _, _ in AXES.values()}
    try:
        _, cases, _ = plan(Request(suites=(metafunc.module.SUITE,), **chosen))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    metafunc.parametrize("case", cases, ids=[_identity(case) for case in cases])


def _identity(case: Case) -> str:
    shape = "x".join(str(size) for size in case.shape)
    # Two slots of one attention are two tests.
    what = "-".join(filter(None, (case.host or str(case.subject), case.implementation, case.slot)))
    return f"{what}-{shape}-{case.dtype}-{case.device}-{case.direction}"


@pytest.fixture(scope="session")
def environment() -> Environment:
    """Describe the machine once."""
    import torch

    from bench.environment import describe

    return describe(torch.get_num_threads())


@pytest.fixture
def facts(case: Case, environment: Environment, pytestconfig: pytest.Config) -> dict[str, Any]:
    """Return what the case's benchmark says in ``extra_info``: case, parameters, multiply-adds, environment."""
    counted = complexity.count(case, registry_with(tuple(pytestconfig.getoption(_dest("plugins")))))
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
def prepared(case: Case, pytestconfig: pytest.Config) -> Prepared:
    """Build what the case runs."""
    return Preparer(tuple(pytestconfig.getoption(_dest("plugins"))))(case)
