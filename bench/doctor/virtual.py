"""Is this a virtual machine? Then its neighbours have a say in every figure, and none of the other checks sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .finding import Finding, Verdict

if TYPE_CHECKING:
    from .system import System

NAME = "virtual machine"
DMI = "/sys/class/dmi/id"


def check_virtual(system: System) -> Finding:
    """Look for the processor's hypervisor flag (x86 only), and for what the firmware calls the machine."""
    cpu = system.read("/proc/cpuinfo")
    kind = system.read("/sys/hypervisor/type")
    flags = [line for line in (cpu or "").splitlines() if line.startswith("flags")]
    if kind is None and not flags:
        observed = "the processor does not say whether there is a hypervisor"
        return Finding(name=NAME, verdict=Verdict.UNKNOWN, observed=observed)
    if kind is None and "hypervisor" not in flags[0].split():
        return Finding(name=NAME, verdict=Verdict.OK, observed="no")
    called = " ".join(word for name in ("sys_vendor", "product_name") if (word := system.read(f"{DMI}/{name}")))
    words = kind or called
    return Finding(
        name=NAME,
        verdict=Verdict.WARN,
        observed=f"yes{f' ({words})' if words else ''}: neighbours may share the processor",
        remedy="compare only what was measured in one run",
    )
