from __future__ import annotations

from functools import partial
from itertools import count

import pynvml
import pytest
import torch

from bench.telemetry import NoWatch, NvmlWatch, Unwatched, boards, watch_for
from bench.telemetry.energy import weigh
from bench.telemetry.nvml import (
    FEATURE_ENABLED,
    MIG_ENABLED,
    POWER_INSTANT,
    TEMPERATURE_GPU,
    ClockType,
    Reason,
    instant_power_mw,
    library,
    reasons_in_words,
)
from bench.telemetry.ration import Ration
from results.records import Telemetry

from .fake_nvml import FakeNvml, Seconds


class Watched:
    """A watch of the made-up device, which answers in no time, and what is sampled on it."""

    def __init__(self, nvml: FakeNvml, *, shared: bool = False) -> None:
        self.clock = Seconds()
        # Only the questions that a watch asks are made up.
        self._watch = NvmlWatch(nvml, boards.Board("handle", shared=shared), Ration(self.clock), self.clock)  # type: ignore[arg-type]
        self.summary = self._watch.summary

    def sample(self, samples: int = 1) -> list[bool]:
        """Take so many samples of a second; return which to keep."""
        kept = []
        for _ in range(samples):
            self.clock.now += 1.0
            kept.append(self._watch.keep())
        return kept

    def weigh(self, calls: int) -> None:
        """Weigh so many calls, which take 2 s."""
        self._watch.weigh(self.clock.calls(calls, 2.0))


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
    watching = Watched(nvml)
    assert watching.sample(3) == [True, True, True]
    watching.weigh(2)
    assert watching.summary() == Telemetry(
        sm_clock_hz=1.7e9, memory_clock_hz=3.201e9, temperature_c=71.0, power_w=350.0, energy_j=3.0, watched=3
    )


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        (0x8, "hardware slowdown"),
        (0x20, "software thermal slowdown"),
        (0x40, "hardware thermal slowdown"),
        (0x80, "hardware power brake slowdown"),
    ],
)
def test_a_throttled_sample_is_not_kept(bits: int, words: str) -> None:
    """Heat and a failing supply of power each cost the sample that met them, and no other, and go on record."""
    watching = Watched(FakeNvml(reasons=[0, bits, 0]))
    assert watching.sample(3) == [True, False, True]
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
    watching = Watched(FakeNvml(reasons=[bits]))
    assert watching.sample() == [True]
    assert watching.summary().throttle_reasons == (words,)


def test_a_sample_at_the_power_limit_is_kept_and_counted() -> None:
    """So large GPUs run under load. Too hot at the same time, it is throttled, and not counted as kept."""
    watching = Watched(FakeNvml(reasons=[0x4, 0x5, 0x24, 0, 0x4]))
    assert watching.sample(5) == [True, True, False, True, True]
    told = watching.summary()
    assert (told.watched, told.power_capped) == (5, 3)
    assert told.throttle_reasons == ("GPU idle", "software power cap", "software thermal slowdown")


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
    watching = Watched(FakeNvml(energy=[1000, "GPU is lost"]))
    watching.weigh(5)
    assert watching.summary() == Telemetry(notes=("energy: GPU is lost",))


def test_throttling_while_it_is_weighed_is_on_record() -> None:
    """The energy is that of a hot device, which the reasons say."""
    watching = Watched(FakeNvml(energy=[1000, 4000], reasons=[0x20]))
    watching.weigh(6)
    assert watching.summary() == Telemetry(energy_j=0.5, throttle_reasons=("software thermal slowdown",))


def test_a_board_without_instantaneous_power_tells_its_average() -> None:
    """The field's own error counts as a refusal; the record names what the figure is."""
    nvml = FakeNvml(power=[-1])
    watching = Watched(nvml)
    watching.sample(2)
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
    watching = Watched(nvml)
    watching.sample(2)
    told = watching.summary()
    assert told.power_w is None
    assert told.notes == ("instantaneous power: Not Supported", "power: Not Supported")
    assert (nvml.asked.count("power"), nvml.asked.count("average_power")) == (1, 1)


def test_a_counter_that_stands_still_gives_no_energy() -> None:
    """A field without a figure that says so: no call takes 0 J."""
    watching = Watched(FakeNvml())
    watching.weigh(5)
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
    watching = Watched(nvml)
    assert watching.sample(2) == [True, True]
    watching.weigh(5)
    watching.weigh(5)
    told = watching.summary()
    assert getattr(told, field) is None
    assert told.notes == (note,)
    assert nvml.asked.count(refused) == 1


def test_unknown_throttle_reasons_cost_no_sample() -> None:
    """Where NVML does not tell why, samples are kept, and the record says that nobody looked."""
    watching = Watched(FakeNvml(reasons=["Insufficient Permissions"]))
    assert watching.sample() == [True]
    told = watching.summary()
    assert told.notes == ("throttle reasons: Insufficient Permissions",)
    assert told.watched == 0


def test_a_device_that_gets_lost_keeps_what_was_read_before() -> None:
    """Readings from before the loss stay, and the notes tell of it."""
    watching = Watched(FakeNvml(temperature=[55, "GPU is lost"]))
    watching.sample(2)
    told = watching.summary()
    assert told.temperature_c == 55.0
    assert "temperature: GPU is lost" in told.notes


def test_nothing_sampled_is_nothing_told() -> None:
    """A case that failed before its first sample has a summary without figures."""
    assert Watched(FakeNvml()).summary() == Telemetry()


def test_the_watches_of_all_cases_share_one_ration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases take turns: a twentieth of the time for each would be all of it for twenty."""
    monkeypatch.setattr("bench.telemetry.watch.library", FakeNvml)
    monkeypatch.setattr("bench.telemetry.watch.board_of", boards.Board)
    one, other = watch_for("cuda:0"), watch_for("cuda:1")
    assert isinstance(one, NvmlWatch)
    assert isinstance(other, NvmlWatch)
    assert one._ration is other._ration


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


def test_what_is_the_whole_board_s_is_said() -> None:
    """Power, energy and temperature of a part are not to be had; the figures stay, and are called the board's."""
    watching = Watched(FakeNvml(), shared=True)
    watching.sample()
    told = watching.summary()
    assert told.shared_board
    assert told.power_w == 400.0
    (note,) = told.notes
    assert note == (
        "power, energy and temperature: of the whole board, of which this device is a part (MIG), with what the others "
        "draw; clocks and throttling are common to all parts"
    )


def test_the_numbers_are_those_of_nvml() -> None:
    """Clock types, sensors and reasons have the values of the library's own header."""
    assert (ClockType.SM, ClockType.MEMORY) == (pynvml.NVML_CLOCK_SM, pynvml.NVML_CLOCK_MEM)
    assert (TEMPERATURE_GPU, FEATURE_ENABLED) == (pynvml.NVML_TEMPERATURE_GPU, pynvml.NVML_FEATURE_ENABLED)
    assert MIG_ENABLED == pynvml.NVML_DEVICE_MIG_ENABLE
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
    assert len(asked) == 17
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
