"""Is something else running? The load average, and what the CPU did during half a second of our own sleep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .finding import Finding, Verdict
from .system import in_cores

if TYPE_CHECKING:
    from .system import System

LOAD = "system load"
OTHERS = "other processes"
STOLEN = "stolen CPU time"

WINDOW_S = 0.5
#: Waiting threads for half of the cores: most probably a job, not the system's own.
LOAD_WARN = 0.5
#: A tick of /proc/stat is 10 ms: on two cores, half a second is 100 of them, and the system's own work is one or two.
OTHERS_WARN = 0.05
OTHERS_BAD = 0.25
STOLEN_WARN = 0.01
STOLEN_BAD = 0.10


def check_load(system: System) -> Finding:
    """Compare the load average of the last minute with the cores."""
    words = (system.read("/proc/loadavg") or "").split()
    try:
        load = float(words[0])
    except (IndexError, ValueError):
        return Finding(name=LOAD, verdict=Verdict.UNKNOWN, observed="the system has no /proc/loadavg")
    cores = system.cores()
    observed = f"{load:.2f} in the last minute, on {in_cores(cores)}"
    if load <= LOAD_WARN * cores:
        return Finding(name=LOAD, verdict=Verdict.OK, observed=observed)
    remedy = "end other jobs; after a run of your own, wait a minute"
    return Finding(name=LOAD, verdict=Verdict.WARN, observed=observed, remedy=remedy)


def check_others(system: System) -> tuple[Finding, ...]:
    """Watch the CPU while this process sleeps: what is busy is others, what is stolen went to other machines."""
    before = _ticks(system)
    system.sleep(WINDOW_S)
    after = _ticks(system)
    total = sum(after) - sum(before) if before and after else 0
    if total <= 0:
        observed = "the system has no CPU times in /proc/stat"
        return tuple(Finding(name=name, verdict=Verdict.UNKNOWN, observed=observed) for name in (OTHERS, STOLEN))
    spent = [new - old for new, old in zip(after, before, strict=True)]
    _, _, _, idle, waiting, _, _, stolen = spent
    return (
        _judged(
            OTHERS,
            (total - idle - waiting - stolen) / total,
            (OTHERS_WARN, OTHERS_BAD),
            f"of the CPU busy during {WINDOW_S} s of sleep",
            "see what runs with: top",
        ),
        _judged(
            STOLEN,
            stolen / total,
            (STOLEN_WARN, STOLEN_BAD),
            "of the CPU given to other virtual machines",
            "measure on a machine of your own",
        ),
    )


def _judged(name: str, share: float, limits: tuple[float, float], words: str, remedy: str) -> Finding:
    warn, bad = limits
    verdict = Verdict.OK if share < warn else Verdict.WARN if share < bad else Verdict.BAD
    observed = f"{share:.0%} {words}"
    return Finding(name=name, verdict=verdict, observed=observed, remedy="" if verdict is Verdict.OK else remedy)


def _ticks(system: System) -> list[int]:
    """Return user, nice, system, idle, iowait, irq, softirq and steal of all cores; nothing if they are not told."""
    first = (system.read("/proc/stat") or "").partition("\n")[0].split()
    # Guests' time, which follows, is part of user and nice already (proc_stat(5)).
    ticks = first[1:9]
    return [int(each) for each in ticks] if len(ticks) == 8 and all(map(str.isdigit, ticks)) else []  # noqa: PLR2004
