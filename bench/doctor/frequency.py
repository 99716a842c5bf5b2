"""Does the CPU keep one frequency? Its governor, and whether it may go beyond its base clock for a while."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .finding import Finding, Verdict
from .system import in_cores

if TYPE_CHECKING:
    from .system import System

GOVERNOR = "CPU governor"
TURBO = "CPU turbo"
CPUS = "/sys/devices/system/cpu"
NO_TURBO = f"{CPUS}/intel_pstate/no_turbo"
BOOST = f"{CPUS}/cpufreq/boost"


def check_governor(system: System) -> Finding:
    """Look for a governor that follows the load: the first milliseconds after a pause are then slow."""
    governors = Counter(governor for cpu in _cpus(system) if (governor := _governor(system, cpu)))
    if not governors:
        observed = "no frequency settings in /sys: the hypervisor or the firmware decides"
        return Finding(name=GOVERNOR, verdict=Verdict.UNKNOWN, observed=observed)
    observed = ", ".join(f"{name} on {in_cores(count)}" for name, count in governors.most_common())
    if set(governors) == {"performance"}:
        return Finding(name=GOVERNOR, verdict=Verdict.OK, observed=observed)
    remedy = "sudo cpupower frequency-set --governor performance"
    return Finding(name=GOVERNOR, verdict=Verdict.WARN, observed=observed, remedy=remedy)


def check_turbo(system: System) -> Finding:
    """Look whether clocks depend on how warm the processor is and how many cores work."""
    no_turbo, boost = system.read(NO_TURBO), system.read(BOOST)
    if no_turbo in {"0", "1"}:
        on, remedy = no_turbo == "0", f"echo 1 | sudo tee {NO_TURBO}"
    elif boost in {"0", "1"}:
        on, remedy = boost == "1", f"echo 0 | sudo tee {BOOST}"
    else:
        return Finding(name=TURBO, verdict=Verdict.UNKNOWN, observed="no turbo setting in /sys")
    if not on:
        return Finding(name=TURBO, verdict=Verdict.OK, observed="off")
    return Finding(
        name=TURBO, verdict=Verdict.WARN, observed="on: clocks fall as the processor warms up", remedy=remedy
    )


def _governor(system: System, cpu: int) -> str | None:
    return system.read(f"{CPUS}/cpu{cpu}/cpufreq/scaling_governor")


def _cpus(system: System) -> list[int]:
    """Return the numbers of the CPUs that are switched on, from a list such as ``0-3,8``."""
    numbers: list[int] = []
    for part in (system.read(f"{CPUS}/online") or "").split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            numbers += range(int(first), int(last or first) + 1)
    return numbers
