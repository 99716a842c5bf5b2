from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd
from msgspec.structs import replace
from pandas.api.types import is_numeric_dtype

from reporting.accuracies import accuracies_csv
from reporting.derived import derive_table3, derived_csv
from reporting.printed_speeds import printed_speeds_csv
from reporting.published import load_table
from reporting.published.accuracies import load_accuracies
from reporting.published.speeds import load_speeds
from reporting.to_csv import run_csv, suite_csv
from results.numerics import FIXED, ErrorAtScale, Fault, Frontier
from results.records import (
    Case,
    Complexity,
    Errors,
    Failed,
    FailureKind,
    Frontiers,
    Latency,
    Logits,
    Measured,
    Memory,
    Run,
    Samples,
    Skipped,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeMeasured = Callable[..., Measured]
    MakeRun = Callable[..., Run]
    MakeSamples = Callable[..., Samples]


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
        Measured(case=replace(host, suite="complexity"), result=plain_counts),
        make_measured(host, 1.0),
        Failed(case=mine, kind=FailureKind.EXCEPTION, error='ValueError: a, "b"\nc'),
    )
    frame = read(run_csv(run))
    assert len(frame) == 3
    numeric = ["batch_size", "parameters", "madds_torchstat", "flops_torch", "median_s", "low_s", "ratio"]
    assert [name for name in numeric if not is_numeric_dtype(frame[name])] == []
    assert frame["madds_torchstat"].dropna().tolist() == [2_040_000]
    assert frame["status"].tolist() == ["measured", "measured", "failed"]
    assert frame["error"].tolist()[2] == 'ValueError: a, "b" c'


def test_a_suite_has_its_own_rows_and_columns(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured, plain_counts: Complexity
) -> None:
    """The CSV of the counts has no times, and the CSV of the times no counts."""
    run = make_run(Measured(case=replace(host, suite="complexity"), result=plain_counts), make_measured(host, 1.0))
    counts, times = read(suite_csv(run, "complexity")), read(suite_csv(run, "latency"))
    assert (len(counts), len(times)) == (1, 1)
    assert "parameters" in counts.columns
    assert "median_s" not in counts.columns
    assert "median_s" in times.columns
    assert "parameters" not in times.columns


def test_ratios_of_what_was_not_sampled_together_are_empty(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured, make_samples: MakeSamples
) -> None:
    """An attention that was measured after its plain network has a time, and no ratio to it."""
    later = replace(host, implementation="se", source="changed")
    run = make_run(
        make_measured(host, 1.0),
        Measured(case=later, result=Latency(samples=make_samples([1.5] * 24, first_round=100))),
    )
    frame = read(suite_csv(run, "latency"))
    assert frame["median_s"].tolist() == [1.0, 1.5]
    for column in ("ratio", "ratio_low", "ratio_high"):
        assert frame[column].isna().tolist() == [False, True]


FRONTIERS = (
    Frontier(pattern="never"),
    *(Frontier(pattern=f"of {fault}", threshold=2.0, failure=fault) for fault in Fault),
    *(Frontier(pattern=pattern, failure=Fault.NAN) for pattern in FIXED),
)


def on_logits(host: Case, suite: str) -> Case:
    """Return a logit function in a suite."""
    return replace(host, suite=suite, implementation="softmax", host=None, input=Logits(shape=(1, 8), dim=1))


def test_never_is_a_word(host: Case, make_run: MakeRun) -> None:
    """As plain pandas reads it: its threshold is empty, and a number wherever something fails."""
    run = make_run(Measured(case=on_logits(host, "overflow"), result=Frontiers(patterns=FRONTIERS)))
    frame = read(suite_csv(run, "overflow"))
    never = [each.failure is None for each in FRONTIERS]
    assert (frame["failure"] == "never").tolist() == never
    assert frame["threshold"].isna().tolist() == never
    assert not frame["failure"].isna().any()
    assert is_numeric_dtype(frame["threshold"])


def test_words_of_numbers_alone_stay_words(host: Case, make_run: MakeRun) -> None:
    """A column in which everything fails by infinite numbers is not read as a column of numbers."""
    found = Frontier(pattern="one large", threshold=2.0, failure=Fault.INF)
    frame = read(
        suite_csv(make_run(Measured(case=on_logits(host, "overflow"), result=Frontiers(patterns=(found,)))), "overflow")
    )
    assert frame["failure"].tolist() == ["inf output"]


def test_plain_pandas_reads_every_cell(
    host: Case,
    make_run: MakeRun,
    make_measured: MakeMeasured,
    plain_counts: Complexity,
    cells_lost: Callable[[str], list[str]],
) -> None:
    """In each suite's CSV and in the run's, what is not written empty is not read as missing."""
    memory = Memory(saved_bytes=1, peak_live_bytes=2, read_bytes=3, written_bytes=4, operators=5)
    error = ErrorAtScale(
        scale=1.0,
        elements=8,
        not_finite=8,
        below_normal=0,
        max_relative=None,
        median_relative=None,
        max_ulps=None,
        median_ulps=None,
    )
    se = replace(host, implementation="se", slot="spatial_conv")
    run = make_run(
        Measured(case=replace(host, suite="complexity"), result=plain_counts),
        make_measured(host, 1.0),
        make_measured(se, 1.5),
        Failed(case=replace(se, implementation="mine"), kind=FailureKind.NAN, error="NaN in the output"),
        Skipped(case=replace(se, implementation="yours"), reason="a smaller batch failed"),
        Measured(case=replace(host, suite="memory"), result=memory),
        make_measured(replace(on_logits(host, "operators"), implementation="none"), 1e-6),
        make_measured(on_logits(host, "operators"), 1e-6),
        Measured(case=on_logits(host, "overflow"), result=Frontiers(patterns=FRONTIERS)),
        Measured(case=on_logits(host, "accuracy"), result=Errors(scales=(error,))),
    )
    suites = [*run.plan.suites, "marginal"]
    assert {suite: cells_lost(suite_csv(run, suite)) for suite in suites} == {suite: [] for suite in suites}
    assert cells_lost(run_csv(run)) == []


def test_plain_pandas_reads_every_cell_of_a_paper_s_tables(cells_lost: Callable[[str], list[str]]) -> None:
    """Recounted wins, and speeds and accuracies as printed."""
    assert cells_lost(derived_csv(derive_table3(load_table("psk", 2)))) == []
    assert cells_lost(printed_speeds_csv(load_speeds("psk", 4))) == []
    assert cells_lost(accuracies_csv(load_accuracies("felu", 1))) == []
