from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sampling import WarmUp, calls_per_sample, warm_up

from .fakes import FakeClock, Work


def test_warm_up_ends_when_two_windows_agree() -> None:
    """The first call stands alone; then windows of three, until the median of one is that of the one before."""
    clock = FakeClock()
    windows = (0.25, 0.5, 0.25), (0.125, 0.125, 0.125), (0.125, 0.0625, 0.5)
    work = Work(clock, 2.0, *windows[0], *windows[1], *windows[2], 9.0)
    assert warm_up(work, clock, allowed_s=100.0) == WarmUp(calls=10, seconds=4.0625, call_s=0.125, steady=True)
    assert work.calls == 10


def test_windows_need_not_agree_exactly() -> None:
    """Two windows 5% apart are steady: no machine repeats itself to the digit."""
    clock = FakeClock()
    work = Work(clock, 1.0, *[1.0] * 3, *[0.96] * 3, 9.0)
    assert warm_up(work, clock, allowed_s=100.0).calls == 7


def test_windows_that_differ_are_not_steady() -> None:
    """Two windows 10% apart are not: a third one decides."""
    clock = FakeClock()
    work = Work(clock, 1.0, *[1.0] * 3, *[0.9] * 3, *[0.9] * 3, 9.0)
    assert warm_up(work, clock, allowed_s=100.0).calls == 10


def test_windows_are_compared_with_the_one_before() -> None:
    """A call that gets ever slower is as unsteady as one that gets ever faster."""
    clock = FakeClock()
    work = Work(clock, 1.0, *[1.0] * 3, *[1.1] * 3, *[1.21] * 3, *[1.21] * 3, 9.0)
    assert warm_up(work, clock, allowed_s=100.0).calls == 13


def test_short_calls_get_long_windows() -> None:
    """A window of short calls lasts 20 ms: 21 calls of 1/1024 s, not three."""
    clock = FakeClock()
    work = Work(clock, 1 / 1024)
    warmup = warm_up(work, clock, allowed_s=100.0)
    assert warmup == WarmUp(calls=43, seconds=43 / 1024, call_s=1 / 1024, steady=True)


def test_warm_up_ends_at_the_time_allowed() -> None:
    """A call that never gets steady is warmed up no longer than allowed, and that is on record."""
    clock = FakeClock()
    work = Work(clock, *[2.0 ** (-n // 3) for n in range(100)])
    warmup = warm_up(work, clock, allowed_s=4.0)
    assert not warmup.steady
    assert warmup.calls == work.calls
    # The call that crosses the limit is the last one, and takes at most a second here.
    assert 4.0 < warmup.seconds <= 5.0


def test_a_slow_call_is_called_twice() -> None:
    """Where the first call alone takes all the time allowed, a single further one says how long a call takes."""
    clock = FakeClock()
    work = Work(clock, 60.0, 8.0)
    assert warm_up(work, clock, allowed_s=1.0) == WarmUp(calls=2, seconds=68.0, call_s=8.0, steady=False)


def test_an_error_in_warm_up_is_not_swallowed() -> None:
    """What the call raises reaches whoever asked for the warm-up."""
    clock = FakeClock()
    with pytest.raises(ValueError, match="third call"):
        warm_up(Work(clock, 1.0, 1.0, ValueError("third call")), clock, allowed_s=100.0)


@pytest.mark.parametrize(
    ("call_s", "resolution_s", "calls"),
    [
        pytest.param(0.5, 1e-9, 1, id="a slow call is a sample of its own"),
        pytest.param(3e-5, 1e-9, 34, id="a millisecond of short calls"),
        pytest.param(3e-4, 1e-4, 7, id="20 resolutions of a coarse clock"),
        pytest.param(3e-4, 4.9e-5, 4, id="a millisecond is longer than 20 resolutions"),
    ],
)
def test_calls_of_a_sample(call_s: float, resolution_s: float, calls: int) -> None:
    """As many calls as it takes to last 1 ms and 20 resolutions of the clock."""
    assert calls_per_sample(call_s, FakeClock(resolution_s)) == calls


@given(call_s=st.floats(1e-8, 10.0), resolution_s=st.floats(1e-9, 1e-2))
def test_a_sample_can_be_resolved_and_is_no_longer_than_it_must_be(call_s: float, resolution_s: float) -> None:
    """For any call and any clock: long enough, and with one call less it would not be."""
    calls = calls_per_sample(call_s, FakeClock(resolution_s))
    rounding = 1 + 1e-9
    assert calls * call_s * rounding >= 1e-3
    assert calls * call_s * rounding >= 20 * resolution_s
    assert calls == 1 or (calls - 1) * call_s <= max(1e-3, 20 * resolution_s) * rounding


def test_a_call_too_short_to_be_seen_is_repeated_often() -> None:
    """A call that the clock reads as zero seconds neither divides by zero nor is sampled alone."""
    assert calls_per_sample(0.0, FakeClock()) >= 1000
