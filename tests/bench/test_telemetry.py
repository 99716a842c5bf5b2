from __future__ import annotations

import time
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pynvml
import pytest
import torch

from bench.telemetry import NoWatch, NvmlWatch, Unwatched, watch_for
from bench.telemetry.energy import weigh
from bench.telemetry.nvml import (
    FEATURE_ENABLED,
    POWER_INSTANT,
    TEMPERATURE_GPU,
    ClockType,
    Reason,
    instant_power_mw,
    library,
    reasons_in_words,
)
from bench.telemetry.watch import find_handle, pci_bus_id_of
from results.records import Telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

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
            "average_power": [390_000],
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

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        return self._find("uuid", uuid)

    def nvmlDeviceGetHandleByPciBusId(self, pci_bus_id: str) -> str:  # noqa: N802
        return self._find("pci", pci_bus_id)

    def _find(self, name: str, wanted: str) -> str:
        if wanted not in self._answers.get(name, []):
            msg = "Not Found"
            raise RefusedError(msg)
        return f"{name} {wanted}"


def watch(nvml: FakeNvml, now_s: Callable[[], float] = time.perf_counter) -> NvmlWatch:
    """Return a watch of the made-up device."""
    # Only the questions that a watch asks are made up.
    return NvmlWatch(nvml, "handle", now_s)  # type: ignore[arg-type]


def sample(watching: NvmlWatch, samples: int = 1) -> list[bool]:
    """Take so many samples; return which to keep."""
    return [watching.keep() for _ in range(samples)]


class Board:
    """Draws power while something runs; its counter steps every 0.1 s."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.counted_mj = 0
        self._drawn_mj = 0.0

    def run(self, seconds: float, watts: float) -> None:
        """Let time pass at this power."""
        while seconds > 0:
            step_s = min(0.001, seconds)
            before, self.now_s = self.now_s, self.now_s + step_s
            self._drawn_mj += 1e3 * watts * step_s
            seconds -= step_s
            if int(before / 0.1) != int(self.now_s / 0.1):
                self.counted_mj = round(self._drawn_mj)

    def calls(self, watts: float) -> int:
        """Make ten calls of 2 ms."""
        self.run(0.02, watts)
        return 10


def test_readings_become_telemetry_in_si_units() -> None:
    """Median clocks in Hz, the highest temperature, mean power in W, and no notes if all was answered."""
    nvml = FakeNvml(
        sm_clock=[1980, 1500, 1700], temperature=[50, 71, 60], power=[300_000, 400_000, 350_000], energy=[0, 6000]
    )
    watching = watch(nvml, count(step=2.0).__next__)
    assert sample(watching, 3) == [True, True, True]
    watching.weigh(lambda: 2)
    assert watching.summary() == Telemetry(
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
    assert watching.summary().throttle_reasons == (words,)


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
    assert watching.summary().throttle_reasons == (words,)


def test_each_case_is_told_its_own_energy() -> None:
    """Calls of 2 ms at 350 W take 0.7 J and at 75 W 0.15 J, whatever another case drew, or nobody, before."""
    board = Board()
    told = []
    for watts in (350.0, 75.0):
        board.run(3.0, 500.0)
        # The length of a step: what it holds is the case's own.
        board.run(0.1, watts)
        weighed = weigh(partial(board.calls, watts), lambda: board.counted_mj, lambda: board.now_s)
        assert weighed is not None
        told.append(weighed.per_call_j)
    # A step of twenty may be missing or too many.
    assert told == pytest.approx([0.7, 0.15], rel=0.06)


def test_energy_is_counted_for_twenty_steps() -> None:
    """Ten calls in 20 ms, until 2 s have passed; a single call that takes longer is enough."""
    board = Board()
    weighed = weigh(lambda: board.calls(100.0), lambda: board.counted_mj, lambda: board.now_s)
    assert weighed is not None
    assert weighed.calls == pytest.approx(1000, abs=10)
    clock = count(step=3.0)
    assert weigh(lambda: 1, count(0, 6000).__next__, clock.__next__) == (6000, 1)


def test_nothing_is_run_without_a_counter() -> None:
    """Two seconds a case are only spent where they tell something."""
    assert weigh(lambda: pytest.fail("it ran"), lambda: None, lambda: 0.0) is None


def test_a_counter_that_gets_lost_tells_nothing() -> None:
    """With one reading there is no difference, and the note says what became of the other."""
    watching = watch(FakeNvml(energy=[1000, "GPU is lost"]), count(step=2.0).__next__)
    watching.weigh(lambda: 5)
    assert watching.summary() == Telemetry(notes=("energy: GPU is lost",))


def test_throttling_while_it_is_weighed_is_on_record() -> None:
    """The energy is that of a hot device, which the reasons say."""
    watching = watch(FakeNvml(energy=[1000, 4000], reasons=[0x4]), count(step=2.0).__next__)
    watching.weigh(lambda: 6)
    assert watching.summary() == Telemetry(energy_j=0.5, throttle_reasons=("software power cap",))


def test_a_board_without_instantaneous_power_tells_its_average() -> None:
    """The field's own error counts as a refusal; the record names what the figure is."""
    nvml = FakeNvml(power=[-1])
    watching = watch(nvml)
    sample(watching, 2)
    told = watching.summary()
    assert told.power_w == 390.0
    assert told.notes == (
        "instantaneous power: 3",
        "power: the board's average of about a second, with what other cases drew in it",
    )
    assert nvml.asked.count("power") == 1


def test_power_that_nobody_tells_is_empty() -> None:
    """Neither figure: both refusals are noted, once each."""
    nvml = FakeNvml(power=["Not Supported"], average_power=["Not Supported"])
    watching = watch(nvml)
    sample(watching, 2)
    told = watching.summary()
    assert told.power_w is None
    assert told.notes == ("instantaneous power: Not Supported", "power: Not Supported")
    assert (nvml.asked.count("power"), nvml.asked.count("average_power")) == (1, 1)


def test_a_counter_that_stands_still_gives_no_energy() -> None:
    """A field without a figure that says so: no call takes 0 J."""
    watching = watch(FakeNvml(), count(step=2.0).__next__)
    watching.weigh(lambda: 5)
    assert watching.summary() == Telemetry(notes=("energy: the counter did not move",))


@pytest.mark.parametrize(
    ("refused", "field", "note"),
    [
        ("sm_clock", "sm_clock_hz", "SM clock: Not Supported"),
        ("memory_clock", "memory_clock_hz", "memory clock: Not Supported"),
        ("temperature", "temperature_c", "temperature: Not Supported"),
        ("energy", "energy_j", "energy: Not Supported"),
    ],
)
def test_what_is_refused_is_empty_and_noted_once(refused: str, field: str, note: str) -> None:
    """A question without an answer leaves its field empty, costs one note, and is not asked again."""
    answers: dict[str, list[int | str]] = {"energy": [0, 1000, 1000, 2000], refused: ["Not Supported"]}
    nvml = FakeNvml(**answers)
    watching = watch(nvml, count(step=2.0).__next__)
    assert sample(watching, 2) == [True, True]
    watching.weigh(lambda: 5)
    watching.weigh(lambda: 5)
    told = watching.summary()
    assert getattr(told, field) is None
    assert told.notes == (note,)
    assert nvml.asked.count(refused) == 1


def test_unknown_throttle_reasons_cost_no_sample() -> None:
    """Where NVML does not tell why, samples are kept, and the record says that nobody looked."""
    watching = watch(FakeNvml(reasons=["Insufficient Permissions"]))
    assert sample(watching) == [True]
    assert watching.summary().notes == ("throttle reasons: Insufficient Permissions",)


def test_a_device_that_gets_lost_keeps_what_was_read_before() -> None:
    """Readings from before the loss stay, and the notes tell of it."""
    watching = watch(FakeNvml(temperature=[55, "GPU is lost"]))
    sample(watching, 2)
    told = watching.summary()
    assert told.temperature_c == 55.0
    assert "temperature: GPU is lost" in told.notes


def test_nothing_sampled_is_nothing_told() -> None:
    """A case that failed before its first sample has a summary without figures."""
    assert watch(FakeNvml()).summary() == Telemetry()


def test_the_cpu_has_no_telemetry() -> None:
    """On the CPU every sample is kept and there is nothing to tell."""
    watching = watch_for("cpu")
    assert isinstance(watching, NoWatch)
    watching.weigh(lambda: pytest.fail("it ran"))
    assert watching.keep() is True
    assert watching.summary() is None


def test_a_gpu_without_nvml_is_measured_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sample is kept, and the record says why there are no figures."""
    monkeypatch.setattr("bench.telemetry.watch.library", lambda: "NVML cannot be used: Driver Not Loaded")
    watching = watch_for("cuda:0")
    assert isinstance(watching, Unwatched)
    watching.weigh(lambda: pytest.fail("it ran"))
    assert watching.keep() is True
    assert watching.summary() == Telemetry(notes=("NVML cannot be used: Driver Not Loaded",))


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
    assert POWER_INSTANT == pynvml.NVML_FI_DEV_POWER_INSTANT
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
    assert len(asked) == 16
    assert [name for name in asked if not hasattr(pynvml, name)] == []


def test_several_reasons_are_told_apart() -> None:
    """Reasons that hold together are all named, in the order of their bits."""
    assert reasons_in_words(Reason(0x45)) == ("GPU idle", "software power cap", "hardware thermal slowdown")


def test_the_library_s_own_fields_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Power comes out of the structure that pynvml fills in, and a field's error becomes the library's exception."""

    def answer(status: int) -> None:
        field = pynvml.c_nvmlFieldValue_t(fieldId=POWER_INSTANT, nvmlReturn=status)
        field.value.uiVal = 412_000
        monkeypatch.setattr(pynvml, "nvmlDeviceGetFieldValues", lambda *_: (pynvml.c_nvmlFieldValue_t * 1)(field))

    answer(pynvml.NVML_SUCCESS)
    assert instant_power_mw(pynvml, "handle") == 412_000
    answer(pynvml.NVML_ERROR_NOT_SUPPORTED)
    with pytest.raises(pynvml.NVMLError_NotSupported):
        instant_power_mw(pynvml, "handle")


@pytest.mark.gpu(memory_gib=1)
def test_gpu_a_busy_device_says_what_it_does() -> None:
    """A real device under load has clocks, a temperature and draws power, as far as its NVML tells them."""
    nvml = library()
    if isinstance(nvml, str):
        pytest.skip(nvml)
    watching = watch_for("cuda")
    assert isinstance(watching, NvmlWatch)
    x = torch.randn(4096, 4096, device="cuda")
    for _ in range(3):
        for _ in range(50):
            x @ x
        torch.cuda.synchronize()
        watching.keep()

    def run() -> int:
        for _ in range(50):
            x @ x
        torch.cuda.synchronize()
        return 50

    watching.weigh(run)
    told = watching.summary()
    # 69e9 multiply-adds: between 0.015 and 150 pJ each.
    plausible = {
        "energy": (told.energy_j, 1e-3, 10),
        "SM clock": (told.sm_clock_hz, 1e8, 5e9),
        "temperature": (told.temperature_c, 10, 120),
    }
    # Boards for displays and parts of a GPU (MIG) do not have every counter: then NVML says just that.
    expected = {name: given for name, given in plausible.items() if f"{name}: Not Supported" not in told.notes}
    for value, least, most in expected.values():
        assert value is not None, told.notes
        assert least < value < most
