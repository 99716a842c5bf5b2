"""One run in every format: a reader of any of them reads the same figures."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from attnbench.documents import DOCUMENT_FORMATS, document_text
from reporting.cells import Kind, Quantity
from reporting.report import document
from reporting.to_csv import suite_csv
from reporting.units import cell_text
from tests.reporting.formats.reading import READERS, SAME_IN_LATEX, Seen

if TYPE_CHECKING:
    from results.records import Run

#: What stands behind a missing figure and names its footnote; JSON has the cause itself.
MARK = re.compile(r" [⁰¹²³⁴⁵⁶⁷⁸⁹]+\Z")

#: Head -> rows, as they are printed.
NETWORKS = Seen(
    ["attention", "latency", "÷ plain", "samples"],
    [
        ["(none)", "1.23 ms ± 1.0%", "1", "24"],
        ["se", "2.00 ms ± 1.0%", "1.620 [1.620, 1.620]", "24"],
        ["mine", "failed: out of memory ¹", "", ""],
    ],
)


def tables(run: Run, format_: str) -> list[Seen]:
    """Return the tables of the run's report in a format."""
    return READERS[format_](document_text(document(run), format_))


def found(seen: list[Seen], *heads: str) -> Seen:
    """Return the table that has these columns first."""
    return next(table for table in seen if tuple(table.heads[: len(heads)]) == heads)


def test_every_format_of_documents_is_read() -> None:
    """Whoever adds one adds how it is read here."""
    assert set(READERS) == set(DOCUMENT_FORMATS)


def test_the_figures_as_printed(fixed_run: Run) -> None:
    """Times, ratios, sizes, bytes, limits and errors."""
    seen = tables(fixed_run, "md")
    assert found(seen, "attention", "latency", "÷ plain") == NETWORKS
    assert found(seen, "attention", "parameters (M)", "Δ plain (M)").rows == [
        ["(none)", "6.22", "-", "2.04", "2.00"],
        ["se", "6.22", "+0.00432", "2.04", "2.00"],
    ]
    assert found(seen, "attention", "latency", "÷ sdpa").rows[1] == [
        *("eager", "6.00 ms ± 1.0%", "2.000 [2.000, 2.000]", "0.0447", "24"),
    ]
    assert found(seen, "attention", "peak live", "peak ÷ plain").rows == [
        ["(none)", "7.00 MiB", "1", "2.93 KiB", "3.91 KiB", "1", "5"],
    ]
    assert found(seen, "function", "logits").rows == [
        ["softmax/naive", "8", "never", "11.0938 inf", "-17.3438 all zeros", "NaN"],
    ]
    assert found(seen, "function", "scale 1").rows == [
        ["softmax/naive", "1.2e-03 / 2.3e-04, 1.2 / 0.25 ulp, 1.2% below normal"],
    ]


@pytest.mark.parametrize("format_", [name for name in READERS if name != "md"])
def test_a_format_has_the_figures_of_markdown(fixed_run: Run, format_: str) -> None:
    """Each table, each head, each cell, to the last digit."""
    assert as_in(format_, tables(fixed_run, format_)) == as_in(format_, tables(fixed_run, "md"))


def as_in(format_: str, seen: list[Seen]) -> list[Seen]:
    """Return tables without what a format cannot show."""
    return [Seen(heads, [[_cell_in(format_, cell) for cell in row] for row in rows]) for heads, rows in seen]


def _cell_in(format_: str, cell: str) -> str:
    """Return a cell of Markdown as a format has it."""
    match format_:
        case "json":
            return MARK.sub("", cell)
        case "tex":
            # A unit stands a little apart from its number.
            return "".join(SAME_IN_LATEX.get(each, each) for each in cell if not each.isspace())
        case _:
            return cell


def test_json_has_the_values_behind_the_digits(fixed_run: Run) -> None:
    """In SI units with full digits: printed again they give the same text."""
    sections = json.loads(document_text(document(fixed_run), "json"))["sections"]
    cells = [
        cell
        for section in sections
        for table in section["tables"]
        for row in table["rows"]
        for cell in row
        if "value" in cell
    ]
    assert len(cells) > 30
    for cell in cells:
        number = cell_text(Quantity(value=cell["value"], kind=Kind(cell["unit"]))).split(" ")[0]
        assert float(number) == pytest.approx(float(re.split(r"[ ]", cell["text"])[0]), rel=0.1)


def read(run: Run, suite: str) -> pd.DataFrame:
    """Return what pandas makes of a suite's CSV by itself."""
    return pd.read_csv(io.StringIO(suite_csv(run, suite)))


def test_csv_has_the_figures_of_the_tables(fixed_run: Run) -> None:
    """Seconds, ratios and counts: formatted as a table does it they are its cells."""
    seen = tables(fixed_run, "md")
    latency = read(fixed_run, "latency")
    rows = latency[latency["host"].notna() & (latency["status"] == "measured")]
    printed = found(seen, "attention", "latency", "÷ plain").rows
    for row, cells in zip(rows.to_dict("records"), printed, strict=False):
        ends = (row["low_s"], row["high_s"])
        time = Quantity(value=row["median_s"], kind=Kind.SECONDS, low=ends[0], high=ends[1], ends=False)
        ratio = Quantity(value=row["ratio"], kind=Kind.RATIO, low=row["ratio_low"], high=row["ratio_high"])
        assert cells[1] == cell_text(time)
        assert cells[2] in {"1", cell_text(ratio)}
    sizes = read(fixed_run, "complexity")
    counted = found(seen, "attention", "parameters (M)", "Δ plain (M)").rows
    for parameters, cells in zip(sizes["parameters"], counted, strict=True):
        assert cells[1] == cell_text(Quantity(value=parameters, kind=Kind.OPERATIONS))


def test_csv_names_what_every_ratio_is_divided_by(fixed_run: Run) -> None:
    """The plain network, the first of attentions alone, PyTorch's attention between tokens."""
    frame = read(fixed_run, "latency")
    measured = frame[frame["status"] == "measured"]
    assert measured[["implementation", "reference", "ratio"]].round(6).to_numpy().tolist() == [
        ["none", "none", 1.0],
        ["se", "none", pytest.approx(1.62, abs=0.001)],
        ["se", "se", 1.0],
        ["eca", "se", 0.5],
        ["sdpa", "sdpa", 1.0],
        ["eager", "sdpa", 2.0],
    ]


def test_csv_has_rates_and_the_95th_percentile(fixed_run: Run) -> None:
    """Images a second of networks and attentions alone; operations and bytes a second of attention between tokens."""
    frame = read(fixed_run, "latency").set_index("implementation")
    assert frame["images_per_s"].round(3).tolist()[:2] == [810.005, 500.0]
    assert frame["p95_s"].iloc[0] == pytest.approx(0.001_234_56 * 1.01)
    eager = frame.loc["eager"]
    flops = 2 * 2 * 2 * 8 * 256 * 256 * 64
    assert (eager["model_flops"], eager["model_flops_per_s"]) == (flops, pytest.approx(flops / 0.006))
    assert eager["bytes_per_s"] == pytest.approx(4 * 4 * 2 * 8 * 256 * 64 / 0.006)
    assert pd.isna(eager["images_per_s"])
