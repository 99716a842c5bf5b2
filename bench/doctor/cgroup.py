"""Does a container limit this process? CPU quota and memory, in control groups of version 1 and 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .finding import Finding, Verdict
from .memory import total_bytes
from .system import in_cores, in_gib, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .system import System

QUOTA = "CPU quota"
MEMORY = "memory limit"
MOUNT = "/sys/fs/cgroup"
#: Where version 2 lies, alone or beside version 1.
UNIFIED = (MOUNT, f"{MOUNT}/unified")


def check_quota(system: System) -> Finding:
    """Compare the CPU time that the group may use with the cores it sees, and with the threads set."""
    if system.read("/proc/self/cgroup") is None:
        return Finding(name=QUOTA, verdict=Verdict.UNKNOWN, observed="the system tells of no control groups")
    quota = min((*_quotas_v2(system), *_quotas_v1(system)), default=None)
    cores = system.cores()
    if quota is None or quota >= cores:
        observed = f"none below {in_cores(cores)}"
        return Finding(name=QUOTA, verdict=Verdict.OK, observed=observed)
    # With more threads than the quota has cores, all of them stop for the rest of each period, in mid-sample.
    threads = whole_number(system.environ.get("OMP_NUM_THREADS")) or cores
    return Finding(
        name=QUOTA,
        verdict=Verdict.BAD if threads > quota else Verdict.WARN,
        observed=f"{in_cores(quota)} of CPU time for {threads} thread{'' if threads == 1 else 's'}",
        remedy=f"attnbench run --threads {max(1, int(quota))}, or a container without a quota",
    )


def check_memory_limit(system: System) -> Finding:
    """Compare the memory that the group may use with the machine's."""
    if system.read("/proc/self/cgroup") is None:
        return Finding(name=MEMORY, verdict=Verdict.UNKNOWN, observed="the system tells of no control groups")
    limit = min((*_limits_v2(system), *_limits_v1(system)), default=None)
    installed = total_bytes(system)
    # Version 1 writes "no limit" as a number beyond any memory.
    if limit is None or (installed is not None and limit >= installed):
        return Finding(name=MEMORY, verdict=Verdict.OK, observed="none below the machine's memory")
    of = "" if installed is None else f" of {in_gib(installed)}"
    return Finding(
        name=MEMORY,
        verdict=Verdict.WARN,
        observed=f"{in_gib(limit)}{of}: beyond it the process is killed",
        remedy="smaller batches, or a container with a higher limit",
    )


def _quotas_v2(system: System) -> Iterable[float]:
    for folder in _folders(system, "", UNIFIED):
        words = (system.read(f"{folder}/cpu.max") or "").split()
        if len(words) == 2 and all(map(str.isdigit, words)):  # noqa: PLR2004 - quota and period; "max" is no limit
            yield int(words[0]) / int(words[1])


def _quotas_v1(system: System) -> Iterable[float]:
    for folder in _folders(system, "cpu", (f"{MOUNT}/cpu", f"{MOUNT}/cpu,cpuacct")):
        quota = whole_number(system.read(f"{folder}/cpu.cfs_quota_us"))
        period = whole_number(system.read(f"{folder}/cpu.cfs_period_us"))
        if quota is not None and quota > 0 and period:
            yield quota / period


def _limits_v2(system: System) -> Iterable[int]:
    for folder in _folders(system, "", UNIFIED):
        limit = whole_number(system.read(f"{folder}/memory.max"))
        if limit is not None:
            yield limit


def _limits_v1(system: System) -> Iterable[int]:
    for folder in _folders(system, "memory", (f"{MOUNT}/memory",)):
        limit = whole_number(system.read(f"{folder}/memory.limit_in_bytes"))
        if limit is not None:
            yield limit


def _folders(system: System, controller: str, mounts: tuple[str, ...]) -> list[str]:
    """Return the folders of this process's group and of all above it: the tightest limit holds.

    Args:
        system: the machine.
        controller: of version 1; empty for version 2.
        mounts: where the groups may lie. A container may see its own group as the top, whatever its path says.

    """
    paths = [""]
    for line in (system.read("/proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controller in controllers.split(","):
            names = path.strip("/").split("/")
            paths += ["/" + "/".join(names[:count]) for count in range(1, len(names) + 1) if names[0]]
    return [mount + path for mount in mounts for path in paths]
