"""Runs in a notebook: what is shown, saved, plotted and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

import attnbench as front_door
import results
from attnbench import StoreError, StoreWarning, UsageError, compare, load, plot, report
from attnbench.output import from_python
from attnbench.python_run import Run
from attnbench.showing import show_results
from results.blocks import blocks_of
from results.records import (
    SCHEMA_VERSION,
    Accelerator,
    Case,
    Complexity,
    Count,
    Environment,
    Failed,
    FailureKind,
    Images,
    Latency,
    Measured,
    Plan,
    Samples,
    StopReason,
    Unit,
)

if TYPE_CHECKING:
    from pathlib import Path

    from results.records import Outcome

IMAGES = Images(batch=2, channels=3, height=32, width=32, num_classes=100)
PLAIN = Case(suite="latency", implementation="none", source="0a", host="resnet18_cifar", input=IMAGES, threads=2)
SE = replace(PLAIN, implementation="se", slot="block_output")
LOST = replace(SE, implementation="lost")
PENDING = replace(SE, implementation="pending")


def timed(case: Case, *seconds: float) -> Measured:
    """Return the samples of a case."""
    samples = Samples(
        seconds=seconds,
        rounds=tuple(range(len(seconds))),
        calls_per_sample=1,
        warmup_calls=1,
        warmup_s=0.1,
        stop=StopReason.PRECISION,
        precision=0.02,
        clock="a fake clock",
    )
    return Measured(case=case, result=Latency(samples=samples))


def counted(case: Case, macs: int) -> Measured:
    """Return the size of a case."""
    counts = (Count(rule="fvcore", unit=Unit.MAC, total=macs, by_operator=()),)
    return Measured(
        case=replace(case, suite="complexity", threads=None), result=Complexity(parameters=600, counts=counts)
    )


def run_of(*outcomes: Outcome, pending: tuple[Case, ...] = (), **environment: Any) -> Run:
    """Return a run as ``attnbench.run`` does."""
    cases = (*(outcome.case for outcome in outcomes), *pending)
    here = Environment(
        attnbench="0.1.0",
        commit="aaaa",
        python="3.12.3",
        torch="2.11.0",
        torchvision="0.26.0",
        system="Linux 6.1 x86_64",
        cpu="Example CPU",
        cores=2,
        threads=2,
        memory_bytes=None,
    )
    return Run(
        schema_version=SCHEMA_VERSION,
        run_id="2026-11-21T21-40-07-latency",
        started_at="2026-11-21T21:40:07+00:00",
        plan=Plan(
            suites=("complexity", "latency"),
            blocks=blocks_of(cases),
            budget_s=1.0,
            precision=0.02,
            seed=0,
            time_limit_s=300.0,
        ),
        environment=replace(here, **environment),
        outcomes=outcomes,
    )


FAILED = Failed(case=LOST, kind=FailureKind.OUT_OF_MEMORY, error="no room")
MEASURED = (counted(PLAIN, 1_000_000), counted(SE, 1_100_000), timed(PLAIN, *[0.010] * 8), timed(SE, *[0.011] * 8))


def test_a_console_shows_a_run_in_one_line() -> None:
    """How its cases ended, and where it was measured; what did not happen is not said."""
    assert repr(run_of(*MEASURED)) == "<Run 2026-11-21T21-40-07-latency: 4 measured; Example CPU, 2 threads>"
    board = Accelerator(name="Example\x1b GPU", memory_bytes=2**37, capability="9.0")
    run = run_of(MEASURED[0], FAILED, pending=(PENDING,), accelerators=(board, board))
    assert repr(run) == (
        "<Run 2026-11-21T21-40-07-latency: 1 measured, 1 failed, 1 not reached; "
        "Example CPU, 2 threads, Example\ufffd GPU>"
    )


def test_a_notebook_shows_the_figures_of_the_report() -> None:
    """The same cells as in the report's first table."""
    run = run_of(*MEASURED)
    shown = run._repr_html_()
    row = next(line for line in report(run).splitlines() if line.startswith("| se "))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == ["se", "0.000600", "1.10", "11.0 ms ± 0.0%", "1.100 [1.100, 1.100]"]
    assert all(f">{cell}</t" in shown for cell in cells)


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    """The files of ``attnbench run --out``; what was saved is not overwritten."""
    run = run_of(*MEASURED, FAILED)
    assert run.save(tmp_path / "kept") == tmp_path / "kept"
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [
        *("complexity.csv", "latency.csv", "records.jsonl", "report.md", "run.json"),
    ]
    assert load(tmp_path / "kept") == run
    with pytest.raises(StoreError, match="kept exists; choose another folder"):
        run.save(tmp_path / "kept")


def test_a_run_of_python_is_a_run_of_the_records(tmp_path: Path) -> None:
    """Whatever takes a run takes it, and changes of it stay what they are."""
    run = run_of(*MEASURED)
    assert isinstance(run, results.Run)
    assert isinstance(replace(run, outcomes=()), front_door.Run)
    run.save(tmp_path / "kept")
    assert Run.of(results.load(tmp_path / "kept")) == run


def test_a_warning_of_reading_blames_who_reads(tmp_path: Path) -> None:
    """The line of the notebook, not one of attnbench's."""
    folder = run_of(*MEASURED).save(tmp_path / "kept")
    with (folder / "records.jsonl").open("ab") as file:
        file.write(b'{"digest":"torn')
    with pytest.warns(StoreWarning, match="cut off while it was written") as caught:
        load(folder)
    assert [each.filename for each in caught] == [__file__]


def test_a_plot_is_drawn_and_saved(tmp_path: Path) -> None:
    """In the notebook as SVG; in a file as its name says."""
    drawn = plot(run_of(*MEASURED), x="macs", y="latency")
    assert repr(drawn) == "<Plot latency-macs: Latency against multiply-adds>"
    assert drawn._repr_svg_().startswith("<svg ")
    assert drawn.specification["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert drawn.save(tmp_path / "figure.png") == tmp_path / "figure.png"
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match=r"unknown ending of a chart's file '\.gif'; choose from \.svg, \.png"):
        drawn.save(tmp_path / "figure.gif")
    with pytest.raises(UsageError, match=r"cannot write .*no/figure\.svg: No such file or directory; choose another"):
        drawn.save(tmp_path / "no" / "figure.svg")


def test_two_runs_are_compared_in_a_frame() -> None:
    """A row a figure, SI units, numeric columns; a failure is in words."""
    before = run_of(*MEASURED, FAILED)
    after = run_of(MEASURED[0], counted(SE, 1_210_000), timed(PLAIN, *[0.020] * 8), FAILED)
    frame = compare(before, after, format="frame")
    se = frame[frame["implementation"] == "se"].set_index("quantity")
    macs = se.loc["MACs (fvcore)"]
    assert (macs["a"], macs["b"], macs["difference"], macs["ratio"]) == (1_100_000, 1_210_000, 110_000, 1.1)
    assert [str(frame[name].dtype) for name in ("implementation", "batch_size", "exact", "ratio")] == [
        *("string", "Int64", "boolean", "float64"),
    ]
    assert frame.columns.tolist() == compare(before, after, format="csv").splitlines()[0].split(",")
    with pytest.raises(UsageError, match="unknown format 'xls'; choose from md, html, tex, json, csv, frame"):
        compare(before, after, format="xls")


def test_a_cell_shows_the_summary_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As its value; what the run prints is a sentence. A console gets the table too."""
    run, output = run_of(*MEASURED), from_python(progress=True)
    show_results(run, output)
    assert "| se        |" in capsys.readouterr().err
    monkeypatch.setattr("attnbench.showing.in_notebook", lambda: True)
    show_results(run, output)
    assert capsys.readouterr().err == "se costs 1.100 [1.100, 1.100] times the plain network forward.\n"
