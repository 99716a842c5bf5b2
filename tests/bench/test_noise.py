from __future__ import annotations

from bench.noise import measure_noise_floor, noise_floor
from results.records import NoiseFloor

from .fakes import FakeClock, Work


def test_a_quiet_machine_has_no_noise() -> None:
    """Equal times on both sides are a floor of 0, over as many pairs as a second has room for, 60 at most."""
    clock = FakeClock()
    assert noise_floor(clock, Work(clock, 0.004)) == NoiseFloor(relative=0.0, pairs=60, seconds_per_call=0.004)


def test_a_slow_call_gets_fewer_pairs() -> None:
    """A second has room for 25 pairs of 20 ms, and there are 20 however long they take."""
    clock = FakeClock()
    assert noise_floor(clock, Work(clock, 0.02)).pairs == 25
    assert noise_floor(clock, Work(clock, 0.5)).pairs == 20


def test_the_floor_is_what_the_ratio_of_equals_can_be() -> None:
    """Pairs that are apart by 10%, one way or the other, are a floor of 10%; one pair in ten is no floor."""
    clock = FakeClock()
    # The warm-up: one call, then two windows that agree, of five calls of 4 ms each.
    warm_up = [0.004] * 11
    always = noise_floor(clock, Work(clock, *warm_up, *[0.0044, 0.004] * 60))
    # Either side may be the one that was disturbed: 1.1 or 1 / 1.1.
    assert 0.09 <= always.relative <= 0.1001
    seldom = noise_floor(clock, Work(clock, *warm_up, *([0.0044, 0.004] + [0.004] * 18) * 6))
    assert seldom.relative == 0.0


def test_the_same_figures_give_the_same_floor() -> None:
    """The order is drawn by a fixed seed: nothing but the times decides."""
    clock = FakeClock()
    script = [0.004 + 0.0001 * (step % 7) for step in range(200)]
    assert noise_floor(clock, Work(clock, *script)) == noise_floor(clock, Work(clock, *script))


def test_this_machine_has_a_floor() -> None:
    """On the real CPU: enough pairs, a call that takes time, and a floor that is no negative number."""
    found = measure_noise_floor(threads=1)
    assert 20 <= found.pairs <= 60
    assert 1e-5 < found.seconds_per_call < 10
    assert found.relative >= 0
