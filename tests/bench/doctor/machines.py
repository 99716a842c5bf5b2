"""Made-up machines: what their files say, and what NVML would."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeVar

from results.records import NoiseFloor, Timing

Answer = TypeVar("Answer")

GIB_IN_KB = 2**20


@dataclass
class FakeSystem:
    """A machine that is only its files; a list of texts is read one after the other."""

    files: dict[str, str | list[str]] = field(default_factory=dict)
    usable: int = 8
    environ: dict[str, str] = field(default_factory=dict)
    slept_s: float = 0.0

    def read(self, path: str) -> str | None:
        """Return the next text of a file."""
        found = self.files.get(path)
        return found.pop(0) if isinstance(found, list) else found

    def cores(self) -> int:
        """Return the cores."""
        return self.usable

    def pid(self) -> int:
        """Return the number of the process that asks."""
        return 1000

    def sleep(self, seconds: float) -> None:
        """Do not wait."""
        self.slept_s += seconds


def stat(*, busy: int = 0, idle: int = 0, stolen: int = 0) -> list[str]:
    """Return /proc/stat before and after so many ticks of each kind."""
    return [
        "cpu  1000 10 200 90000 30 4 5 6 70 80\ncpu0 1 1 1 1 1 1 1 1 1 1",
        f"cpu  {1000 + busy} 10 200 {90000 + idle} 30 4 5 {6 + stolen} {70 + busy} 80\ncpu0 1 1 1 1 1 1 1 1 1 1",
    ]


def meminfo(*, total_gib: float = 64, swap_gib: float = 0, swapped_gib: float = 0) -> str:
    """Return /proc/meminfo."""
    return "\n".join(
        (
            f"MemTotal:       {round(total_gib * GIB_IN_KB)} kB",
            "HugePages_Total:       0",
            f"SwapTotal:      {round(swap_gib * GIB_IN_KB)} kB",
            f"SwapFree:       {round((swap_gib - swapped_gib) * GIB_IN_KB)} kB",
        )
    )


def governors(name: str, cores: int) -> dict[str, str | list[str]]:
    """Return the files of so many cores with this governor."""
    cpus = "/sys/devices/system/cpu"
    per_core = {f"{cpus}/cpu{core}/cpufreq/scaling_governor": name for core in range(cores)}
    return {f"{cpus}/online": f"0-{cores - 1}", **per_core}


def noise(relative: float, device: str = "cpu") -> NoiseFloor:
    """Return a noise floor."""
    return NoiseFloor(relative=relative, pairs=40, seconds_per_call=0.0025, builds=6, device=device, timing=Timing.HOT)


class RefusedError(Exception):
    """What the made-up NVML raises."""


class FakeNvml:
    """Some equal GPUs; what is None is refused."""

    NVMLError = RefusedError

    def __init__(
        self,
        *,
        gpus: int | None = 1,
        pids: tuple[int, ...] | None = (),
        busy: int | None = 0,
        persistence: int | None = 1,
        reasons: int | None = 0,
        used_bytes: int | None = 600 * 2**20,
        mig: int | None = 0,
    ) -> None:
        self._mig = mig
        self._used_bytes = used_bytes
        self._gpus, self._pids, self._busy = gpus, pids, busy
        self._persistence, self._reasons = persistence, reasons

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return _answer(self._gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> object:  # noqa: N802
        return f"handle {index}"

    def nvmlDeviceGetComputeRunningProcesses(self, _handle: object) -> list[SimpleNamespace]:  # noqa: N802
        return [SimpleNamespace(pid=pid) for pid in _answer(self._pids)]

    def nvmlDeviceGetGraphicsRunningProcesses(self, _handle: object) -> list[SimpleNamespace]:  # noqa: N802
        return []

    def nvmlDeviceGetUtilizationRates(self, _handle: object) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(gpu=_answer(self._busy))

    def nvmlDeviceGetMemoryInfo(self, _handle: object) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(used=_answer(self._used_bytes))

    def nvmlDeviceGetMigMode(self, _handle: object) -> list[int]:  # noqa: N802
        mode = _answer(self._mig)
        return [mode, mode]

    def nvmlDeviceGetPersistenceMode(self, _handle: object) -> int:  # noqa: N802
        return _answer(self._persistence)

    def nvmlDeviceGetCurrentClocksEventReasons(self, _handle: object) -> int:  # noqa: N802
        return _answer(self._reasons)


def _answer(answer: Answer | None) -> Answer:
    if answer is None:
        msg = "Not Supported"
        raise RefusedError(msg)
    return answer
