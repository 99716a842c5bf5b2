"""A made-up run with every kind of result, outcome and input, for readers to be tried on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.blocks import blocks_of
from results.inputs import FeatureMap, Images, Logits
from results.journal import Journal
from results.kinds import Direction, FailureKind, StopReason, Subject, Timing, Unit
from results.machine import Accelerator, Environment, NoiseFloor, Telemetry
from results.numerics import ErrorAtScale, Errors, Fault, Frontier, Frontiers
from results.outcomes import Failed, Measured, Plan, Sampled, Skipped
from results.records import SCHEMA_VERSION, Case, Run
from results.samples import Latency, Samples
from results.sizes import Complexity, Count, Memory, OperatorCount
from results.store import RunStore

if TYPE_CHECKING:
    from pathlib import Path

    from results.outcomes import Outcome

NETWORK = Case(
    suite="latency",
    implementation="none",
    source="0" * 12,
    host="resnet50",
    input=Images(batch=4, channels=3, height=32, width=32, num_classes=100),
    direction=Direction.FORWARD,
    threads=2,
)
ENVIRONMENT = Environment(
    attnbench="0",
    commit="c0ffee",
    python="3.12",
    torch="2",
    torchvision="0",
    system="Linux",
    cpu="made up",
    cores=2,
    threads=2,
    memory_bytes=2**33,
    accelerators=(Accelerator(name="made up", memory_bytes=2**34, capability="9.0"),),
)


def write_run(folder: Path) -> None:
    """Write the run, with samples of a case that is not finished."""
    found = outcomes()
    unfinished = replace(NETWORK, implementation="cbam", slot="block_output")
    cases = (*(outcome.case for outcome in found), unfinished)
    run = Run(
        schema_version=SCHEMA_VERSION,
        run_id="made-up",
        started_at="2026-01-01T00:00:00+00:00",
        plan=Plan(
            suites=tuple(dict.fromkeys(case.suite for case in cases)),
            blocks=blocks_of(cases),
            budget_s=1.5,
            precision=0.02,
            seed=0,
            time_limit_s=300.0,
        ),
        environment=ENVIRONMENT,
        noise_floors=(
            NoiseFloor(
                relative=0.01,
                pairs=30,
                seconds_per_call=1e-4,
                builds=3,
                device="cpu",
                timing=Timing.HOT,
                subject=Subject.NETWORK,
            ),
        ),
        audit=("warning, se: something",),
        outcomes=found,
    )
    RunStore.create(folder, run).close()
    journal = Journal(folder)
    for number in range(3):
        journal.note(Sampled(case=unfinished, round=number, seconds=0.01, calls=2))


def outcomes() -> tuple[Outcome, ...]:
    """Return an outcome of each kind, some of them with others in their block."""
    se = replace(NETWORK, implementation="se", slot="block_output", options=(("reduction", 16),))
    module = replace(se, host=None, slot=None, input=FeatureMap(batch=4, channels=64, height=8, width=8))
    softmax = replace(
        NETWORK, suite="operators", implementation="softmax", host=None, input=Logits(shape=(64, 100), dim=1)
    )
    counts = (Count(rule="fvcore", unit=Unit.MAC, total=100, by_operator=(OperatorCount("conv", 100),)),)
    errors = ErrorAtScale(
        scale=1.0,
        elements=100,
        not_finite=0,
        below_normal=1,
        max_relative=1e-6,
        median_relative=1e-7,
        max_ulps=3.0,
        median_ulps=0.5,
    )
    return (
        _timed(NETWORK, 0.010),
        _timed(se, 0.012),
        _timed(module, 1e-4),
        _timed(replace(module, implementation="eca"), 1.1e-4),
        _timed(replace(softmax, implementation="none"), 1e-5),
        _timed(softmax, 2e-5),
        Measured(case=replace(NETWORK, suite="complexity"), result=Complexity(parameters=1000, counts=counts)),
        Measured(case=replace(se, suite="complexity"), result=Complexity(parameters=1100, counts=counts)),
        Measured(
            case=replace(se, suite="memory"),
            result=Memory(saved_bytes=1, peak_live_bytes=2, read_bytes=3, written_bytes=4, operators=5),
        ),
        Measured(
            case=replace(softmax, suite="overflow"),
            result=Frontiers(
                patterns=(
                    Frontier(pattern="one large", threshold=88.7, failure=Fault.INF, operator="aten.exp"),
                    Frontier(pattern="all negative", threshold=-17.3, failure=Fault.ZEROS),
                    Frontier(pattern="one NaN", failure=Fault.NAN),
                    Frontier(pattern="never"),
                )
            ),
        ),
        Measured(case=replace(softmax, suite="accuracy"), result=Errors(scales=(errors,))),
        Failed(case=replace(se, implementation="psk"), kind=FailureKind.EXCEPTION, error="ValueError: no"),
        Skipped(case=replace(se, implementation="bam"), reason="a smaller batch failed"),
    )


def _timed(case: Case, seconds: float) -> Measured:
    samples = Samples(
        seconds=tuple(seconds * (1 + 0.001 * (number % 5)) for number in range(12)),
        rounds=tuple(range(12)),
        calls_per_sample=2,
        warmup_calls=10,
        warmup_s=0.1,
        stop=StopReason.PRECISION,
        precision=0.02,
        clock="made up",
        overhead_s=1e-7,
    )
    return Measured(case=case, result=Latency(samples=samples, telemetry=Telemetry(power_w=70.0, watched=12)))
