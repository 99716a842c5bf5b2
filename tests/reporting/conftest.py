from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from msgspec.structs import replace

from results.blocks import blocks_of
from results.records import (
    SCHEMA_VERSION,
    Accelerator,
    Case,
    Complexity,
    Count,
    Environment,
    Images,
    Latency,
    Measured,
    OperatorCount,
    Outcome,
    Plan,
    Run,
    Samples,
    StopReason,
    Unit,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOST = Case(
    suite="latency",
    implementation="none",
    source="0" * 8,
    host="resnext50_16x4d",
    threads=2,
    input=Images(batch=1, channels=3, height=32, width=32, num_classes=100),
)

ENVIRONMENT = Environment(
    attnbench="0.1.0",
    commit="0123456789ab",
    python="3.11.7",
    torch="2.15.0",
    torchvision="0.30.0",
    system="Linux 6.1 x86_64",
    cpu="Example CPU",
    cores=2,
    threads=2,
    memory_bytes=8 * 2**30,
)

GPU = Accelerator(name="Example GPU", memory_bytes=139 * 2**30, capability="9.0")


@pytest.fixture
def host() -> Case:
    """Return a plain backbone, forward, on the CPU."""
    return HOST


@pytest.fixture
def environment() -> Environment:
    """Return a machine without a GPU."""
    return ENVIRONMENT


@pytest.fixture
def gpu_environment() -> Environment:
    """Return a machine with a GPU, and attnbench installed there without a checkout."""
    return replace(ENVIRONMENT, accelerators=(GPU,), driver="570.1", cuda="12.8", cudnn="91002", commit=None)


@pytest.fixture
def make_samples() -> Callable[..., Samples]:
    """Build samples of one case, one a round."""

    def make(
        seconds: Sequence[float],
        *,
        first_round: int = 0,
        stop: StopReason = StopReason.PRECISION,
        precision: float = 0.01,
    ) -> Samples:
        return Samples(
            seconds=tuple(seconds),
            rounds=tuple(range(first_round, first_round + len(seconds))),
            calls_per_sample=1,
            warmup_calls=1,
            warmup_s=0.1,
            stop=stop,
            precision=precision,
            clock="a fake clock",
        )

    return make


@pytest.fixture
def make_measured(make_samples: Callable[..., Samples]) -> Callable[..., Measured]:
    """Build an outcome with so many equal samples."""

    def make(case: Case, seconds: float, count: int = 24) -> Measured:
        return Measured(case=case, result=Latency(samples=make_samples([seconds] * count)))

    return make


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """Build a run whose plan is the outcomes' cases and those that are still to come."""

    def make(*outcomes: Outcome, pending: Sequence[Case] = (), environment: Environment = ENVIRONMENT) -> Run:
        cases = (*(outcome.case for outcome in outcomes), *pending)
        plan = Plan(
            suites=tuple(dict.fromkeys(case.suite for case in cases)),
            blocks=blocks_of(cases),
            budget_s=5.0,
            precision=0.01,
            seed=7,
            time_limit_s=300.0,
        )
        return Run(
            schema_version=SCHEMA_VERSION,
            run_id="2026-11-21T21-40-07-latency",
            started_at="2026-11-21T21:40:07Z",
            plan=plan,
            environment=environment,
            outcomes=outcomes,
        )

    return make


@pytest.fixture
def cells_lost() -> Callable[[str], list[str]]:
    """Return the cells of a CSV that are not empty, and that pandas, left to itself, reads as missing."""

    def lost(text: str) -> list[str]:
        written = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        missing = pd.read_csv(io.StringIO(text)).isna()
        return [str(cell) for cell in written.to_numpy()[missing.to_numpy()] if cell]

    return lost


@pytest.fixture
def plain_counts() -> Complexity:
    """What two rules say of a network of one convolution (1e6 MACs) and one normalisation."""
    return Complexity(
        parameters=6_220_548,
        counts=(
            Count(
                rule="torchstat",
                unit=Unit.MADD,
                total=2_040_000,
                by_operator=(OperatorCount("conv", 2_000_000), OperatorCount("batch_norm", 40_000)),
            ),
            Count(rule="torch", unit=Unit.FLOP, total=2_000_000, by_operator=(OperatorCount("conv", 2_000_000),)),
        ),
    )
