"""Promises of the frame: one row an outcome, SI units, numeric columns, a ratio only against a real partner."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO

import pandas as pd
import pytest

from results.frame import suite_frame
from results.latency_rows import DEVICE_COLUMNS
from results.records import (
    Case,
    Complexity,
    Count,
    CountFailure,
    Direction,
    Failed,
    FailureKind,
    Images,
    Latency,
    Measured,
    Memory,
    Run,
    Samples,
    Skipped,
    Telemetry,
    Unit,
)

MakeCase = Callable[..., Case]
MakeRun = Callable[..., Run]
MakeSamples = Callable[..., Samples]

IMAGES = Images(batch=1, channels=3, height=32, width=32, num_classes=100)


@pytest.fixture
def run(run_of: MakeRun, case_of: MakeCase, samples_of: MakeSamples) -> Run:
    """Return a run of both suites, its outcomes not in plan order, with all kinds of outcomes."""
    plain = case_of(implementation="none", source="77aa", options=(), slot=None)
    se = case_of()
    too_large = case_of(input=IMAGES.with_batch(512))
    larger_still = case_of(input=IMAGES.with_batch(1024))
    counted = case_of(suite="complexity", threads=None)
    complexity = Complexity(
        parameters=25_070_000,
        counts=(
            Count(rule="torchstat", unit=Unit.MADD, total=726_630_000, by_operator=()),
            Count(rule="fvcore", unit=Unit.MAC, total=363_700_000, by_operator=()),
            Count(rule="torch", unit=Unit.FLOP, total=727_000_000, by_operator=()),
        ),
    )
    return run_of(
        counted,
        plain,
        se,
        too_large,
        larger_still,
        outcomes=(
            Skipped(case=larger_still, reason="batch 512 ran out of memory"),
            Measured(case=se, result=Latency(samples=samples_of(2.0, 4.0, 2.0, 2.0, 2.0, 2.0, 2.0))),
            Measured(case=plain, result=Latency(samples=samples_of(1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0))),
            Measured(case=counted, result=complexity),
            Failed(case=too_large, kind=FailureKind.OUT_OF_MEMORY, error="MemoryError: 2 GiB"),
        ),
    )


def test_one_row_an_outcome_in_plan_order(run: Run) -> None:
    """The order of measuring, which is random, does not show."""
    frame = run.to_frame()
    assert frame["suite"].tolist() == ["complexity", "latency", "latency", "latency", "latency"]
    assert frame["implementation"].tolist() == ["se", "none", "se", "se", "se"]
    assert frame["status"].tolist() == ["measured", "measured", "measured", "failed", "skipped"]


def test_the_columns(run: Run) -> None:
    """Their names and order are what scripts and spreadsheets rely on."""
    assert list(run.to_frame().columns) == [
        *("suite", "implementation", "options", "subject", "host", "slot", "input", "batch_size", "shape", "dim"),
        *("num_classes", "dtype", "device", "direction", "mode", "timing", "channels_last", "threads", "status"),
        *("parameters", "madds_torchstat", "macs_fvcore", "flops_torch"),
        *("median_s", "low_s", "high_s", "p95_s", "samples", "calls_per_sample", "outliers"),
        *("discarded", "throttled", "host_bound", "wall_s_per_call", "overhead_s", "warmup_steady", "stop"),
        *("reference", "ratio", "ratio_low", "ratio_high", "images_per_s"),
        *("sm_clock_hz", "memory_clock_hz", "temperature_c", "power_w", "energy_j", "throttle_reasons"),
        *("watched", "unwatched", "power_capped", "shared_board"),
        *("saved_bytes", "peak_live_bytes", "read_bytes", "written_bytes", "operators"),
        *("allocated_bytes", "reserved_bytes", "process_bytes", "error"),
    ]


def test_a_latency_row(run: Run) -> None:
    """Facts of the case, the estimate, and the ratio to the backbone without attention."""
    row = run.to_frame().iloc[2].dropna().to_dict()
    assert row == {
        "suite": "latency",
        "implementation": "se",
        "options": "reduction=16",
        "subject": "network",
        "host": "resnext50_16x4d",
        "slot": "after_conv3",
        "input": "1×3×32×32",
        "batch_size": 1,
        "shape": "1x3x32x32",
        "num_classes": 100,
        "dtype": "float32",
        "device": "cpu",
        "direction": "forward",
        "mode": "eager",
        "timing": "hot",
        "channels_last": False,
        "threads": 2,
        "status": "measured",
        "median_s": 2.0,
        "low_s": 2.0,
        "high_s": pytest.approx(2.533333, abs=1e-6),
        "samples": 7,
        "calls_per_sample": 4,
        "outliers": 1,
        "discarded": 0,
        "throttled": 0,
        "host_bound": False,
        "warmup_steady": True,
        "stop": "precision",
        "reference": "none",
        "ratio": 2.0,
        "ratio_low": 2.0,
        "ratio_high": 2.0,
        "images_per_s": 0.5,
    }


def test_a_row_says_how_its_samples_came_about(run_of: MakeRun, case_of: MakeCase, samples_of: MakeSamples) -> None:
    """A reader of the CSV alone sees that a figure is of a hot device, of launches, or of a case that was not warm."""
    samples = samples_of(
        *[1.0] * 6, 9.0, discarded=5, throttled=2, host_bound=True, warmup_steady=False, wall_s_per_call=1.5
    )
    found = run_of(case_of(), outcomes=(Measured(case=case_of(), result=Latency(samples=samples)),))
    row = found.to_frame().iloc[0]
    assert row[["outliers", "discarded", "throttled", "host_bound", "warmup_steady"]].tolist() == [1, 5, 2, True, False]
    assert row["wall_s_per_call"] == 1.5


def test_a_row_says_what_nvml_said_of_the_device(run_of: MakeRun, case_of: MakeCase, samples_of: MakeSamples) -> None:
    """Each figure in the column of its name; without telemetry they are all empty."""
    told = Telemetry(
        sm_clock_hz=1.7e9,
        energy_j=0.5,
        throttle_reasons=("GPU idle", "sync boost"),
        watched=9,
        power_capped=4,
        shared_board=True,
    )
    cases = (case_of(), case_of(implementation="sk"))
    outcomes = (
        Measured(case=cases[0], result=Latency(samples=samples_of(1.0), telemetry=told)),
        Measured(case=cases[1], result=Latency(samples=samples_of(1.0))),
    )
    known, unknown = (run_of(*cases, outcomes=outcomes)).to_frame()[[*DEVICE_COLUMNS]].to_dict("records")
    assert {name: cell for name, cell in known.items() if not pd.isna(cell)} == {
        "sm_clock_hz": 1.7e9,
        "energy_j": 0.5,
        "throttle_reasons": "GPU idle; sync boost",
        "watched": 9,
        "unwatched": 0,
        "power_capped": 4,
        "shared_board": True,
    }
    assert all(map(pd.isna, unknown.values()))


def test_a_complexity_row(run: Run) -> None:
    """Whole numbers, each under the name of its unit and rule."""
    row = run.to_frame().iloc[0]
    assert (row["parameters"], row["madds_torchstat"]) == (25_070_000, 726_630_000)
    assert (row["macs_fvcore"], row["flops_torch"]) == (363_700_000, 727_000_000)


def test_failed_and_skipped_rows_say_why(run: Run) -> None:
    """A case without a figure has no figure, and a reason."""
    frame = run.to_frame()
    assert frame["error"].tolist()[3:] == ["MemoryError: 2 GiB", "batch 512 ran out of memory"]
    assert frame["median_s"].isna().tolist() == [True, False, False, True, True]


def test_the_plain_host_is_once_itself(run: Run) -> None:
    """Its own ratio is exactly 1."""
    row = run.to_frame().iloc[1]
    assert (row["ratio"], row["ratio_low"], row["ratio_high"]) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "difference",
    [{"direction": Direction.BACKWARD}, {"input": IMAGES.with_batch(2)}, {"host": "resnet50"}, {"threads": 1}],
)
def test_other_cases_are_no_partner(
    run_of: MakeRun, case_of: MakeCase, samples_of: MakeSamples, difference: dict[str, object]
) -> None:
    """A plain backbone that ran something else gives no ratio."""
    plain = case_of(implementation="none", options=(), slot=None, **difference)
    outcomes = tuple(Measured(case=case, result=Latency(samples=samples_of(*[1.0] * 7))) for case in (plain, case_of()))
    run = run_of(plain, case_of(), outcomes=outcomes)
    assert run.to_frame()["ratio"].isna().tolist() == [False, True]


def test_numbers_are_numeric(run: Run) -> None:
    """Also where cells are empty: integers stay integers."""
    kinds = {name: str(kind) for name, kind in run.to_frame().dtypes.items()}
    assert {kinds[name] for name in ("batch_size", "threads", "parameters", "macs_fvcore", "samples", "outliers")} == {
        "Int64"
    }
    assert {kinds[name] for name in ("median_s", "low_s", "high_s", "ratio", "ratio_low", "ratio_high")} == {"float64"}


def test_a_csv_has_full_digits(run_of: MakeRun, case_of: MakeCase, samples_of: MakeSamples) -> None:
    """A median comes back from CSV as the same number."""
    run = run_of(
        case_of(), outcomes=(Measured(case=case_of(), result=Latency(samples=samples_of(0.1234567890123456))),)
    )
    (row,) = csv.DictReader(StringIO(run.to_frame().to_csv(index=False)))
    assert float(row["median_s"]) == 0.1234567890123456


def test_a_suite_has_no_columns_it_cannot_fill(run: Run) -> None:
    """Complexity has no latency, latency has no counts; the rows are those of the suite."""
    complexity, latency = suite_frame(run.index, "complexity"), suite_frame(run.index, "latency")
    assert (len(complexity), len(latency)) == (1, 4)
    assert [name for name in complexity.columns if name not in latency.columns] == [
        *("parameters", "madds_torchstat", "macs_fvcore", "flops_torch"),
    ]
    assert [name for name in latency.columns if name not in complexity.columns] == [
        *("median_s", "low_s", "high_s", "p95_s", "samples", "calls_per_sample", "outliers"),
        *("discarded", "throttled", "host_bound", "wall_s_per_call", "overhead_s", "warmup_steady", "stop"),
        *("reference", "ratio", "ratio_low", "ratio_high", "images_per_s"),
        *("sm_clock_hz", "memory_clock_hz", "temperature_c", "power_w", "energy_j", "throttle_reasons"),
        *("watched", "unwatched", "power_capped", "shared_board"),
    ]


def test_a_memory_row(run_of: MakeRun, case_of: MakeCase) -> None:
    """Whole bytes under their own names, none of latency's or complexity's columns; without CUDA, empty cells."""
    case = case_of(suite="memory")
    memory = Memory(saved_bytes=64, peak_live_bytes=2**40 + 1, read_bytes=320, written_bytes=96, operators=3)
    frame = suite_frame(run_of(case, outcomes=(Measured(case=case, result=memory),)).index, "memory")
    assert list(frame.columns[19:]) == [
        *("saved_bytes", "peak_live_bytes", "read_bytes", "written_bytes", "operators"),
        *("allocated_bytes", "reserved_bytes", "process_bytes", "error"),
    ]
    assert frame.iloc[0, 19:24].tolist() == [64, 1_099_511_627_777, 320, 96, 3]
    assert frame.iloc[0, 24:27].isna().tolist() == [True, True, True]
    assert {str(kind) for kind in frame.dtypes.iloc[19:27]} == {"Int64"}


def test_a_suite_whose_cases_all_failed_keeps_its_columns(run_of: MakeRun, case_of: MakeCase) -> None:
    """Whatever it was to give: a script finds its columns, however the run went."""
    failed = Failed(case=case_of(), kind=FailureKind.EXCEPTION, error="ValueError: no")
    columns = suite_frame(run_of(case_of(), outcomes=(failed,)).index, "latency").columns
    assert {"median_s", "parameters", "peak_live_bytes", "threshold", "max_ulps"} <= set(columns)


def test_an_empty_run_has_an_empty_frame(run_of: MakeRun) -> None:
    """No outcomes: all columns, no rows."""
    frame = run_of().to_frame()
    assert len(frame) == 0
    assert "median_s" in frame.columns


def test_a_rule_that_failed_has_its_column_and_its_cause(run_of: MakeRun, case_of: MakeCase) -> None:
    """The case is measured: the cell of the rule is empty, and the error names it."""
    complexity = Complexity(
        parameters=7,
        counts=(Count(rule="torch", unit=Unit.FLOP, total=10, by_operator=()),),
        failures=(CountFailure(rule="fvcore", unit=Unit.MAC, error="IndexError: no"),),
    )
    found = run_of(case_of(), outcomes=(Measured(case=case_of(), result=complexity),))
    row = found.to_frame().iloc[0]
    assert (row["status"], row["parameters"], row["flops_torch"]) == ("measured", 7, 10)
    assert pd.isna(row["macs_fvcore"])
    assert row["error"] == "fvcore: IndexError: no"
