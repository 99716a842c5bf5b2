"""All checks, in the order in which they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cgroup import check_memory_limit, check_quota
from .clock import check_clock
from .frequency import check_governor, check_turbo
from .gpu import check_gpus
from .load import check_load, check_others
from .memory import check_swap
from .noise import check_noise
from .threads import check_threads
from .virtual import check_virtual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from results.records import NoiseFloor

    from ..noise import NoFloor
    from ..telemetry.nvml import Nvml
    from .finding import Finding
    from .system import System


def examine(
    system: System, nvml: Nvml | str, resolution_s: float, noise: Callable[[], Iterable[NoiseFloor | NoFloor]]
) -> tuple[Finding, ...]:
    """Return what every check finds.

    Args:
        system: the machine.
        nvml: initialised, or in words why there is none.
        resolution_s: the smallest step of the CPU's clock.
        noise: measures the noise floor of each kind of device. Called
            last: it keeps the machine busy, which the load would show.

    """
    return (
        check_load(system),
        *check_others(system),
        check_governor(system),
        check_turbo(system),
        check_quota(system),
        check_memory_limit(system),
        check_swap(system),
        check_threads(system),
        check_virtual(system),
        check_clock(system, resolution_s),
        *check_gpus(nvml, system.pid()),
        *map(check_noise, noise()),
    )
