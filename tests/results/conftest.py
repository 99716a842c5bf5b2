"""Records to test with; every factory takes the fields that matter to a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from results.blocks import blocks_of
from results.records import (
    SCHEMA_VERSION,
    Case,
    Environment,
    Images,
    Latency,
    Measured,
    Plan,
    Run,
    Samples,
    StopReason,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def make_case(**fields: Any) -> Case:
    """Return a latency case of the SE gate in a backbone."""
    known: dict[str, Any] = {
        "suite": "latency",
        "implementation": "se",
        "source": "5ad1",
        "options": (("reduction", 16),),
        "host": "resnext50_16x4d",
        "slot": "after_conv3",
        "input": Images(batch=1, channels=3, height=32, width=32, num_classes=100),
        "threads": 2,
    }
    return Case(**(known | fields))


def make_samples(*seconds: float, **fields: Any) -> Samples:
    """Return samples taken one a round, from round 0 on."""
    known: dict[str, Any] = {
        "seconds": seconds,
        "rounds": tuple(range(len(seconds))),
        "calls_per_sample": 4,
        "warmup_calls": 3,
        "warmup_s": 0.25,
        "stop": StopReason.PRECISION,
        "precision": 0.02,
        "clock": "monotonic",
    }
    return Samples(**(known | fields))


def make_run(*cases: Case, **fields: Any) -> Run:
    """Return a run that plans these cases and has no outcomes yet."""
    known: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "run_id": "2026-11-21T21-40-07-latency",
        "started_at": "2026-11-21T21:40:07+00:00",
        "plan": Plan(
            suites=("latency",), blocks=blocks_of(cases), budget_s=5.0, precision=0.02, seed=7, time_limit_s=300.0
        ),
        "environment": Environment(
            attnbench="0.1.0",
            commit=None,
            python="3.12.3",
            torch="2.15.0",
            torchvision="0.30.0",
            system="Linux",
            cpu="Xeon",
            cores=2,
            threads=2,
            memory_bytes=None,
        ),
    }
    return Run(**(known | fields))


def make_measured(case: Case) -> Measured:
    """Return an outcome of the case."""
    return Measured(case=case, result=Latency(samples=make_samples(0.5, 0.25, 0.75)))


@pytest.fixture
def case_of() -> Callable[..., Case]:
    """Return ``make_case``."""
    return make_case


@pytest.fixture
def samples_of() -> Callable[..., Samples]:
    """Return ``make_samples``."""
    return make_samples


@pytest.fixture
def run_of() -> Callable[..., Run]:
    """Return ``make_run``."""
    return make_run


@pytest.fixture
def measured_of() -> Callable[[Case], Measured]:
    """Return ``make_measured``."""
    return make_measured
