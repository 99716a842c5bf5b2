"""Is there enough memory? What was swapped out has to come back in the middle of a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .finding import Finding, Verdict
from .system import in_gib

if TYPE_CHECKING:
    from .system import System

SWAP = "swap"
#: Less than this are pages that nobody has asked for since some time of shortage long ago.
USED_WARN_BYTES = 256 * 2**20


def check_swap(system: System) -> Finding:
    """Look how much is swapped out."""
    known = _meminfo(system)
    total, free = known.get("SwapTotal"), known.get("SwapFree")
    if total is None or free is None:
        return Finding(name=SWAP, verdict=Verdict.UNKNOWN, observed="the system has no /proc/meminfo")
    if total == 0:
        return Finding(name=SWAP, verdict=Verdict.OK, observed="none set up")
    used = total - free
    observed = f"{in_gib(used)} of {in_gib(total)} in use"
    if used < USED_WARN_BYTES:
        return Finding(name=SWAP, verdict=Verdict.OK, observed=observed)
    remedy = "end what needs the memory, then: sudo swapoff --all && sudo swapon --all"
    return Finding(name=SWAP, verdict=Verdict.WARN, observed=observed, remedy=remedy)


def total_bytes(system: System) -> int | None:
    """Return the memory of the machine, or None if it does not tell."""
    return _meminfo(system).get("MemTotal")


def _meminfo(system: System) -> dict[str, int]:
    """Return the sizes in bytes by their names."""
    sizes = {}
    for line in (system.read("/proc/meminfo") or "").splitlines():
        name, _, size = line.partition(":")
        number = size.removesuffix("kB").strip()
        if number.isdigit():
            sizes[name] = int(number) * 1024
    return sizes
