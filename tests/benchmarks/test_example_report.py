"""docs/example: a real run, whose documents are those of its records, and what README.md shows of it."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import example_report
import pytest
from example_report import CHARTS, COMMAND, FOLDER, NAME, PAGE, PICTURE, README, meaning
from figures import ROOT, place
from msgspec.structs import replace

import attnbench
from reporting.cells import Kind, Quantity
from reporting.summary import Condition, Figure, Summary, SummaryColumn, SummaryRow
from results.kinds import Direction
from results.run_digest import run_digest

if TYPE_CHECKING:
    from pathlib import Path

AGAIN = (
    "the documents of docs/example are of other code; write them again: python benchmarks/example_report.py --render"
)


@pytest.fixture(scope="module")
def run() -> attnbench.Run:
    return attnbench.load(ROOT / FOLDER)


def summary(ratio: Quantity) -> Summary:
    """Return the summary of one attention with this ratio."""
    condition = Condition(direction=Direction.FORWARD, batch=1)
    return Summary(
        columns=(SummaryColumn(figure=Figure.RATIO, condition=condition),),
        rows=(SummaryRow(attention="se", network="n", cells=(ratio,)),),
        caption="",
    )


def test_the_documents_are_those_of_the_records(run: attnbench.Run) -> None:
    """What a reader sees is what attnbench writes today."""
    assert (ROOT / FOLDER / "report.md").read_text(encoding="utf-8") == attnbench.report(run), AGAIN
    for suite in run.plan.suites:
        assert (ROOT / FOLDER / f"{suite}.csv").read_text(encoding="utf-8") == attnbench.report(run, "csv", suite), (
            AGAIN
        )


def test_the_readme_shows_the_run(run: attnbench.Run) -> None:
    """Table, words, links and digest are those of the records, and the files that it links to are there."""
    text = (ROOT / README).read_text(encoding="utf-8")
    start, end = place(text, NAME)
    shown = text[start:end]
    assert shown == f"\n{example_report.block(run)}\n", AGAIN
    assert run_digest(run) in shown
    links = re.findall(r"\]\((docs/[^)]+)\)", shown)
    assert links == [f"{FOLDER}/report.md", f"{FOLDER}/{PAGE}", str(FOLDER), f"{FOLDER}/{PICTURE}"]
    assert all((ROOT / link).exists() for link in links)


def test_the_run_is_that_of_the_command(run: attnbench.Run) -> None:
    """Six attentions and the plain network, at two batches, forward and with backward; all were measured."""
    words = shlex.split(COMMAND.replace("\\\n", " "))
    chosen = {name: words[words.index(name) + 1] for name in ("--impl", "--host", "--batch-size", "--budget")}
    timed = [case for case in run.plan.cases if case.suite == "latency"]
    assert list(run.plan.suites) == words[2:5]
    assert {case.implementation for case in timed} == {"none", *chosen["--impl"].split(",")}
    assert {case.host for case in timed} == {chosen["--host"]}
    assert {str(case.input.batch) for case in timed} == set(chosen["--batch-size"].split(","))
    assert {case.direction.value for case in timed} == {"forward", "forward+backward"}
    assert run.plan.budget_s == float(chosen["--budget"])
    assert len(timed) == 28
    assert all(isinstance(outcome, attnbench.Measured) for outcome in run.outcomes)
    assert len(run.outcomes) == len(run.plan.cases)


def test_the_example_is_small_and_whole() -> None:
    """The page has the library of its charts, 0.9 MB, because it asks nothing of the network; the rest is little."""
    sizes = {file.name: file.stat().st_size for file in (ROOT / FOLDER).iterdir()}
    assert {PAGE, PICTURE, "records.jsonl", "run.json", *(f"{chart}.svg" for chart in CHARTS)} <= sizes.keys()
    assert sizes.pop(PAGE) < 1_200_000
    assert sum(sizes.values()) < 400_000


def test_a_ratio_is_put_into_words_only_where_it_says_something() -> None:
    """An interval that holds 1 is no difference."""
    slower = Quantity(value=1.19, low=1.152, high=1.223, kind=Kind.RATIO)
    (words,) = meaning(summary(slower))
    assert words.startswith(
        "`1.190 [1.152, 1.223]` means: the network with se takes 19.0% longer than the plain network, with a 95% "
        "interval of 15.2% to 22.3%. "
    )
    assert meaning(summary(Quantity(value=1.05, low=0.99, high=1.11, kind=Kind.RATIO))) == ()


def test_an_unfit_machine_is_said_and_nothing_concluded(run: attnbench.Run) -> None:
    """The README says it as the report does."""
    shown = example_report.block(replace(run, disturbances=("the cores were busy",)))
    assert "**the cores were busy**" in shown
    assert " means: " not in shown


def test_documents_are_written_again_from_the_records(run: attnbench.Run, tmp_path: Path) -> None:
    """``--render`` needs the records alone."""
    folder = run.save(tmp_path / "example")
    example_report.render(folder)
    assert (folder / PAGE).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (folder / PICTURE).read_bytes().startswith(b"\x89PNG")
    assert attnbench.load(folder) == run
