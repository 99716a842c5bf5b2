"""The CUDA clock: its logic against a made-up device, and its figures against a real one."""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING

import pytest
import torch
from simulated_gpu import Event, FakeDevice, Kernels

from bench.clocks import clock_for
from bench.cuda_clock import CudaClock
from results.records import Timing

if TYPE_CHECKING:
    from collections.abc import Callable


def timed(timing: Timing = Timing.HOT) -> tuple[FakeDevice, CudaClock[Event]]:
    """Return a made-up device and its clock."""
    device = FakeDevice()
    return device, CudaClock(device, timing, device.now_ns)


def test_every_call_has_its_own_events_and_there_is_one_wait() -> None:
    """An event begins it; the device is held, every call stands between two events, and the CPU waits once, last."""
    device, clock = timed()
    clock.time(Kernels(device, count=1, launch_s=5e-6, run_s=2e-3), 2)
    assert device.log == ["event", *["hold", "event", "call", "event"] * 2, "wait"]


def test_cold_flushes_before_each_call_and_outside_its_events() -> None:
    """The flush comes after the hold, before the first event, for every call; its time is not the call's."""
    device, clock = timed(Timing.COLD)
    seconds = clock.time(Kernels(device, count=1, launch_s=5e-6, run_s=1e-3), 2)
    assert device.log == ["event", *["hold", "flush", "event", "call", "event"] * 2, "wait"]
    assert seconds == pytest.approx(2e-3)


def test_launches_are_no_part_of_the_time() -> None:
    """Ten kernels of 2 us, launched in 10 us each, take the device 20 us; without a hold it would seem to be 92."""
    device, clock = timed()
    call = Kernels(device, count=10, launch_s=10e-6, run_s=2e-6)
    assert [clock.time(call, 3) for _ in range(3)] == [pytest.approx(60e-6)] * 3


def test_a_device_that_is_slower_than_its_host_is_held_once_a_sample() -> None:
    """Where every call gives the CPU more time than it needs, only the first call needs a hold."""
    device, clock = timed()
    call = Kernels(device, count=1, launch_s=10e-6, run_s=5e-3)
    clock.time(call, 3)
    device.log.clear()
    clock.time(call, 3)
    assert device.log.count("hold") == 1
    assert device.holds_s[-1] == pytest.approx(15e-6)


def test_a_slow_host_is_waited_for_from_the_second_sample_on() -> None:
    """What the first sample learns of a CPU that launches for 4 ms makes the second one right."""
    device, clock = timed()
    call = Kernels(device, count=100, launch_s=40e-6, run_s=1e-6)
    clock.time(call, 1)
    assert clock.time(call, 1) == pytest.approx(100e-6)


def test_a_first_call_that_compiles_does_not_hold_the_device_for_long() -> None:
    """No hold is longer than 20 ms, and once a call was launched quickly the slow first one is forgotten."""
    device, clock = timed()
    call = Kernels(device, count=1, launch_s=60.0, run_s=1e-3)
    clock.time(call, 1)
    call.launch_s = 2e-3
    clock.time(call, 1)
    clock.time(call, 1)
    assert device.holds_s == pytest.approx([1e-3, 20e-3, 3e-3])


def test_a_host_that_waits_for_the_device_does_not_make_the_holds_grow() -> None:
    """A call that waits for the device seems to launch for as long as the hold before it: the next is no longer."""
    device, clock = timed()

    def waiting() -> None:
        device.queue(1e-3)
        device.wait()

    for _ in range(4):
        clock.time(waiting, 1)
    assert device.holds_s == pytest.approx([1e-3, 3e-3, 3e-3, 3e-3])


@pytest.mark.parametrize(
    ("kernels", "launch_s", "run_s", "host_bound"),
    [
        pytest.param(100, 12e-6, 3e-6, False, id="the hold covers all launches"),
        pytest.param(3000, 12e-6, 3e-6, True, id="launching takes longer than the longest hold"),
        pytest.param(1500, 5e-6, 1e-6, True, id="the queue is full before the hold ends"),
        pytest.param(3000, 10e-6, 100e-6, False, id="the device is slower than the CPU"),
        pytest.param(2000, 9e-6, 10e-6, False, id="the queue is full to the end"),
    ],
)
def test_a_device_that_waits_for_launches_is_noticed(
    kernels: int, launch_s: float, run_s: float, *, host_bound: bool
) -> None:
    """Where the device waits, the time is more than the kernels' own, and the clock says so; else it is just that."""
    device, clock = timed()
    call = Kernels(device, count=kernels, launch_s=launch_s, run_s=run_s)
    for _ in range(3):
        seconds = clock.time(call, 1)
    assert clock.host_bound == host_bound
    assert (seconds > 1.1 * kernels * run_s) == host_bound


def test_a_graph_takes_the_launches_out() -> None:
    """Replayed, 3,000 kernels of 3 us take 9 ms, and the device waits for nobody."""
    device, clock = timed(Timing.GRAPH)
    call = Kernels(device, count=3000, launch_s=12e-6, run_s=3e-6)
    clock.time(call, 1)
    assert clock.time(call, 1) == pytest.approx(9e-3)
    assert not clock.host_bound


def test_one_call_that_waits_among_many_is_not_the_host() -> None:
    """A sample of five calls, one of which the CPU launches ten times as slowly, is still the device's."""
    device, clock = timed()
    call = Kernels(device, count=10, launch_s=10e-6, run_s=2e-6)
    clock.time(call, 5)
    slowly = iter([10e-6, 10e-6, 1e-3, 10e-6, 10e-6])

    def disturbed() -> None:
        call.launch_s = next(slowly, 10e-6)
        call()

    clock.time(disturbed, 5)
    assert not clock.host_bound


def test_a_graph_is_captured_once_a_call() -> None:
    """However often a call is timed, there is one capture; another call has its own."""
    device, clock = timed(Timing.GRAPH)
    one, other = (Kernels(device, count=20, launch_s=5e-6, run_s=2e-6) for _ in range(2))
    assert [clock.time(call, 2) for call in (one, other, one)] == [pytest.approx(80e-6)] * 3
    assert device.log.count("capture") == 2


def test_events_are_made_once() -> None:
    """A clock makes one event for the beginning, and as many pairs as its longest sample has calls."""
    device, clock = timed()
    call = Kernels(device, count=1, launch_s=5e-6, run_s=1e-5)
    for calls in (3, 5, 4):
        clock.time(call, calls)
    assert device.events == 11


@pytest.mark.parametrize("timing", Timing)
def test_the_own_time_is_measured(timing: Timing) -> None:
    """Of an empty call, or of an empty graph: two events, each of which the device takes 1 us to record."""
    device = FakeDevice(event_s=1e-6)
    assert CudaClock(device, timing, device.now_ns).overhead_s == pytest.approx(1e-6)


@pytest.mark.parametrize("step_s", [32e-9, 0.5e-6])
def test_the_step_is_measured(step_s: float) -> None:
    """It is what two readings differ by at least, and not what a document says."""
    device = FakeDevice(event_s=1.1e-6, step_s=step_s)
    assert CudaClock(device, Timing.HOT, device.now_ns).resolution_s == pytest.approx(step_s)


def test_a_step_longer_than_all_readings_is_their_length() -> None:
    """Events that show the same for everything are at least that coarse."""
    device = FakeDevice(event_s=0.0, step_s=1e-3)
    device.queue(1e-3 - 1e-9)
    assert CudaClock(device, Timing.HOT, device.now_ns).resolution_s == pytest.approx(1e-3)


def test_the_wall_clock_has_the_launches_in_it() -> None:
    """The check on the events waits before and after: 30 launches of 10 us, and the run of the last one."""
    device, clock = timed()
    seconds = clock.wall_time(Kernels(device, count=10, launch_s=10e-6, run_s=2e-6), 3)
    assert seconds == pytest.approx(302e-6)
    assert device.log == ["wait", "call", "call", "call", "wait"]


def test_an_error_in_a_call_is_not_swallowed() -> None:
    """What the call raises reaches whoever asked for the time."""
    _, clock = timed()

    def fail() -> None:
        msg = "no such thing"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="no such thing"):
        clock.time(fail, 1)


def test_the_record_tells_the_timings_apart() -> None:
    """The clock's name says in which state of the caches, and how launched."""
    assert [timed(timing)[1].name for timing in Timing] == [
        "CUDA events around each call, caches hot",
        "CUDA events around each call, L2 cache flushed before each",
        "CUDA events around each replay of a CUDA graph, caches hot",
    ]


@pytest.mark.parametrize("timing", [Timing.COLD, Timing.GRAPH])
def test_the_cpu_is_only_timed_hot(timing: Timing) -> None:
    """There is nothing to flush and no graph on the CPU: asking for it is an error, not another figure."""
    with pytest.raises(ValueError, match=f"{timing} timing needs a CUDA device"):
        clock_for("cpu", timing)


def median_s(clock: CudaClock[torch.cuda.Event], call: Callable[[], object], calls: int = 20) -> float:
    """Return the median time of a call over some samples, the first few left out."""
    samples = sorted([clock.time(call, calls) / calls for _ in range(15)][5:])
    return samples[5]


def cuda_clock(timing: Timing) -> CudaClock[torch.cuda.Event]:
    """Return the clock of the first GPU."""
    clock = clock_for("cuda", timing)
    assert isinstance(clock, CudaClock)
    return clock


@pytest.mark.gpu(memory_gib=1)
def test_gpu_what_fits_into_l2_is_slower_cold() -> None:
    """Reading a tensor of a quarter of the L2 cache from memory takes longer than from the cache."""
    # It takes some 10 us, a good part of which is the start of a kernel; that part is the same in both.
    size = torch.cuda.get_device_properties("cuda").L2_cache_size // 4
    x = torch.ones(size // 4, device="cuda")
    cold, hot = (median_s(cuda_clock(timing), x.sum) for timing in (Timing.COLD, Timing.HOT))
    assert cold > hot


@pytest.mark.gpu
def test_gpu_a_graph_is_no_slower_than_launching_one_by_one() -> None:
    """200 small operators, replayed from a graph, take no longer than in eager mode (5% for noise, and one start)."""
    x = torch.ones(1024, device="cuda")

    def chain() -> object:
        y = x
        for _ in range(200):
            y = y + 1.0
        return y

    graph, eager = (median_s(cuda_clock(timing), chain) for timing in (Timing.GRAPH, Timing.HOT))
    # A graph takes the device some 10 us to begin, between the events; its kernels then take 1 or 2 us each.
    assert graph <= 1.05 * eager + 20e-6


@pytest.mark.gpu
def test_gpu_a_graph_computes_what_the_call_computes() -> None:
    """What is replayed is the whole call: a counter goes up by one a replay."""
    counter = torch.zeros((), device="cuda")
    call = partial(counter.add_, 1.0)
    clock = cuda_clock(Timing.GRAPH)
    clock.time(call, 1)
    before = counter.item()
    clock.time(call, 7)
    assert counter.item() - before == 7


@pytest.mark.gpu(memory_gib=1)
def test_gpu_events_agree_with_the_wall_clock_on_long_calls() -> None:
    """A product of large matrices takes as long by the events as by the CPU's clock, within 10%."""
    x = torch.randn(4096, 4096, device="cuda")
    call = partial(torch.matmul, x, x)
    clock = cuda_clock(Timing.HOT)
    # In pairs: a board that reaches its power limit, as small ones do, slows down from second to second. A product
    # takes milliseconds, launching and waiting some 20 us.
    ratios = [clock.time(call, 5) / clock.wall_time(call, 5) for _ in range(15)]
    assert statistics.median(ratios) == pytest.approx(1, rel=0.1)


@pytest.mark.gpu(memory_gib=2)
def test_gpu_cold_agrees_with_triton() -> None:
    """triton.testing.do_bench, which flushes the cache before each call too, gives the same median within 10%."""
    do_bench = pytest.importorskip("triton.testing").do_bench

    # 1 GiB is moved, in 0.3 ms at least: the start of a kernel, of which do_bench may have more between its events, is
    # less than 3% of that. What memory limits does not wait for power either.
    x = torch.ones(2**27, device="cuda")
    call = partial(torch.add, x, 1.0, out=torch.empty_like(x))
    expected = do_bench(call, return_mode="median") * 1e-3
    assert median_s(cuda_clock(Timing.COLD), call) == pytest.approx(expected, rel=0.1)
