from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from msgspec.structs import replace

from results.blocks import blocks_of
from results.checks import Check, Difference, Interval, Judged, Pace, Side, Verdict
from results.records import (
    SCHEMA_VERSION,
    Accelerator,
    Case,
    Complexity,
    Count,
    Direction,
    Environment,
    FeatureMap,
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


def alone(implementation: str, direction: Direction = Direction.FORWARD, *, suite: str = "latency") -> Case:
    """Return a case of an attention alone on a feature map."""
    return Case(
        suite=suite,
        implementation=implementation,
        source="5ad1",
        options=(("reduction", 16),),
        threads=1,
        input=FeatureMap(batch=2, channels=64, height=32, width=32),
        direction=direction,
    )


def pace(ratio: float, half: float, *, builds: int = 24, twin: float | None = 1.001, processes: int = 1) -> Pace:
    """Return a ratio with an interval of this half width, and a twin of the same width."""
    return Pace(
        head=Interval(ratio=ratio, low=ratio - half, high=ratio + half),
        twin=None if twin is None else Interval(ratio=twin, low=twin - half, high=twin + half),
        builds=builds,
        smallest=1 + half,
        processes=processes,
    )


def timed(implementation: str, verdict: Verdict, ratio: float, half: float, **fields: Any) -> Judged:
    """Return a timed case; of what fails a job a second process says the same."""
    confirmed = True if verdict is Verdict.SLOWER else None
    known: dict[str, Any] = {"case": alone(implementation), "pace": pace(ratio, half), "confirmed": confirmed}
    return Judged(verdict=verdict, **(known | fields))


def exact(implementation: str, *differences: Difference, suite: str = "memory", **fields: Any) -> Judged:
    """Return an exact case with its differences; without any it is the same."""
    worse = any(each.worse for each in differences)
    verdict = Verdict.WORSE if worse else Verdict.BETTER if differences else Verdict.SAME
    known: dict[str, Any] = {
        "case": alone(implementation, suite=suite),
        "verdict": verdict,
        "differences": differences,
        "confirmed": True if worse else None,
    }
    return Judged(**(known | fields))


@pytest.fixture
def make_timed() -> Callable[..., Judged]:
    """Return ``timed``."""
    return timed


@pytest.fixture
def make_exact() -> Callable[..., Judged]:
    """Return ``exact``."""
    return exact


@pytest.fixture
def make_pace() -> Callable[..., Pace]:
    """Return ``pace``."""
    return pace


@pytest.fixture
def case_alone() -> Callable[..., Case]:
    """Return ``alone``."""
    return alone


@pytest.fixture
def make_check() -> Callable[..., Check]:
    """Build a check of the working tree against main."""

    def make(*judged: Judged, **fields: Any) -> Check:
        known: dict[str, Any] = {
            "started_at": "2026-11-21T21:40:07+00:00",
            "base": Side(name="main", commit="0123456789ab"),
            "head": Side(name="working tree", commit="ba9876543210", dirty=True),
            "environment": ENVIRONMENT,
            "threshold": 0.03,
            "error_rate": 0.01,
            "judged": judged,
        }
        return Check(**(known | fields))

    return make


@pytest.fixture
def made_up_check(make_check: Callable[..., Check]) -> Check:
    """A check of 24 timed cases with every verdict that a timed case can have, and of some exact ones."""
    names = (
        "se",
        "cbam",
        "eca",
        "bam",
        "coordinate",
        "triplet",
        "simam",
        "sk/softmax",
        "sk/hard_softmax",
        "psk",
        "nam",
    )
    same = [
        timed(
            name, Verdict.SAME, 1 + 0.001 * (number % 7 - 3), 0.006 + 0.001 * (number % 5), case=alone(name, direction)
        )
        for direction in (Direction.FORWARD, Direction.FORWARD_BACKWARD)
        for number, name in enumerate(names)
    ]
    same[0] = timed("se", Verdict.SLOWER, 1.052, 0.011)
    same[3] = timed("bam", Verdict.UNDECIDED, 1.018, 0.025)
    same[7] = timed("sk/softmax", Verdict.FASTER, 0.88, 0.02)
    both = Direction.FORWARD_BACKWARD
    failed = Judged(
        case=alone("split", both), verdict=Verdict.FAILED, reason="out of memory: tried 2.00 GiB", confirmed=True
    )
    odd = Judged(case=alone("gct", both), verdict=Verdict.INCOMPARABLE, reason="base failed: no kernel for float32")
    return make_check(
        *same,
        failed,
        odd,
        exact(
            "se",
            Difference(quantity="saved bytes", base=1_258_291.0, head=1_572_864.0, worse=True),
            Difference(quantity="operators launched", base=12.0, head=11.0, worse=False),
        ),
        exact(
            "cbam",
            Difference(quantity="parameters", base=6_220_548.0, head=6_220_612.0, worse=True),
            suite="complexity",
        ),
        exact(
            "eca",
            Difference(quantity="overflow threshold (one large)", base=None, head=11.0938, worse=True),
            suite="overflow",
        ),
        *(exact(name) for name in names[3:]),
        Judged(case=alone("mine", suite="memory"), verdict=Verdict.NEW),
        plugins=("my_attention.py",),
    )
