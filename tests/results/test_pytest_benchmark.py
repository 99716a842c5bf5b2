"""Promises of the files of pytest-benchmark: what is exported comes back, and nothing is invented."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from results.benchmark_files import exported, imported
from results.machine import NoiseFloor, Telemetry
from results.pytest_benchmark import BenchmarkError, case_of, facts_of, full_name, group
from results.records import (
    Case,
    Complexity,
    FeatureMap,
    Latency,
    Logits,
    Measured,
    Mode,
    Run,
    StopReason,
    Subject,
    Timing,
    Unit,
)
from results.stats import ratio

if TYPE_CHECKING:
    from collections.abc import Callable

ALONE = {"subject": "module", "implementation": "mine", "input": {"batch": 8, "channels": 64, "height": 4, "width": 4}}
MACHINE = {
    "python_version": "3.12.1",
    "system": "Linux",
    "release": "6.1",
    "machine": "x86_64",
    "cpu": {"brand_raw": "Example CPU", "count": 4},
}


def file_of(*benchmarks: dict[str, Any]) -> str:
    """Return a file as pytest-benchmark writes it."""
    known = {"datetime": "2026-01-02T03:04:05.678901+00:00", "version": "5.2.3", "machine_info": MACHINE}
    return json.dumps({**known, "commit_info": {"id": "c0ffee", "dirty": True}, "benchmarks": list(benchmarks)})


def benchmark(name: str, facts: dict[str, Any], *data: float) -> dict[str, Any]:
    """Return one benchmark of a file."""
    options = {"timer": "perf_counter", "max_time": 2.0}
    stats = {"data": list(data), "iterations": 3, "mean": 1.0}
    return {"fullname": f"test_mine.py::{name}", "extra_info": facts, "stats": stats, "options": options}


def latencies(run: Run) -> dict[Case, Latency]:
    """Return what was timed."""
    return run.index.results(run.plan.cases, Latency)


def test_what_is_exported_comes_back(
    case_of: Callable[..., Case], samples_of: Callable[..., Any], run_of: Callable[..., Run]
) -> None:
    """Samples with their rounds, telemetry, environment, plan and noise floors: the very run of timed cases."""
    plain, se = case_of(implementation="none", slot=None, options=()), case_of(device="cuda:0", threads=None)
    timed = Latency(samples=samples_of(0.1, 0.2, 0.4, rounds=(3, 1, 7), overhead_s=1e-7))
    watched = replace(timed, telemetry=Telemetry(power_w=70.5, throttle_reasons=("idle",)))
    outcomes = (Measured(case=plain, result=timed), Measured(case=se, result=watched))
    floor = NoiseFloor(
        relative=0.01,
        pairs=30,
        seconds_per_call=1e-4,
        builds=3,
        device="cpu",
        timing=Timing.HOT,
        subject=Subject.NETWORK,
    )
    run = run_of(plain, se, outcomes=outcomes, noise_floors=(floor,))
    assert imported(exported(run), "file") == (run, ())


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"input": FeatureMap(batch=2, channels=8, height=4, width=4, channels_last=True), "host": None, "slot": None},
        {"input": Logits(shape=(4, 8), dim=1), "mode": Mode.COMPILED, "options": (("a", 0.5), ("on", True))},
    ],
)
def test_facts_make_the_very_case(case_of: Callable[..., Case], fields: dict[str, Any]) -> None:
    """Through JSON, with the family of its input from its subject."""
    from results.pytest_benchmark import case_of as read

    case = case_of(**fields)
    assert read(json.loads(json.dumps(facts_of(case)))) == case


def test_names_tell_the_cases_of_a_run_apart(case_of: Callable[..., Case]) -> None:
    """And hold from run to run, whatever the source."""
    case = case_of()
    others = [
        *(replace(case, implementation="eca"), replace(case, slot=None), replace(case, mode=Mode.COMPILED)),
        *(replace(case, timing=Timing.COLD), replace(case, input=case.input.laid_out(channels_last=True))),
    ]
    assert len({full_name(each) for each in (case, *others)}) == 6
    assert full_name(case) == (
        "attnbench::latency[resnext50_16x4d-se-after_conv3-1x3x32x32-float32-cpu-forward-100classes]"
    )
    assert full_name(replace(case, source="beef")) == full_name(case)


def test_groups_are_blocks(case_of: Callable[..., Case]) -> None:
    """Implementations and slots share one, directions and sizes do not."""
    case = case_of()
    assert group(replace(case, implementation="eca", slot=None, options=())) == group(case)
    assert group(replace(case, dtype="float16")) != group(case)


def test_a_foreign_benchmark_says_what_it_times_by_hand() -> None:
    """What it does not say is not invented: digest, torch, warm-up; the machine is as pytest-benchmark says."""
    run, left_out = imported(file_of(benchmark("test_a", {"case": ALONE}, 0.5, 0.25)), "file")
    ((case, found),) = latencies(run).items()
    assert left_out == ()
    assert (case.implementation, case.source, case.suite, case.subject) == ("mine", "unknown", "latency", "module")
    samples = found.samples
    assert (samples.seconds, samples.rounds, samples.calls_per_sample) == ((0.5, 0.25), (0, 1), 3)
    assert (samples.warmup_calls, samples.overhead_s, samples.stop) == (0, None, StopReason.BUDGET)
    assert samples.clock == "perf_counter, by pytest-benchmark 5.2.3"
    where = run.environment
    assert (where.torch, where.cpu, where.cores, where.commit) == ("unknown", "Example CPU", 4, "c0ffee+dirty")
    assert (run.run_id, run.plan.budget_s) == ("2026-01-02T03-04-05-latency-imported", 2.0)


def test_benchmarks_that_were_not_interleaved_are_not_paired() -> None:
    """One was timed after the other: they have no round in common."""
    other = {**ALONE, "implementation": "other"}
    seconds = [1.0] * 8
    benchmarks = (benchmark("test_a", {"case": ALONE}, *seconds), benchmark("test_b", {"case": other}, *seconds))
    run, _ = imported(file_of(*benchmarks), "file")
    first, second = latencies(run).values()
    assert ratio(first.samples, second.samples) is None


def test_a_benchmark_that_counts_gives_sizes() -> None:
    """Its time is the counter's, and is no figure of the case."""
    case = {**ALONE, "suite": "complexity"}
    facts = {"case": case, "parameters": 580, "multiply_adds": {"torch (FLOP)": 1200, "fvcore (MAC)": 700}}
    run, _ = imported(file_of(benchmark("test_a", facts, 0.5)), "file")
    (outcome,) = run.outcomes
    assert isinstance(outcome, Measured)
    assert isinstance(outcome.result, Complexity)
    assert [(each.rule, each.unit, each.total) for each in outcome.result.counts] == [
        ("torch", Unit.FLOP, 1200),
        ("fvcore", Unit.MAC, 700),
    ]


def test_what_is_no_case_is_left_out_and_named() -> None:
    """The others are imported; a second benchmark of one case does not count."""
    good = benchmark("test_a", {"case": ALONE}, 0.5)
    run, left_out = imported(
        file_of(good, benchmark("test_b", {}, 0.5), benchmark("test_c", good["extra_info"], 9.0)), "f"
    )
    assert [found.samples.seconds for found in latencies(run).values()] == [(0.5,)]
    assert left_out[0].startswith('f: test_mine.py::test_b has no extra_info["case"], which says what was timed; write')
    assert left_out[1] == "f: test_mine.py::test_c times a case again; the first counts"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no", "f: no JSON of pytest-benchmark (Input data was truncated); give what"),
        ('{"benchmarks": 3, "datetime": "2026-01-02T03:04:05Z"}', "f: no JSON of pytest-benchmark (Expected `array`"),
        (file_of(), "f: has no benchmarks; run some with --benchmark-json"),
        (file_of(benchmark("test_a", {"case": ALONE})), "f: test_mine.py::test_a has no samples; run pytest with"),
        (file_of(benchmark("test_a", {"case": ALONE}, 0.0)), "f: test_mine.py::test_a has samples without a round, or"),
        (
            file_of(benchmark("test_a", {"case": ALONE | {"subject": "sheep"}}, 1.0)),
            "f: test_mine.py::test_a unknown subject 'sheep' of a case; choose from network, module, op",
        ),
        (
            file_of(benchmark("test_a", {"case": ALONE | {"wool": 3}}, 1.0)),
            'f: test_mine.py::test_a extra_info["case"]: Object contains unknown field `wool`',
        ),
    ],
)
def test_what_cannot_be_imported_is_refused_in_a_line(text: str, message: str) -> None:
    """It names what is lacking, and what to do."""
    with pytest.raises(BenchmarkError) as refused:
        imported(text, "f")
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_hand_written_facts_need_no_defaults() -> None:
    """What a case has by default, it has here."""
    case = case_of(ALONE)
    assert (case.dtype, case.device, case.direction) == ("float32", "cpu", "forward")
