"""NVML, as far as it is used here: the functions, and the numbers of nvml.h that go in and come out."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Answer = TypeVar("Answer")

TEMPERATURE_GPU = 0
FEATURE_ENABLED = 1
MIG_ENABLED = 1
#: The field of the power that is drawn now (NVML_FI_DEV_POWER_INSTANT); nvmlDeviceGetPowerUsage gives the average of
#: about a second on boards since Ampere.
POWER_INSTANT = 186


class ClockType(IntEnum):
    """Which clock (nvmlClockType_t)."""

    SM = 1
    MEMORY = 2


class Reason(IntFlag):
    """Why a GPU does not run at its highest clocks (nvmlClocksEventReasons, once called throttle reasons)."""

    GPU_IDLE = 0x1
    APPLICATIONS_CLOCKS_SETTING = 0x2
    SOFTWARE_POWER_CAP = 0x4
    HARDWARE_SLOWDOWN = 0x8
    SYNC_BOOST = 0x10
    SOFTWARE_THERMAL_SLOWDOWN = 0x20
    HARDWARE_THERMAL_SLOWDOWN = 0x40
    HARDWARE_POWER_BRAKE_SLOWDOWN = 0x80
    DISPLAY_CLOCK_SETTING = 0x100


#: The board draws what it may, and clocks are as high as that leaves. So large GPUs run under load, for as long as it
#: lasts: a state to report, no disturbance to wait out.
POWER_CAPPED = Reason.SOFTWARE_POWER_CAP
#: Too hot, or the power supply in trouble: clocks are lower than what the work gets at other times.
THROTTLED = (
    Reason.HARDWARE_SLOWDOWN
    | Reason.SOFTWARE_THERMAL_SLOWDOWN
    | Reason.HARDWARE_THERMAL_SLOWDOWN
    | Reason.HARDWARE_POWER_BRAKE_SLOWDOWN
)


class Process(Protocol):
    """A process that uses a GPU."""

    pid: int


class Utilization(Protocol):
    """Share of the last second or so, in percent."""

    gpu: int


class Memory(Protocol):
    """Of a GPU, in bytes."""

    used: int
    """What the driver keeps for itself included."""


class Number(Protocol):
    """What a field may hold."""

    uiVal: int  # noqa: N815 - pynvml's name


class Field(Protocol):
    """One of the figures that are asked for by number."""

    nvmlReturn: int  # noqa: N815
    """0, or the error in place of a value."""
    value: Number


class Nvml(Protocol):
    """The functions of ``pynvml`` that are used; each raises an NVMLError where it has no answer."""

    @property
    def NVMLError(self) -> type[Exception]: ...  # noqa: D102, N802 - pynvml's name

    def nvmlDeviceGetCount(self) -> int: ...  # noqa: D102, N802
    def nvmlDeviceGetHandleByIndex(self, index: int, /) -> object: ...  # noqa: D102, N802
    def nvmlDeviceGetHandleByUUID(self, uuid: str, /) -> object: ...  # noqa: D102, N802
    def nvmlDeviceGetHandleByPciBusId(self, pci_bus_id: str, /) -> object: ...  # noqa: D102, N802
    def nvmlDeviceGetClockInfo(self, handle: object, kind: int, /) -> int: ...  # noqa: D102, N802
    def nvmlDeviceGetTemperature(self, handle: object, sensor: int, /) -> int: ...  # noqa: D102, N802
    def nvmlDeviceGetPowerUsage(self, handle: object, /) -> int: ...  # noqa: D102, N802
    def nvmlDeviceGetFieldValues(self, handle: object, fields: list[int], /) -> Iterable[Field]: ...  # noqa: D102, N802
    def nvmlDeviceGetMemoryInfo(self, handle: object, /) -> Memory: ...  # noqa: D102, N802
    def nvmlDeviceGetTotalEnergyConsumption(self, handle: object, /) -> int: ...  # noqa: D102, N802
    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: object, /) -> int: ...  # noqa: D102, N802
    def nvmlDeviceGetPersistenceMode(self, handle: object, /) -> int: ...  # noqa: D102, N802
    def nvmlDeviceGetMigMode(self, handle: object, /) -> Sequence[int]: ...  # noqa: D102, N802
    def nvmlDeviceGetUtilizationRates(self, handle: object, /) -> Utilization: ...  # noqa: D102, N802
    def nvmlDeviceGetComputeRunningProcesses(self, handle: object, /) -> Sequence[Process]: ...  # noqa: D102, N802
    def nvmlDeviceGetGraphicsRunningProcesses(self, handle: object, /) -> Sequence[Process]: ...  # noqa: D102, N802


@cache
def library() -> Nvml | str:
    """Return NVML, initialised once a process, or in words why there is none."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return f"NVML cannot be used: {error}"
    return cast(Nvml, pynvml)


def instant_power_mw(nvml: Nvml, handle: object) -> int:
    """Return the power that a board draws now, in milliwatts, or raise an NVMLError where it does not say."""
    (field,) = nvml.nvmlDeviceGetFieldValues(handle, [POWER_INSTANT])
    if field.nvmlReturn:
        raise nvml.NVMLError(field.nvmlReturn)
    return field.value.uiVal


def is_partitioned(nvml: Nvml, handle: object) -> bool | None:
    """Return whether CUDA sees a board's parts (MIG) in place of the board; None where NVML does not say.

    Its parts have memory and SMs of their own. Clocks, temperature, power, energy and throttling are the board's.
    """
    try:
        current, _ = nvml.nvmlDeviceGetMigMode(handle)
    except nvml.NVMLError:
        return None
    return current == MIG_ENABLED


class Questions:
    """Asks NVML. What it refuses once is noted once, and not asked again."""

    def __init__(self, nvml: Nvml) -> None:
        self._error = nvml.NVMLError
        self._refused: dict[str, str] = {}

    def ask(self, what: str, query: Callable[[], Answer]) -> Answer | None:
        """Return the answer, or None where NVML refuses.

        Args:
            what: the question, in the words of the note.
            query: calls NVML.

        """
        if what in self._refused:
            return None
        try:
            return query()
        except self._error as error:
            self._refused[what] = str(error)
            return None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was refused, and why: ``power: Not Supported``."""
        return tuple(f"{what}: {why}" for what, why in self._refused.items())


def reasons_in_words(reasons: Reason) -> tuple[str, ...]:
    """Return the names of the reasons, ``software power cap``; those that are newer than this table as a number."""
    known = [reason for reason in Reason if reason in reasons]
    words = [str(reason.name).lower().replace("_", " ").replace("gpu", "GPU") for reason in known]
    unknown = int(reasons) & ~sum(Reason)
    return (*words, *([f"unknown reason {unknown:#x}"] if unknown else []))
