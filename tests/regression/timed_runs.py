"""Runs of one block of timed cases, made up: what a test says of their times is exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.blocks import blocks_of
from results.machine import NoiseFloor
from results.records import (
    PLAIN,
    SCHEMA_VERSION,
    Case,
    Environment,
    Failed,
    FailureKind,
    Images,
    Latency,
    Measured,
    Plan,
    Run,
    Samples,
    StopReason,
    Subject,
    Timing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Environment(
    attnbench="0.1.0",
    commit=None,
    python="3.12.3",
    torch="2.11.0",
    torchvision="0.26.0",
    system="Linux 6.1 x86_64",
    cpu="Example CPU",
    cores=2,
    threads=1,
    memory_bytes=None,
)
#: In a network: the plain one is the block's baseline.
IN_NETWORK = Case(
    suite="latency",
    implementation=PLAIN,
    source="",
    host="resnet18_cifar",
    input=Images(batch=2, channels=3, height=32, width=32, num_classes=10),
    threads=1,
)


def in_network(implementation: str, source: str = "") -> Case:
    """Return a timed case in the network."""
    slot = None if implementation == PLAIN else "block_output"
    return replace(IN_NETWORK, implementation=implementation, source=source, slot=slot)


def samples(seconds: float, rounds: int = 40, spread: float = 0.0) -> Samples:
    """Return samples whose median is that many seconds; a spread lifts every second one and lowers the others."""
    return Samples(
        seconds=tuple(seconds * (1 + spread * (number % 2 - 0.5)) for number in range(rounds)),
        rounds=tuple(range(rounds)),
        calls_per_sample=1,
        warmup_calls=2,
        warmup_s=0.1,
        stop=StopReason.PRECISION,
        precision=0.02,
        clock="a clock",
    )


def timed_run(times: Mapping[Case, float | None], *, floor: float | None = 0.01) -> Run:
    """Return a run of cases that take so many seconds; None: the case failed."""
    noise = () if floor is None else (noise_floor(floor),)
    return Run(
        schema_version=SCHEMA_VERSION,
        run_id="2026-01-01T00-00-00-latency-0000",
        started_at="2026-01-01T00:00:00+00:00",
        plan=Plan(
            suites=("latency",), blocks=blocks_of(times), budget_s=1.0, precision=0.02, seed=0, time_limit_s=60.0
        ),
        environment=HERE,
        noise_floors=noise,
        outcomes=tuple(
            Failed(case=case, kind=FailureKind.EXCEPTION, error="ValueError: no", traceback="File '/home/me/x.py'")
            if seconds is None
            else Measured(case=case, result=Latency(samples=samples(seconds)))
            for case, seconds in times.items()
        ),
    )


def noise_floor(relative: float) -> NoiseFloor:
    """Return a noise floor of networks on the CPU."""
    return NoiseFloor(
        relative=relative,
        pairs=30,
        seconds_per_call=0.01,
        builds=3,
        device="cpu",
        timing=Timing.HOT,
        subject=Subject.NETWORK,
    )
