"""The two tests there are: of what is counted or searched, once and exactly, and of what is timed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from bench.failures import failed
from bench.instruments import instruments
from bench.measure import Settings, measure_block
from bench.prepared import Timed
from bench.stopping import PrecisionOrBudget
from results.benchmark_names import group
from results.codec import encode
from results.pytest_benchmark import extra_info
from results.records import Block, Failed, Measured
from suites.prepare import Preparer
from suites.surroundings import kept

from ..limits import Limits
from ..measuring import SEED
from .environment import environment
from .limits import broken, limits
from .options import asked
from .sizes import counted
from .timing import time_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

    from results.records import Case

#: The property of a test that has the outcome as JSON.
PROPERTY = "attnbench"


def exact(request: pytest.FixtureRequest) -> None:
    """Measure a case in this process; it fails if it cannot be measured, or is beyond a limit."""
    case: Case = request.node.case
    outcome = _measured(case, asked(request.config).plugins)
    if isinstance(outcome, Failed):
        _fail(request.node, outcome)
    # For --junit-xml and for other plug-ins; the fixture record_property would warn of the former.
    request.node.user_properties.append((PROPERTY, encode(outcome).decode()))
    if reason := broken(limits(request.config), outcome):
        pytest.fail(reason, pytrace=False)


def timed(request: pytest.FixtureRequest, benchmark: BenchmarkFixture) -> None:
    """Time a case; it fails if it cannot be called, or returns NaN."""
    case: Case = request.node.case
    plugins = asked(request.config).plugins

    def prepare() -> Callable[[], object]:
        prepared = Preparer(plugins)(case)
        assert isinstance(prepared, Timed)  # noqa: S101 - of a suite whose cases are timed
        return prepared.call

    benchmark.group = group(case)
    outcome = None
    try:
        time_call(benchmark, case, prepare)
    except Exception as error:  # noqa: BLE001 - whatever an implementation raises fails its test
        outcome = failed(case, error)
    # After the handler: until then the error holds what the case had allocated.
    if outcome is not None:
        _fail(request.node, outcome)
    if benchmark.enabled:
        benchmark.extra_info |= extra_info(case, environment(case.threads), size=counted(case, plugins))


def _measured(case: Case, plugins: tuple[str, ...]) -> Measured | Failed:
    # Nothing is sampled here, so it does not matter when sampling would stop.
    usual = Limits()
    stop = PrecisionOrBudget(precision=usual.precision, budget_s=usual.budget_s)
    settings = Settings(stop=stop, budget_s=usual.budget_s, seed=SEED)
    events = measure_block(Block(cases=(case,)), instruments(Preparer(plugins), kept), settings)
    (outcome,) = (event for event in events if isinstance(event, Measured | Failed))
    return outcome


def _fail(item: pytest.Item, outcome: Failed) -> NoReturn:
    """Fail with the cause in one line; with ``-v`` the traceback follows."""
    if item.config.get_verbosity() > 0:
        item.add_report_section("call", "traceback", outcome.traceback)
    pytest.fail(outcome.error, pytrace=False)
