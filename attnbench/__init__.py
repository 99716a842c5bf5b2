"""Measure attention variants in PyTorch, and print the tables of their papers.

``run`` measures, as ``attnbench run`` does; ``report`` and ``plot`` render a run, and ``load`` reads one from its
folder; ``compare`` and ``history`` put several beside each other, and ``merge`` makes one of parts; ``check`` says
whether anything got worse; ``import_benchmarks`` and ``export_benchmarks`` read and write files of pytest-benchmark;
``list`` says what can be measured. Implementations of one's own are described with ``attn_impls``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attn_impls.plugins import PluginWarning
    from bench.errors import NoiseWarning, UsageError, WorkerLostError
    from results import Case, Failed, Measured, Skipped, StoreError, StoreWarning
    from results.checks import Check, Judged, Verdict
    from suites.request import LeftOutWarning

    from .check_from_python import check
    from .comparing import compare
    from .drawn_plot import Plot
    from .exchange import export_benchmarks, import_benchmarks
    from .listing import list  # noqa: A004 - attnbench.list, as the command
    from .merging import merge
    from .over_time import history
    from .plotting import plot
    from .python_run import Run, load
    from .reports import report
    from .running import run
    from .user_warnings import AuditWarning, ResumeWarning

#: Name -> the module that has it.
_PLACES = {
    "run": "attnbench.running",
    "report": "attnbench.reports",
    "compare": "attnbench.comparing",
    "history": "attnbench.over_time",
    "merge": "attnbench.merging",
    "check": "attnbench.check_from_python",
    "import_benchmarks": "attnbench.exchange",
    "export_benchmarks": "attnbench.exchange",
    "load": "attnbench.python_run",
    "plot": "attnbench.plotting",
    "list": "attnbench.listing",
    "Run": "attnbench.python_run",
    "Plot": "attnbench.drawn_plot",
    "Check": "results.checks",
    "Judged": "results.checks",
    "Verdict": "results.checks",
    "Case": "results",
    "Measured": "results",
    "Skipped": "results",
    "Failed": "results",
    "UsageError": "bench.errors",
    "StoreError": "results",
    "WorkerLostError": "bench.errors",
    "AuditWarning": "attnbench.user_warnings",
    "LeftOutWarning": "suites.request",
    "NoiseWarning": "bench.errors",
    "PluginWarning": "attn_impls.plugins",
    "ResumeWarning": "attnbench.user_warnings",
    "StoreWarning": "results",
}

__all__ = [
    "AuditWarning",
    "Case",
    "Check",
    "Failed",
    "Judged",
    "LeftOutWarning",
    "Measured",
    "NoiseWarning",
    "Plot",
    "PluginWarning",
    "ResumeWarning",
    "Run",
    "Skipped",
    "StoreError",
    "StoreWarning",
    "UsageError",
    "Verdict",
    "WorkerLostError",
    "check",
    "compare",
    "export_benchmarks",
    "history",
    "import_benchmarks",
    "list",
    "load",
    "merge",
    "plot",
    "report",
    "run",
]


def __getattr__(name: str) -> Any:
    # Imported when it is first used: the command line's help must not wait for what a run needs.
    if name not in _PLACES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = globals()[name] = getattr(import_module(_PLACES[name]), name)
    return found


def __dir__() -> Any:
    return __all__
