"""Files of one run: they can be joined, and no column of them is empty."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from attnbench import UsageError, report
from reporting.to_csv import run_csv, suite_csv
from results.rows import JOIN_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Measured, Run


def read(text: str) -> pd.DataFrame:
    """Return what pandas makes of a CSV; keys are texts, be all of them empty."""
    return pd.read_csv(io.StringIO(text), dtype=dict.fromkeys(JOIN_KEYS, str))


def test_counts_join_times_on_the_keys(fixed_run: Run) -> None:
    """Each row of times of a network finds one row of counts, be the keys empty or not."""
    assert JOIN_KEYS == ("implementation", "options", "host", "slot", "input", "num_classes")
    counts, times = (read(suite_csv(fixed_run, suite)) for suite in ("complexity", "latency"))
    joined = counts.merge(times, on=list(JOIN_KEYS), suffixes=("_counted", ""), validate="one_to_many")
    assert joined[["implementation", "parameters", "status"]].to_numpy().tolist() == [
        ["none", 6_220_548, "measured"],
        ["se", 6_224_869, "measured"],
    ]


def test_a_batch_of_another_size_has_the_same_counts(fixed_run: Run) -> None:
    """Counts are of one image."""
    memory, counts = (read(suite_csv(fixed_run, suite)) for suite in ("memory", "complexity"))
    assert memory["input"].tolist() == ["1×3×32×32"]
    assert len(counts.merge(memory, on=list(JOIN_KEYS))) == 1


def test_columns_that_are_empty_are_left_out(fixed_run: Run) -> None:
    """But not those by which files are joined."""
    for suite in fixed_run.plan.suites:
        frame = read(suite_csv(fixed_run, suite))
        empty = [name for name in frame.columns if frame[name].isna().all()]
        assert set(empty) <= set(JOIN_KEYS), suite
        assert set(JOIN_KEYS) <= set(frame.columns), suite
    assert "power_w" not in read(run_csv(fixed_run)).columns
    assert "power_w" in read(run_csv(fixed_run, whole=True)).columns


def test_a_file_without_lines_has_its_columns(make_run: Callable[..., Run], host: Case) -> None:
    """There is nothing to choose by, and a script finds what it looks for."""
    assert "median_s" in suite_csv(make_run(pending=(host,)), "latency").splitlines()[0]


def test_chosen_columns_stand_in_the_order_given(
    make_run: Callable[..., Run], make_measured: Callable[..., Measured], host: Case
) -> None:
    """Also those that are empty in this run, and those whose names begin alike."""
    run = make_run(make_measured(host, 0.5))
    chosen = report(run, "csv", "latency", ("median_s", "implementation", "energy_j", "ratio*"))
    assert chosen == ("median_s,implementation,energy_j,ratio,ratio_low,ratio_high\n0.5,none,,1.0,1.0,1.0\n")


def test_an_unknown_column_is_one_line_with_the_nearest_names(fixed_run: Run) -> None:
    """Of the CSV, and of tables."""
    with pytest.raises(UsageError, match=r"\Aunknown column 'medain_s'; the nearest (is|are) median_s(, \w+)*\Z"):
        report(fixed_run, "csv", columns=("medain_s",))
    with pytest.raises(UsageError, match=r"\Aunknown column 'latancy'; the nearest (is|are) latency"):
        report(fixed_run, columns=("latancy",))
