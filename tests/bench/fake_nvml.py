"""A made-up NVML, and a clock to ask it by."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class RefusedError(Exception):
    """What the made-up NVML raises."""


class FakeNvml:
    """Answers from lists, the last answer for ever; a text is raised instead."""

    NVMLError = RefusedError

    def __init__(self, **answers: list[int | str]) -> None:
        self.asked: list[str] = []
        self._answers = {
            "sm_clock": [1980],
            "memory_clock": [3201],
            "temperature": [60],
            "power": [400_000],
            "average_power": [390_000],
            "energy": [0],
            "reasons": [0],
            "mig": [0],
        } | answers

    def _next(self, name: str) -> int:
        self.asked.append(name)
        answers = self._answers[name]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, str):
            raise RefusedError(answer)
        return answer

    def nvmlDeviceGetClockInfo(self, _handle: object, kind: int) -> int:  # noqa: N802
        return self._next({1: "sm_clock", 2: "memory_clock"}[kind])

    def nvmlDeviceGetTemperature(self, _handle: object, _sensor: int) -> int:  # noqa: N802
        return self._next("temperature")

    def nvmlDeviceGetFieldValues(self, _handle: object, fields: list[int]) -> list[SimpleNamespace]:  # noqa: N802
        assert fields == [186]
        power = self._next("power")
        return [SimpleNamespace(nvmlReturn=3 if power < 0 else 0, value=SimpleNamespace(uiVal=power))]

    def nvmlDeviceGetPowerUsage(self, _handle: object) -> int:  # noqa: N802
        return self._next("average_power")

    def nvmlDeviceGetTotalEnergyConsumption(self, _handle: object) -> int:  # noqa: N802
        return self._next("energy")

    def nvmlDeviceGetCurrentClocksEventReasons(self, _handle: object) -> int:  # noqa: N802
        return self._next("reasons")

    def nvmlDeviceGetMigMode(self, _handle: object) -> list[int]:  # noqa: N802
        return [self._next("mig"), 0]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        return self._find("uuid", uuid)

    def nvmlDeviceGetHandleByPciBusId(self, pci_bus_id: str) -> str:  # noqa: N802
        return self._find("pci", pci_bus_id)

    def _find(self, name: str, wanted: str) -> str:
        if wanted not in self._answers.get(name, []):
            msg = "Not Found"
            raise RefusedError(msg)
        return f"{name} {wanted}"


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def calls(self, count: int, seconds: float) -> Callable[[], int]:
        """Return what makes so many calls in this time."""

        def run() -> int:
            self.now += seconds
            return count

        return run
