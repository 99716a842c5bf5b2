from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pynvml
import pytest
import torch

from bench.telemetry import NoWatch, NvmlWatch, Unwatched, watch_for
from bench.telemetry.nvml import FEATURE_ENABLED, TEMPERATURE_GPU, ClockType, Reason, reasons_in_words
from bench.telemetry.watch import find_handle, pci_bus_id_of
from results.records import Telemetry

if TYPE_CHECKING:
    from bench.telemetry.nvml import Nvml


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
            "energy": [0],
            "reasons": [0],
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

    def nvmlDeviceGetPowerUsage(self, _handle: object) -> int:  # noqa: N802
        return self._next("power")

    def nvmlDeviceGetTotalEnergyConsumption(self, _handle: object) -> int:  # noqa: N802
        return self._next("energy")

    def nvmlDeviceGetCurrentClocksEventReasons(self, _handle: object) -> int:  # noqa: N802
        return self._next("reasons")

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        return self._find("uuid", uuid)

    def nvmlDeviceGetHandleByPciBusId(self, pci_bus_id: str) -> str:  # noqa: N802
        return self._find("pci", pci_bus_id)

    def _find(self, name: str, wanted: str) -> str:
        if wanted not in self._answers.get(name, []):
            msg = "Not Found"
            raise RefusedError(msg)
        return f"{name} {wanted}"


def watch(nvml: FakeNvml) -> NvmlWatch:
    """Return a watch of the made-up device."""
    return NvmlWatch(nvml, "handle")  # type: ignore[arg-type]  # only the questions that a watch asks are made up


def sample(watching: NvmlWatch, count: int = 1) -> list[bool]:
    """Take so many samples; return which to keep."""
    kept = []
    for _ in range(count):
        watching.begin()
        kept.append(watching.keep())
    return kept


def test_readings_become_telemetry_in_si_units() -> None:
    """Median clocks in Hz, the highest temperature, mean power in W, and no notes if all was answered."""
    nvml = FakeNvml(
        sm_clock=[1980, 1500, 1700], temperature=[50, 71, 60], power=[300_000, 400_000, 350_000], energy=[0, 6000] * 3
    )
    watching = watch(nvml)
    assert sample(watching, 3) == [True, True, True]
    assert watching.summary(calls=6) == Telemetry(
        sm_clock_hz=1.7e9, memory_clock_hz=3.201e9, temperature_c=71.0, power_w=350.0, energy_j=3.0
    )


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        (0x4, "software power cap"),
        (0x8, "hardware slowdown"),
        (0x20, "software thermal slowdown"),
        (0x40, "hardware thermal slowdown"),
        (0x80, "hardware power brake slowdown"),
    ],
)
def test_a_throttled_sample_is_not_kept(bits: int, words: str) -> None:
    """Heat and power limits each cost the sample that met them, and no other, and go on record."""
    watching = watch(FakeNvml(reasons=[0, bits, 0]))
    assert sample(watching, 3) == [True, False, True]
    assert watching.summary(3).throttle_reasons == (words,)


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        (0x1, "GPU idle"),
        (0x2, "applications clocks setting"),
        (0x10, "sync boost"),
        (0x100, "display clock setting"),
        (0x4000, "unknown reason 0x4000"),
    ],
)
def test_a_harmless_reason_is_recorded_and_the_sample_kept(bits: int, words: str) -> None:
    """An idle GPU or a clock that someone set is no throttling."""
    watching = watch(FakeNvml(reasons=[bits]))
    assert sample(watching) == [True]
    assert watching.summary(1).throttle_reasons == (words,)


def test_energy_between_samples_belongs_to_other_cases() -> None:
    """Only what the counter rose by from begin to keep is counted: 2 J and 4 J over 4 calls, not the 90 J between."""
    watching = watch(FakeNvml(energy=[1000, 3000, 93_000, 97_000]))
    sample(watching, 2)
    assert watching.summary(calls=4).energy_j == 1.5


def test_energy_counts_the_calls_of_the_samples_that_it_saw() -> None:
    """Where only one of two samples was announced, its 3 J are shared by its own two calls."""
    watching = watch(FakeNvml(energy=[0, 3000, 9000]))
    sample(watching)
    watching.keep()
    assert watching.summary(calls=4).energy_j == 1.5


def test_a_counter_that_stands_still_gives_no_energy() -> None:
    """Sampling too short for the counter's steps leaves the field empty and says so: no call takes 0 J."""
    watching = watch(FakeNvml())
    sample(watching)
    told = watching.summary(1)
    assert told.energy_j is None
    assert told.notes == ("energy: the counter did not move",)


@pytest.mark.parametrize(
    ("refused", "field", "note"),
    [
        ("sm_clock", "sm_clock_hz", "SM clock: Not Supported"),
        ("memory_clock", "memory_clock_hz", "memory clock: Not Supported"),
        ("temperature", "temperature_c", "temperature: Not Supported"),
        ("power", "power_w", "power: Not Supported"),
        ("energy", "energy_j", "energy: Not Supported"),
    ],
)
def test_what_is_refused_is_empty_and_noted_once(refused: str, field: str, note: str) -> None:
    """A question without an answer leaves its field empty, costs one note, and is not asked again."""
    answers: dict[str, list[int | str]] = {"energy": [0, 1000, 1000, 2000], refused: ["Not Supported"]}
    nvml = FakeNvml(**answers)
    watching = watch(nvml)
    assert sample(watching, 2) == [True, True]
    told = watching.summary(2)
    assert getattr(told, field) is None
    assert told.notes == (note,)
    assert nvml.asked.count(refused) == 1


def test_unknown_throttle_reasons_cost_no_sample() -> None:
    """Where NVML does not tell why, samples are kept, and the record says that nobody looked."""
    watching = watch(FakeNvml(reasons=["Insufficient Permissions"], energy=[0, 1]))
    assert sample(watching) == [True]
    assert watching.summary(1).notes == ("throttle reasons: Insufficient Permissions",)


def test_a_device_that_gets_lost_keeps_what_was_read_before() -> None:
    """Readings from before the loss stay, and the notes tell of it."""
    watching = watch(FakeNvml(temperature=[55, "GPU is lost"], energy=[0, 1000]))
    sample(watching, 2)
    told = watching.summary(2)
    assert told.temperature_c == 55.0
    assert "temperature: GPU is lost" in told.notes


def test_nothing_sampled_is_nothing_told() -> None:
    """A case that failed before its first sample has a summary without figures."""
    assert watch(FakeNvml()).summary(0) == Telemetry()


def test_the_cpu_has_no_telemetry() -> None:
    """On the CPU every sample is kept and there is nothing to tell."""
    watching = watch_for("cpu")
    assert isinstance(watching, NoWatch)
    watching.begin()
    assert watching.keep() is True
    assert watching.summary(1) is None


def test_a_gpu_without_nvml_is_measured_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sample is kept, and the record says why there are no figures."""
    monkeypatch.setattr("bench.telemetry.watch.library", lambda: "NVML cannot be used: Driver Not Loaded")
    watching = watch_for("cuda:0")
    assert isinstance(watching, Unwatched)
    watching.begin()
    assert watching.keep() is True
    assert watching.summary(3) == Telemetry(notes=("NVML cannot be used: Driver Not Loaded",))


@pytest.mark.parametrize(
    ("known", "pci", "handle"),
    [
        ({"uuid": ["GPU-ab-12"], "pci": ["0:1.0"]}, "0:1.0", "uuid GPU-ab-12"),
        ({"pci": ["0:1.0"]}, "0:1.0", "pci 0:1.0"),
        ({}, "0:1.0", "NVML does not know the device GPU-ab-12 at 0:1.0: Not Found"),
        ({"pci": ["0:1.0"]}, None, "NVML does not know the device GPU-ab-12: Not Found"),
    ],
)
def test_a_device_is_found_by_what_names_it_for_good(
    known: dict[str, list[int | str]], pci: str | None, handle: str
) -> None:
    """By its UUID, else by its PCI address, never by an index that CUDA_VISIBLE_DEVICES changes."""
    nvml: Nvml = FakeNvml(**known)  # type: ignore[assignment]  # only the look-ups are asked for
    assert find_handle(nvml, "ab-12", pci) == handle


def test_a_pci_address_is_written_as_nvml_reads_it() -> None:
    """Eight, two and two hexadecimal digits; a torch that does not tell it gives none."""
    told = SimpleNamespace(pci_domain_id=0, pci_bus_id=0x3B, pci_device_id=1)
    assert pci_bus_id_of(told) == "00000000:3b:01.0"
    assert pci_bus_id_of(SimpleNamespace(uuid="ab-12")) is None


def test_the_numbers_are_those_of_nvml() -> None:
    """Clock types, sensors and reasons have the values of the library's own header."""
    assert (ClockType.SM, ClockType.MEMORY) == (pynvml.NVML_CLOCK_SM, pynvml.NVML_CLOCK_MEM)
    assert (TEMPERATURE_GPU, FEATURE_ENABLED) == (pynvml.NVML_TEMPERATURE_GPU, pynvml.NVML_FEATURE_ENABLED)
    assert {reason.name: int(reason) for reason in Reason} == {
        "GPU_IDLE": pynvml.nvmlClocksEventReasonGpuIdle,
        "APPLICATIONS_CLOCKS_SETTING": pynvml.nvmlClocksEventReasonApplicationsClocksSetting,
        "SOFTWARE_POWER_CAP": pynvml.nvmlClocksEventReasonSwPowerCap,
        "HARDWARE_SLOWDOWN": pynvml.nvmlClocksEventReasonHwSlowdown,
        "SYNC_BOOST": pynvml.nvmlClocksEventReasonSyncBoost,
        "SOFTWARE_THERMAL_SLOWDOWN": pynvml.nvmlClocksEventReasonSwThermalSlowdown,
        "HARDWARE_THERMAL_SLOWDOWN": pynvml.nvmlClocksEventReasonHwThermalSlowdown,
        "HARDWARE_POWER_BRAKE_SLOWDOWN": pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown,
        "DISPLAY_CLOCK_SETTING": pynvml.nvmlClocksEventReasonDisplayClockSetting,
    }


def test_all_questions_exist_in_the_library() -> None:
    """What is asked of NVML is spelled as pynvml spells it."""
    from bench.telemetry.nvml import Nvml

    asked = [name for name in vars(Nvml) if name.lower().startswith("nvml")]
    assert len(asked) == 14
    assert [name for name in asked if not hasattr(pynvml, name)] == []


def test_several_reasons_are_told_apart() -> None:
    """Reasons that hold together are all named, in the order of their bits."""
    assert reasons_in_words(Reason(0x45)) == ("GPU idle", "software power cap", "hardware thermal slowdown")


@pytest.mark.gpu
def test_gpu_a_busy_device_says_what_it_does() -> None:
    """A real device under load has clocks, a temperature and draws power, under its own handle."""
    watching = watch_for("cuda")
    assert isinstance(watching, NvmlWatch)
    x = torch.randn(4096, 4096, device="cuda")
    for _ in range(3):
        watching.begin()
        for _ in range(50):
            x @ x
        torch.cuda.synchronize()
        watching.keep()
    told = watching.summary(150)
    assert told.sm_clock_hz is not None
    assert 1e8 < told.sm_clock_hz < 5e9
    assert told.temperature_c is not None
    assert 10 < told.temperature_c < 120
