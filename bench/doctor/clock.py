"""Is the CPU's clock fine enough? And does the kernel read it from the processor, or from something slow?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .finding import Finding, Verdict

if TYPE_CHECKING:
    from .system import System

NAME = "clock resolution"
SOURCE = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#: Read over the bus, a microsecond and more a reading.
SLOW_SOURCES = frozenset({"hpet", "acpi_pm", "jiffies"})
#: A sample lasts a millisecond at least: a thousandth of it, and a twentieth.
WARN_S = 1e-6
BAD_S = 50e-6


def check_clock(system: System, resolution_s: float) -> Finding:
    """Judge the smallest step of the CPU's clock, in seconds."""
    source = system.read(SOURCE)
    observed = f"{resolution_s * 1e9:.0f} ns{f', source {source}' if source else ''}"
    if resolution_s >= BAD_S:
        verdict = Verdict.BAD
    elif resolution_s >= WARN_S or source in SLOW_SOURCES:
        verdict = Verdict.WARN
    else:
        return Finding(name=NAME, verdict=Verdict.OK, observed=observed)
    remedy = f"see what there is in available_clocksource beside {SOURCE}; tsc is best"
    return Finding(name=NAME, verdict=verdict, observed=observed, remedy=remedy)
