"""Watches a device while a case is sampled, and says which samples to throw away."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Protocol

from results.records import Telemetry

from .nvml import TEMPERATURE_GPU, THROTTLED, ClockType, Questions, Reason, library, reasons_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .nvml import Nvml


class Watch(Protocol):
    """Is told before and after every sample of one case."""

    def begin(self) -> None:
        """Notice that a sample begins. What happens from ``keep`` to the next ``begin`` belongs to other cases."""

    def keep(self) -> bool:
        """Look at the device after a sample; False if the sample was throttled and should be thrown away."""

    def summary(self, calls: int) -> Telemetry | None:
        """Return what was seen.

        Args:
            calls: made between ``begin`` and ``keep``, over all samples, those thrown away included.

        """


class NoWatch:
    """There is nothing to watch: the CPU."""

    def begin(self) -> None:
        """Do nothing."""

    def keep(self) -> bool:
        """Keep every sample."""
        return True

    def summary(self, calls: int) -> Telemetry | None:
        """Return None, however many calls there were."""
        del calls
        return None


class Unwatched:
    """There is a device that cannot be watched; the record says why."""

    def __init__(self, why: str) -> None:
        self._why = why

    def begin(self) -> None:
        """Do nothing."""

    def keep(self) -> bool:
        """Keep every sample."""
        return True

    def summary(self, calls: int) -> Telemetry:
        """Return nothing but the reason."""
        del calls
        return Telemetry(notes=(self._why,))


@dataclass(slots=True)
class _Readings:
    sm_clock_mhz: list[int] = field(default_factory=list)
    memory_clock_mhz: list[int] = field(default_factory=list)
    temperature_c: list[int] = field(default_factory=list)
    power_mw: list[int] = field(default_factory=list)


class NvmlWatch:
    """Asks NVML after every sample: some ten microseconds a question, outside what is timed.

    The energy counter steps every few tens of milliseconds, so that one sample sees no step or too large a one; over
    many samples the steps add up to the right sum.
    """

    def __init__(self, nvml: Nvml, handle: object) -> None:
        self._nvml = nvml
        self._handle = handle
        self._questions = Questions(nvml)
        self._readings = _Readings()
        self._reasons = Reason(0)
        self._before_mj: int | None = None
        self._energy_mj = 0
        self._samples = 0
        self._with_energy = 0

    def begin(self) -> None:
        """Read the energy counter."""
        self._before_mj = self._energy_counter()

    def keep(self) -> bool:
        """Read everything; False if clocks were held down by heat or power."""
        nvml, handle, ask = self._nvml, self._handle, self._questions.ask
        after_mj = self._energy_counter()
        # Before anything else, while the device still shows what the sample left.
        asked = ask("throttle reasons", lambda: nvml.nvmlDeviceGetCurrentClocksEventReasons(handle))
        reasons = Reason(asked or 0)
        seen = self._readings
        _add(seen.sm_clock_mhz, ask("SM clock", lambda: nvml.nvmlDeviceGetClockInfo(handle, ClockType.SM)))
        _add(seen.memory_clock_mhz, ask("memory clock", lambda: nvml.nvmlDeviceGetClockInfo(handle, ClockType.MEMORY)))
        _add(seen.temperature_c, ask("temperature", lambda: nvml.nvmlDeviceGetTemperature(handle, TEMPERATURE_GPU)))
        _add(seen.power_mw, ask("power", lambda: nvml.nvmlDeviceGetPowerUsage(handle)))
        self._samples += 1
        if self._before_mj is not None and after_mj is not None:
            self._energy_mj += after_mj - self._before_mj
            self._with_energy += 1
        self._before_mj = None
        self._reasons |= reasons
        return not reasons & THROTTLED

    def summary(self, calls: int) -> Telemetry:
        """Return medians, the highest temperature, mean power, the energy of a call and all throttle reasons."""
        seen = self._readings
        energy_j = self._energy_per_call_j(calls)
        still = ("energy: the counter did not move",) if energy_j is None and self._with_energy else ()
        return Telemetry(
            sm_clock_hz=_median(seen.sm_clock_mhz, 1e6),
            memory_clock_hz=_median(seen.memory_clock_mhz, 1e6),
            temperature_c=float(max(seen.temperature_c)) if seen.temperature_c else None,
            power_w=statistics.fmean(seen.power_mw) * 1e-3 if seen.power_mw else None,
            energy_j=energy_j,
            throttle_reasons=reasons_in_words(self._reasons),
            notes=(*self._questions.notes, *still),
        )

    def _energy_counter(self) -> int | None:
        return self._questions.ask("energy", lambda: self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle))

    def _energy_per_call_j(self, calls: int) -> float | None:
        # Samples whose beginning or end had no reading count as much as the others.
        counted = calls * self._with_energy / self._samples if self._samples else 0
        return self._energy_mj * 1e-3 / counted if self._energy_mj > 0 and counted else None


def watch_for(device: str) -> Watch:
    """Return what watches a device such as ``cpu`` or ``cuda:0``; a new one for every case."""
    if device.partition(":")[0] != "cuda":
        return NoWatch()
    nvml = library()
    if isinstance(nvml, str):
        return Unwatched(nvml)
    handle = _handle_of(device)
    return Unwatched(handle) if isinstance(handle, str) else NvmlWatch(nvml, handle)


def find_handle(nvml: Nvml, uuid: str, pci_bus_id: str | None) -> object:
    """Return NVML's handle of a device, or in words why there is none.

    Never by index: CUDA counts the devices in CUDA_VISIBLE_DEVICES, NVML all of them, and in another order.

    Args:
        nvml: initialised.
        uuid: as CUDA gives it, without NVML's prefix ``GPU-``.
        pci_bus_id: ``domain:bus:device.function`` in hexadecimal digits. Where CUDA runs on a part of a GPU (MIG),
            the UUID is the part's, and this finds the whole.

    """
    try:
        return nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
    except nvml.NVMLError as error:
        if pci_bus_id is None:
            return f"NVML does not know the device GPU-{uuid}: {error}"
    try:
        return nvml.nvmlDeviceGetHandleByPciBusId(pci_bus_id)
    except nvml.NVMLError as error:
        return f"NVML does not know the device GPU-{uuid} at {pci_bus_id}: {error}"


@cache
def _handle_of(device: str) -> object:
    import torch

    nvml = library()
    if isinstance(nvml, str):
        return nvml
    properties = torch.cuda.get_device_properties(device)
    return find_handle(nvml, str(properties.uuid), pci_bus_id_of(properties))


def pci_bus_id_of(properties: object) -> str | None:
    """Return the PCI address as NVML reads it, or None from a torch that does not tell it."""
    parts = [getattr(properties, name, None) for name in ("pci_domain_id", "pci_bus_id", "pci_device_id")]
    if None in parts:
        return None
    domain, bus, slot = parts
    return f"{domain:08x}:{bus:02x}:{slot:02x}.0"


def _add(readings: list[int], reading: int | None) -> None:
    if reading is not None:
        readings.append(reading)


def _median(readings: Sequence[int], unit: float) -> float | None:
    return statistics.median(readings) * unit if readings else None
