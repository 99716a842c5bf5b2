"""Promises of what a run asks of CUDA: not in this process, which lives as long as the run."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from msgspec.structs import replace

import attnbench
from attnbench import measuring
from bench import gpus, limits, subprocesses
from bench.errors import NoiseWarning
from bench.gpus import Gpus, known_gpus, look, look_for_room
from bench.noise import NoFloor
from results.records import Accelerator, Measured, NoiseFloor, Subject, Timing, When
from suites import catalog, operators
from suites.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GPU = Accelerator(name="Example GPU", memory_bytes=139 * 2**30, capability="9.0")
FOUND = Gpus(accelerators=(GPU,), cuda="13.0", cudnn="91002", float32_convolutions="tf32", float32_products="ieee")
FLOOR = NoiseFloor(
    relative=0.02,
    pairs=9,
    seconds_per_call=1e-3,
    builds=6,
    device="cpu",
    timing=Timing.HOT,
    subject=Subject.MODULE,
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Any, ...]]]:
    """Give the machine a GPU that must not be touched from here; return what other processes were asked."""

    def touched(*_: object, **__: object) -> None:
        pytest.fail("this process has opened CUDA")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for name in ("_lazy_init", "init", "get_device_properties", "mem_get_info", "synchronize", "current_stream"):
        monkeypatch.setattr(torch.cuda, name, touched)
    monkeypatch.setattr(torch.backends.cudnn, "version", touched)
    monkeypatch.setattr(limits, "available_bytes", lambda: 0)
    found: list[tuple[Any, ...]] = []

    def answer(function: Callable[..., object], *arguments: Any) -> object:
        found.append((function.__name__, *arguments))
        if function is look:
            return FOUND
        if function is look_for_room:
            return 2**34
        (places,) = arguments
        return tuple(replace(FLOOR, device=place.device, timing=place.timing) for place in places)

    monkeypatch.setattr(gpus, "subprocess_call", answer)
    monkeypatch.setattr(subprocesses, "subprocess_call", answer)
    known_gpus.cache_clear()
    yield found
    known_gpus.cache_clear()


def test_planning_opens_no_cuda_context(asked: list[tuple[Any, ...]]) -> None:
    """All suites on a GPU: from the request to the plan, the environment and the noise floor."""
    started = measuring.start(
        Request(
            suites=tuple(catalog.QUESTIONS), impls=("se", "softmax", "sk/*"), hosts=("resnet50",), devices=("cuda",)
        )
    )
    assert {case.device for case in started.plan.cases if case.suite != "complexity"} == {"cuda:0"}
    assert started.environment.accelerators == (GPU,)
    assert (started.environment.cuda, started.environment.cudnn) == ("13.0", "91002")
    assert (started.environment.float32_convolutions, started.environment.float32_products) == ("tf32", "ieee")
    floors = measuring.noise_floors(started.plan.cases)
    assert [(floor.device, floor.timing) for floor in floors] == [("cuda:0", Timing.HOT)] * 2
    assert [each[0] for each in asked] == ["look_for_room", "look", "measured_here"]


def test_memory_for_growing_attention_is_asked_for_once_a_device(asked: list[tuple[Any, ...]]) -> None:
    """With the timing, by which the clock takes some of it; not at all where the shapes are given."""
    measuring.start(
        Request(suites=(operators.NAME,), devices=("cuda", "cpu"), dtypes=("float32", "float16"), timing="cold")
    )
    assert [each for each in asked if each[0] == "look_for_room"] == [("look_for_room", "cuda:0", Timing.COLD)]
    asked.clear()
    measuring.start(Request(suites=(operators.NAME,), devices=("cuda",), logits=("16x10",)))
    assert asked == []


def test_every_device_and_timing_has_its_own_noise_floor(
    asked: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the cases that are timed, each once; a floor that could not be had is a warning, and no end."""
    started = measuring.start(
        Request(suites=("complexity", "latency"), impls=("se",), hosts=("none",), devices=("cuda", "cpu"), threads=2)
    )
    found = measuring.noise_floors(started.plan.cases)
    assert [(floor.device, floor.timing) for floor in found] == [("cuda:0", Timing.HOT), ("cpu", Timing.HOT)]
    ((_, places),) = (each for each in asked if each[0] == "measured_here")
    assert [place.threads for place in places] == [None, 2]
    assert measuring.noise_floors([case for case in started.plan.cases if case.suite == "complexity"]) == ()
    monkeypatch.setattr(
        "bench.noise.noise_floors", lambda places, _: tuple(NoFloor(place, "it died") for place in places)
    )
    with pytest.warns(NoiseWarning, match="no noise floor of cpu, hot: it died"):
        assert measuring.noise_floors([case for case in started.plan.cases if case.device == "cpu"]) == ()


def test_without_a_gpu_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The record has no word on CUDA."""
    known_gpus.cache_clear()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert known_gpus() is None


def test_what_the_other_process_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every GPU with its name, memory and capability, cuDNN, and how float32 is computed by default."""
    told = SimpleNamespace(name="Example GPU", total_memory=139 * 2**30, major=9, minor=0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: told)
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91002)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert look() == FOUND


@pytest.mark.parametrize(
    ("timing", "cache_bytes", "room"),
    [
        (Timing.HOT, 50 * 2**20, 2**30),
        (Timing.GRAPH, 50 * 2**20, 2**30),
        (Timing.COLD, 50 * 2**20, 2**30 - 100 * 2**20),
        (Timing.COLD, 0, 2**30 - 256 * 2**20),
    ],
)
def test_what_flushes_the_cache_is_not_free(
    monkeypatch: pytest.MonkeyPatch, timing: Timing, cache_bytes: int, room: int
) -> None:
    """A buffer of twice the cache, one for all cases; 256 MiB where the size of the cache is not told."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (2**30, 2**40))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(L2_cache_size=cache_bytes))
    assert look_for_room("cuda:0", timing) == room


def test_a_run_has_its_noise_floor_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """From Python too, where nothing is written."""
    monkeypatch.setattr("bench.noise.noise_floors", lambda *_: (FLOOR,))
    found = attnbench.run(
        "latency", impls=("se",), hosts=("none",), devices=("cpu",), directions=("forward",), budget_s=0.01
    )
    assert found.noise_floors == (FLOOR, replace(FLOOR, when=When.AFTER))
    assert all(isinstance(outcome, Measured) for outcome in found.outcomes)


@pytest.mark.gpu(memory_gib=1)
def test_gpu_asking_leaves_no_context_behind() -> None:
    """Names, memory and capability of real GPUs come from a process that has ended; this one has not touched them."""
    program = (
        "from bench import environment, gpus; from results.records import Timing; import torch; "
        "found = environment.describe(1); room = gpus.free_bytes('cuda:0', Timing.COLD); "
        "assert not torch.cuda.is_initialized(); assert room > 0; print(found.accelerators[0].name)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == torch.cuda.get_device_name(0)
