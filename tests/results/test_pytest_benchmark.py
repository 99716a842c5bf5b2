"""Promises of the files of pytest-benchmark: what is exported comes back, and nothing is invented."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from results.benchmark_files import exported, imported
from results.machine import NoiseFloor, Telemetry
from results.pytest_benchmark import BenchmarkError, case_of, extra_info, facts_of
from results.records import (
    Case,
    Complexity,
    Count,
    Failed,
    FailureKind,
    FeatureMap,
    Latency,
    Logits,
    Measured,
    Mode,
    OperatorCount,
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


def ours(case: object, **more: object) -> dict[str, Any]:
    """Return an extra_info."""
    return {"attnbench": {"case": case, **more}}


def latencies(run: Run) -> dict[Case, Latency]:
    """Return what was timed."""
    return run.index.results(run.plan.cases, Latency)


def test_what_is_exported_comes_back(
    case_of: Callable[..., Case], samples_of: Callable[..., Any], run_of: Callable[..., Run]
) -> None:
    """Samples with their rounds, telemetry, environment, plan and noise floors: the very run of timed cases."""
    plain, se = case_of(implementation="none", slot=None, options=()), case_of(device="cuda:0", threads=None)
    timed = Latency(samples=samples_of(0.1, 0.2, 0.4, rounds=(1, 3, 7), overhead_s=1e-7))
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


def test_a_foreign_benchmark_says_what_it_times_by_hand() -> None:
    """What it does not say is not invented: digest, torch, warm-up; the machine is as pytest-benchmark says."""
    run, left_out = imported(file_of(benchmark("test_a", ours(ALONE), 0.5, 0.25)), "file")
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
    benchmarks = (benchmark("test_a", ours(ALONE), *seconds), benchmark("test_b", ours(other), *seconds))
    run, _ = imported(file_of(*benchmarks), "file")
    first, second = latencies(run).values()
    assert ratio(first.samples, second.samples) is None


@pytest.fixture
def size(case_of: Callable[..., Case]) -> Measured:
    """Return what was counted of a case."""
    case = case_of(suite="complexity", host=None, slot=None, input=FeatureMap(batch=1, channels=64, height=4, width=4))
    share = OperatorCount(operator="conv", count=1000)
    counts = (
        Count(rule="torch", unit=Unit.FLOP, total=1200, by_operator=(share,)),
        Count(rule="fvcore", unit=Unit.MAC, total=700, by_operator=()),
    )
    return Measured(case=case, result=Complexity(parameters=580, counts=counts))


def test_a_size_comes_back_whole(size: Measured, run_of: Callable[..., Run]) -> None:
    """As an outcome of the case that was counted, once for all that were timed in its place, behind them."""
    timed = [replace(size.case, suite="latency", input=size.case.input.with_batch(batch)) for batch in (8, 16)]
    said = [extra_info(case, run_of().environment, size=size) for case in timed]
    benchmarks = [benchmark("test_a", facts, 0.5) for facts in said]
    run, left_out = imported(file_of(*benchmarks), "file")
    assert left_out == ()
    assert [outcome.case for outcome in run.outcomes] == [*timed, size.case]
    assert run.outcomes[2] == size
    assert (run.plan.suites, run.environment) == (("latency", "complexity"), run_of().environment)


def test_two_sizes_of_one_case_are_said(size: Measured, run_of: Callable[..., Run]) -> None:
    """The first counts: two modules of one class may have been built with other arguments."""
    timed = [replace(size.case, suite="latency", input=size.case.input.with_batch(batch)) for batch in (8, 16)]
    sizes = [size, replace(size, result=Complexity(parameters=1, counts=()))]
    said = [extra_info(case, run_of().environment, size=each) for case, each in zip(timed, sizes, strict=True)]
    run, left_out = imported(file_of(*(benchmark("test_a", facts, 0.5) for facts in said)), "f")
    assert run.outcomes[2:] == (size,)
    assert left_out == ("f: test_mine.py::test_a has another size of a case; the first counts",)


def test_why_nothing_was_counted_comes_back(size: Measured, run_of: Callable[..., Run]) -> None:
    """A failure is no size of zero."""
    failed = Failed(case=size.case, kind=FailureKind.EXCEPTION, error="TypeError: no", traceback="line 1\nline 2")
    said = extra_info(replace(size.case, suite="latency"), run_of().environment, size=failed)
    assert imported(file_of(benchmark("test_a", said, 0.5)), "f")[0].outcomes[1] == failed


def test_other_keys_are_the_users() -> None:
    """Whatever they hold."""
    said = {"attnbench": {"case": ALONE}, "case": 3, "environment": [], "samples": "many", "size": None}
    run, left_out = imported(file_of(benchmark("test_a", said, 0.5)), "f")
    assert (len(run.outcomes), left_out, run.environment.torch) == (1, (), "unknown")


def test_what_is_no_case_is_left_out_and_named() -> None:
    """The others are imported; a second benchmark of one case does not count."""
    good = benchmark("test_a", ours(ALONE), 0.5)
    run, left_out = imported(
        file_of(good, benchmark("test_b", {}, 0.5), benchmark("test_c", good["extra_info"], 9.0)), "f"
    )
    assert [found.samples.seconds for found in latencies(run).values()] == [(0.5,)]
    assert left_out[0].startswith(
        'f: test_mine.py::test_b has no extra_info["attnbench"] with a case, which says what was timed; write one, '
        'such as {"case": {"subject": "module"'
    )
    assert left_out[1] == "f: test_mine.py::test_c times a case again; the first counts"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no", "f: no JSON of pytest-benchmark (Input data was truncated); give what"),
        (
            '{"benchmarks": 3, "datetime": "2026-01-02T03:04:05Z"}',
            "f: no JSON of pytest-benchmark (benchmarks: Expected `array`",
        ),
        (file_of(), "f: has no benchmarks; run some with --benchmark-json"),
        (file_of(benchmark("test_a", ours(ALONE))), "f: test_mine.py::test_a has no samples; run pytest with"),
        (
            file_of(benchmark("test_a", ours(ALONE), 0.0)),
            "f: no JSON of pytest-benchmark (benchmarks[0].stats.data[0]: Expected `float` >= 1e-12",
        ),
        (
            file_of(benchmark("test_a", ours(ALONE | {"subject": "sheep"}), 1.0)),
            "f: test_mine.py::test_a unknown subject 'sheep' of a case; choose from network, module, op",
        ),
        (
            file_of(benchmark("test_a", ours(ALONE | {"wool": 3}), 1.0)),
            'f: test_mine.py::test_a extra_info["attnbench"]["case"]: Object contains unknown field `wool`',
        ),
        (
            file_of(benchmark("test_a", ours(ALONE, wool=3), 1.0)),
            'f: test_mine.py::test_a extra_info["attnbench"]: Object contains unknown field `wool`',
        ),
        (
            file_of(benchmark("test_a", ours([]), 1.0)),
            'f: test_mine.py::test_a extra_info["attnbench"]: case: Expected `object`, got `array`',
        ),
        (
            file_of(benchmark("test_a", ours(ALONE, environment={"torch": "2"}), 1.0)),
            'f: test_mine.py::test_a extra_info["attnbench"]: environment: Object missing required field `attnbench`',
        ),
        (
            file_of(benchmark("test_a", ours(ALONE, size={"parameters": 3}), 1.0)),
            'f: test_mine.py::test_a extra_info["attnbench"]["size"]: has no case with its fields',
        ),
        (
            file_of(benchmark("test_a", ours(ALONE, size={"case": ALONE, "parameters": "3"}), 1.0)),
            'f: test_mine.py::test_a extra_info["attnbench"]["size"]: parameters: Expected `int`, got `str`',
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
