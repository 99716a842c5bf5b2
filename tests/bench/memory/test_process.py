from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from bench.memory.process import held_by

if TYPE_CHECKING:
    from bench.telemetry.nvml import Nvml


@dataclass
class FakeProcess:
    """A process as NVML describes it."""

    pid: int
    usedGpuMemory: int | None  # noqa: N815 - pynvml's name


@dataclass
class FakeNvml:
    """Knows some processes, or refuses to tell."""

    processes: list[FakeProcess] = field(default_factory=list)
    refuses: bool = False
    NVMLError: type[Exception] = RuntimeError

    def nvmlDeviceGetComputeRunningProcesses(self, handle: object, /) -> list[FakeProcess]:  # noqa: N802 - pynvml's name
        """Tell, or refuse."""
        del handle
        if self.refuses:
            msg = "Insufficient Permissions"
            raise self.NVMLError(msg)
        return self.processes


def held(nvml: FakeNvml) -> int | None:
    """Ask for process 7."""
    return held_by(cast("Nvml", nvml), object(), 7)


def test_the_entry_of_this_process() -> None:
    """Of all processes on the GPU, only the one asked for counts."""
    assert held(FakeNvml([FakeProcess(1, 2**30), FakeProcess(7, 3 * 2**20)])) == 3_145_728


def test_a_process_that_is_not_listed_has_no_figure() -> None:
    """In a container the driver may know the process by another number."""
    assert held(FakeNvml([FakeProcess(1, 2**30)])) is None


def test_a_figure_that_is_not_available() -> None:
    """NVML lists the process, but not what it holds."""
    assert held(FakeNvml([FakeProcess(7, None)])) is None


def test_nvml_that_refuses() -> None:
    """No answer is no exception."""
    assert held(FakeNvml(refuses=True)) is None
