"""How many threads will torch use, and do they stay on their cores? What OpenMP's variables say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .finding import Finding, Verdict
from .system import in_cores, whole_number

if TYPE_CHECKING:
    from .system import System

NAME = "threads"
VARIABLE = "OMP_NUM_THREADS"
BOUND = frozenset({"true", "close", "spread", "master", "primary"})


def check_threads(system: System) -> Finding:
    """Compare the threads set with the cores there are."""
    cores, text = system.cores(), system.environ.get(VARIABLE)
    binding = system.environ.get("OMP_PROC_BIND", "")
    # One setting a nesting level, such as "close,close": the first is the one that counts here.
    bound = binding.split(",")[0].strip().lower() in BOUND
    where = f"bound to cores (OMP_PROC_BIND={binding})" if bound else "free to move between cores"
    if text is None:
        return Finding(name=NAME, verdict=Verdict.OK, observed=f"{VARIABLE} not set, {in_cores(cores)}, {where}")
    threads = whole_number(text.split(",")[0])
    observed = f"{VARIABLE}={text}, {in_cores(cores)}, {where}"
    if threads is None or threads < 1:
        remedy = f"unset {VARIABLE}, or set it to a whole number"
        return Finding(name=NAME, verdict=Verdict.WARN, observed=observed, remedy=remedy)
    if threads > cores:
        remedy = f"set {VARIABLE}={cores} or less: threads now wait for each other's core"
        return Finding(name=NAME, verdict=Verdict.BAD, observed=observed, remedy=remedy)
    return Finding(name=NAME, verdict=Verdict.OK, observed=observed)
