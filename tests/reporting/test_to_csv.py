from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
from pandas.api.types import is_numeric_dtype

from reporting.to_csv import run_csv, suite_csv
from results.records import Case, Complexity, Failed, FailureKind, Measured, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeMeasured = Callable[..., Measured]
    MakeRun = Callable[..., Run]


def read(text: str) -> pd.DataFrame:
    """Return what pandas makes of a CSV by itself."""
    return pd.read_csv(io.StringIO(text))


def test_seconds_keep_all_their_digits(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """A CSV is read back to the very same float: seconds, not milliseconds, and nothing rounded."""
    frame = read(suite_csv(make_run(make_measured(host, 0.812_345_678_901_234_5)), "latency"))
    assert frame["median_s"].tolist() == [0.812_345_678_901_234_5]


def test_numbers_are_numeric(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured, plain_counts: Complexity
) -> None:
    """Numeric columns stay numeric although a failed case has no numbers, and commas in errors do no harm."""
    mine = replace(host, implementation="mine")
    run = make_run(
        Measured(case=replace(host, suite="complexity"), complexity=plain_counts),
        make_measured(host, 1.0),
        Failed(case=mine, kind=FailureKind.EXCEPTION, error='ValueError: a, "b"\nc'),
    )
    frame = read(run_csv(run))
    assert len(frame) == 3
    numeric = ["batch_size", "parameters", "madds_torchstat", "flops_torch", "median_s", "low_s", "ratio_to_plain"]
    assert [name for name in numeric if not is_numeric_dtype(frame[name])] == []
    assert frame["madds_torchstat"].dropna().tolist() == [2_040_000]
    assert frame["status"].tolist() == ["measured", "measured", "failed"]
    assert frame["error"].tolist()[2] == 'ValueError: a, "b"\nc'


def test_a_suite_has_its_own_rows_and_columns(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured, plain_counts: Complexity
) -> None:
    """The CSV of the counts has no times, and the CSV of the times no counts."""
    run = make_run(Measured(case=replace(host, suite="complexity"), complexity=plain_counts), make_measured(host, 1.0))
    counts, times = read(suite_csv(run, "complexity")), read(suite_csv(run, "latency"))
    assert (len(counts), len(times)) == (1, 1)
    assert "parameters" in counts.columns
    assert "median_s" not in counts.columns
    assert "median_s" in times.columns
    assert "parameters" not in times.columns
