"""Promises of which noise floor stands beside a case."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from results.noise import noise_floor_of

from results.codec import decode, encode
from results.folder import load
from results.records import NoiseFloor, Run, Timing
from results.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from results.records import Case

#: What a version wrote that timed one call as if it were two.
OLD: dict[str, Any] = {"relative": 0.0137, "pairs": 60, "seconds_per_call": 0.002}


def floor(relative: float, device: str = "cpu", timing: Timing = Timing.HOT) -> NoiseFloor:
    """Return a noise floor of a place."""
    return NoiseFloor(relative=relative, pairs=40, seconds_per_call=0.002, builds=6, device=device, timing=timing)


def test_each_device_and_timing_has_its_own(run_of: Callable[..., Run], case_of: Callable[..., Case]) -> None:
    """What was not measured has none; of several sessions the largest counts."""
    floors = (floor(0.01), floor(0.05), floor(0.02), floor(0.03, "cuda:0"), floor(0.04, "cuda:0", Timing.COLD))
    cpu = case_of(device="cpu")
    run = run_of(cpu, noise_floors=floors)
    assert noise_floor_of(run, cpu) == floors[1]
    assert noise_floor_of(run, replace(cpu, device="cuda:0")) == floors[3]
    assert noise_floor_of(run, replace(cpu, device="cuda:0", timing=Timing.COLD)) == floors[4]
    assert noise_floor_of(run, replace(cpu, device="cuda:1")) is None


def test_an_older_run_has_that_of_its_first_timed_case(
    run_of: Callable[..., Run], case_of: Callable[..., Case], measured_of: Callable[..., Any]
) -> None:
    """It is read as it was written, and stands beside the cases of one device alone."""
    counted, cuda = case_of(suite="complexity", device="cpu"), case_of(device="cuda:0")
    written = json.loads(json.dumps(encode(run_of(counted, cuda, outcomes=(measured_of(cuda),)))))
    del written["noise_floors"]
    written["noise_floor"] = OLD
    for name in ("float32_convolutions", "float32_products"):
        del written["environment"][name]
    run = decode(Run, written)
    assert noise_floor_of(run, cuda) == NoiseFloor(**OLD)
    assert noise_floor_of(run, replace(cuda, device="cpu")) is None
    assert noise_floor_of(replace(run, outcomes=()), cuda) is None


@pytest.mark.parametrize("session", [(), (floor(0.02), floor(0.03, "cuda:0"))])
def test_every_session_adds_its_own(
    tmp_path: Path, run_of: Callable[..., Run], case_of: Callable[..., Case], session: tuple[NoiseFloor, ...]
) -> None:
    """A session that times nothing adds nothing; what was there stays."""
    with RunStore.create(tmp_path / "run", run_of(case_of())) as store:
        store.add_noise_floors((floor(0.01),))
    with RunStore.resume(tmp_path / "run") as store:
        store.add_noise_floors(session)
    assert load(tmp_path / "run").noise_floors == (floor(0.01), *session)
