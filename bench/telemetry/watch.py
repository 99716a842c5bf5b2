"""Watches a device while a case is sampled, and says which samples to throw away."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from results.records import Telemetry

from .boards import board_of
from .energy import weigh
from .nvml import (
    POWER_CAPPED,
    TEMPERATURE_GPU,
    THROTTLED,
    ClockType,
    Questions,
    Reason,
    instant_power_mw,
    library,
    reasons_in_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .boards import Board
    from .energy import Weighed
    from .nvml import Nvml


AVERAGED_POWER = "power: the board's average of about a second, with what other cases drew in it"
STILL_COUNTER = "energy: the counter did not move"
SHARED_BOARD = (
    "power, energy and temperature: of the whole board, of which this device is a part (MIG), with what the others "
    "draw; clocks and throttling are common to all parts"
)


class Watch(Protocol):
    """Is told of every sample of one case, and then sees it run alone."""

    def keep(self) -> bool:
        """Look at the device after a sample; False if the sample was throttled and should be thrown away."""

    def weigh(self, run: Callable[[], int]) -> None:
        """Have the case run alone until its energy can be told: some 2 s, or not at all without a counter.

        Args:
            run: makes some calls back to back, waits for them, and returns how many. It has been run just before, for
                the length of a counter's step.

        """

    def summary(self) -> Telemetry | None:
        """Return what was seen."""


class NoWatch:
    """There is nothing to watch: the CPU."""

    def keep(self) -> bool:
        """Keep every sample."""
        return True

    def weigh(self, run: Callable[[], int]) -> None:
        """Run nothing."""

    def summary(self) -> Telemetry | None:
        """Return None."""
        return None


class Unwatched:
    """There is a device that cannot be watched; the record says why."""

    def __init__(self, why: str) -> None:
        self._why = why

    def keep(self) -> bool:
        """Keep every sample."""
        return True

    def weigh(self, run: Callable[[], int]) -> None:
        """Run nothing."""

    def summary(self) -> Telemetry:
        """Return nothing but the reason."""
        return Telemetry(notes=(self._why,))


@dataclass(slots=True)
class _Readings:
    sm_clock_mhz: list[int] = field(default_factory=list)
    memory_clock_mhz: list[int] = field(default_factory=list)
    temperature_c: list[int] = field(default_factory=list)
    power_mw: list[int] = field(default_factory=list)


class NvmlWatch:
    """Asks NVML after every sample: some ten microseconds a question, outside what is timed.

    Args:
        nvml: initialised.
        board: that the device is, or is a part of.
        now_s: the host's clock.

    """

    def __init__(self, nvml: Nvml, board: Board, now_s: Callable[[], float] = time.perf_counter) -> None:
        self._nvml = nvml
        self._handle = board.handle
        self._shared = board.shared
        self._questions = Questions(nvml)
        self._now_s = now_s
        self._weighed: Weighed | None = None
        self._readings = _Readings()
        self._reasons = Reason(0)
        self._watched = 0
        self._power_capped = 0
        self._averaged_power = False

    def keep(self) -> bool:
        """Read everything; False if clocks were held down by heat or by a failing supply of power."""
        nvml, handle, ask = self._nvml, self._handle, self._questions.ask
        # Before anything else, while the device still shows what the sample left.
        reasons = self._read_reasons()
        self._watched += reasons is not None
        throttled = bool((reasons or Reason(0)) & THROTTLED)
        self._power_capped += not throttled and bool((reasons or Reason(0)) & POWER_CAPPED)
        seen = self._readings
        _add(seen.sm_clock_mhz, ask("SM clock", lambda: nvml.nvmlDeviceGetClockInfo(handle, ClockType.SM)))
        _add(seen.memory_clock_mhz, ask("memory clock", lambda: nvml.nvmlDeviceGetClockInfo(handle, ClockType.MEMORY)))
        _add(seen.temperature_c, ask("temperature", lambda: nvml.nvmlDeviceGetTemperature(handle, TEMPERATURE_GPU)))
        self._read_power()
        return not throttled

    def weigh(self, run: Callable[[], int]) -> None:
        """Read the energy counter before and after; a throttled device is on record, and weighed all the same."""
        self._weighed = weigh(run, self._read_energy, self._now_s)
        self._read_reasons()

    def summary(self) -> Telemetry:
        """Return medians, the highest temperature, mean power, the energy of a call and all throttle reasons."""
        seen = self._readings
        energy_j = None if self._weighed is None else self._weighed.per_call_j
        return Telemetry(
            sm_clock_hz=_median(seen.sm_clock_mhz, 1e6),
            memory_clock_hz=_median(seen.memory_clock_mhz, 1e6),
            temperature_c=float(max(seen.temperature_c)) if seen.temperature_c else None,
            power_w=statistics.fmean(seen.power_mw) * 1e-3 if seen.power_mw else None,
            energy_j=energy_j,
            throttle_reasons=reasons_in_words(self._reasons),
            watched=self._watched,
            power_capped=self._power_capped,
            shared_board=self._shared,
            notes=(
                *((SHARED_BOARD,) if self._shared else ()),
                *self._questions.notes,
                *((AVERAGED_POWER,) if self._averaged_power else ()),
                *((STILL_COUNTER,) if self._weighed is not None and energy_j is None else ()),
            ),
        )

    def _read_reasons(self) -> Reason | None:
        nvml, handle, ask = self._nvml, self._handle, self._questions.ask
        asked = ask("throttle reasons", lambda: nvml.nvmlDeviceGetCurrentClocksEventReasons(handle))
        if asked is None:
            return None
        self._reasons |= Reason(asked)
        return Reason(asked)

    def _read_power(self) -> None:
        nvml, handle, ask = self._nvml, self._handle, self._questions.ask
        power_mw = ask("instantaneous power", lambda: instant_power_mw(nvml, handle))
        if power_mw is None:
            power_mw = ask("power", lambda: nvml.nvmlDeviceGetPowerUsage(handle))
            self._averaged_power |= power_mw is not None
        _add(self._readings.power_mw, power_mw)

    def _read_energy(self) -> int | None:
        return self._questions.ask("energy", lambda: self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle))


def watch_for(device: str) -> Watch:
    """Return what watches a device such as ``cpu`` or ``cuda:0``; a new one for every case."""
    if device.partition(":")[0] != "cuda":
        return NoWatch()
    nvml = library()
    if isinstance(nvml, str):
        return Unwatched(nvml)
    board = board_of(device)
    return Unwatched(board) if isinstance(board, str) else NvmlWatch(nvml, board)


def _add(readings: list[int], reading: int | None) -> None:
    if reading is not None:
        readings.append(reading)


def _median(readings: Sequence[int], unit: float) -> float | None:
    return statistics.median(readings) * unit if readings else None
