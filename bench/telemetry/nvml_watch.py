"""Watches a GPU through NVML: why its clocks are low, and how it fares."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from results.records import Telemetry

from .energy import weigh
from .nvml import (
    POWER_CAPPED,
    TEMPERATURE_GPU,
    THROTTLED,
    ClockType,
    Questions,
    Reason,
    instant_power_mw,
    reasons_in_words,
)
from .ration import SHARE, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .boards import Board
    from .energy import Weighed
    from .nvml import Nvml
    from .ration import Ration

AVERAGED_POWER = "power: the board's average of about a second, with what other cases drew in it"
STILL_COUNTER = "energy: the counter did not move"
SHARED_BOARD = (
    "power, energy and temperature: of the whole board, of which this device is a part (MIG), with what the others "
    "draw; clocks and throttling are common to all parts"
)


@dataclass(slots=True)
class _Readings:
    sm_clock_mhz: list[int] = field(default_factory=list)
    memory_clock_mhz: list[int] = field(default_factory=list)
    temperature_c: list[int] = field(default_factory=list)
    power_mw: list[int] = field(default_factory=list)


class NvmlWatch:
    """Asks NVML after samples, outside what is timed: after every one, or as often as the ration allows.

    Args:
        nvml: initialised.
        board: that the device is, or is a part of.
        ration: of all watches that share the time.
        now_s: the CPU's clock.

    """

    def __init__(
        self, nvml: Nvml, board: Board, ration: Ration, now_s: Callable[[], float] = time.perf_counter
    ) -> None:
        self._nvml = nvml
        self._handle = board.handle
        self._shared = board.shared
        self._ration = ration
        self._questions = Questions(nvml)
        self._now_s = now_s
        self._weighed: Weighed | None = None
        self._readings = _Readings()
        self._reasons = Reason(0)
        self._samples = 0
        self._watched = 0
        self._unwatched = 0
        self._read = 0
        self._read_alone = False
        self._power_capped = 0
        self._averaged_power = False

    def keep(self) -> bool:
        """Ask what the ration allows; False if clocks were held down by heat or by a failing supply of power.

        A sample after which nothing was asked is kept.
        """
        self._samples += 1
        reasons = Reason(0)
        # Before anything else, while the device still shows what the sample left.
        if self._ration.allows(Kind.REASONS):
            asked = self._read_reasons()
            self._watched += asked is not None
            reasons = asked or reasons
        else:
            self._unwatched += 1
        if self._ration.allows(Kind.READINGS):
            self._read_device()
            self._read += 1
        if reasons & THROTTLED:
            return False
        self._power_capped += bool(reasons & POWER_CAPPED)
        return True

    def weigh(self, run: Callable[[], int]) -> None:
        """Read the energy counter before and after; a throttled device is on record, and weighed all the same."""
        self._weighed = weigh(run, self._read_energy, self._now_s)
        self._read_reasons()
        if self._samples and not self._read:
            # Its turn to be read never came.
            self._read_device()
            self._read_alone = True

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
            unwatched=self._unwatched,
            power_capped=self._power_capped,
            shared_board=self._shared,
            notes=(
                *((SHARED_BOARD,) if self._shared else ()),
                *self._questions.notes,
                *((AVERAGED_POWER,) if self._averaged_power else ()),
                *((STILL_COUNTER,) if self._weighed is not None and energy_j is None else ()),
                *self._ration_notes(),
            ),
        )

    def _ration_notes(self) -> Iterator[str]:
        """Say what was asked after some samples only."""
        most = f"of {self._samples} samples, to take {SHARE:.0%} of the time at most"
        if self._unwatched:
            yield f"throttle reasons: asked after {self._samples - self._unwatched} {most}"
        if self._read < self._samples:
            alone = "; then when it ran alone" if self._read_alone else ""
            yield f"clocks, temperature and power: asked after {self._read} {most}{alone}"

    def _read_reasons(self) -> Reason | None:
        nvml, handle, ask = self._nvml, self._handle, self._questions.ask
        with self._ration.spending(Kind.REASONS):
            asked = ask("throttle reasons", lambda: nvml.nvmlDeviceGetCurrentClocksEventReasons(handle))
        if asked is None:
            return None
        self._reasons |= Reason(asked)
        return Reason(asked)

    def _read_device(self) -> None:
        nvml, handle, ask, seen = self._nvml, self._handle, self._questions.ask, self._readings
        with self._ration.spending(Kind.READINGS):
            _add(seen.sm_clock_mhz, ask("SM clock", lambda: nvml.nvmlDeviceGetClockInfo(handle, ClockType.SM)))
            memory_clock_mhz = ask("memory clock", lambda: nvml.nvmlDeviceGetClockInfo(handle, ClockType.MEMORY))
            _add(seen.memory_clock_mhz, memory_clock_mhz)
            _add(seen.temperature_c, ask("temperature", lambda: nvml.nvmlDeviceGetTemperature(handle, TEMPERATURE_GPU)))
            self._read_power()

    def _read_power(self) -> None:
        nvml, handle, ask = self._nvml, self._handle, self._questions.ask
        power_mw = ask("instantaneous power", lambda: instant_power_mw(nvml, handle))
        if power_mw is None:
            power_mw = ask("power", lambda: nvml.nvmlDeviceGetPowerUsage(handle))
            self._averaged_power |= power_mw is not None
        _add(self._readings.power_mw, power_mw)

    def _read_energy(self) -> int | None:
        return self._questions.ask("energy", lambda: self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle))


def _add(readings: list[int], reading: int | None) -> None:
    if reading is not None:
        readings.append(reading)


def _median(readings: Sequence[int], unit: float) -> float | None:
    return statistics.median(readings) * unit if readings else None
