"""Cases -> tests, as if they stood in one file of the root folder: ``attnbench::latency[...]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from results.benchmark_names import FILE, name

from ..measuring import TIMED
from . import testing
from .options import planned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from results.records import Case


def collected(session: pytest.Session) -> Iterator[pytest.Item]:
    """Yield a test for each planned case, and tell the plug-ins of each."""
    # Not by the path of a file: names would depend on where attnbench lies. The conftest.py of the root folder counts.
    cases = Cases.from_parent(session, path=session.config.rootpath, name=FILE, nodeid=FILE)
    cases.obj = testing
    found: list[pytest.Item | pytest.Collector] = list(cases.collect())
    session.config.hook.pytest_collectreport(
        report=pytest.CollectReport(nodeid=cases.nodeid, outcome="passed", longrepr=None, result=found)
    )
    for item in found:
        yield from session.genitems(item)


class Cases(pytest.Module):
    """All cases. A module, because fixtures of a user's own may ask for the module of a test."""

    def collect(self) -> Iterator[CaseTest]:
        """Yield a test a case, in the order of the plan."""
        lacking = not self.config.pluginmanager.hasplugin("benchmark")
        for case in planned(self.config):
            timed = case.suite in TIMED
            item = CaseTest.from_parent(
                self, name=name(case), case=case, callobj=testing.timed if timed else testing.exact
            )
            item.add_marker("attnbench")
            if timed and lacking:
                item.add_marker(pytest.mark.skip(reason="times are taken by pytest-benchmark, which is switched off"))
            yield item


class CaseTest(pytest.Function):
    """The test of one case."""

    def __init__(self, *, case: Case, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.case = case

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where it is, for reports: in no file, and pytest wants a line of those that are skipped."""
        return self.config.rootpath / FILE, 0, self.name
