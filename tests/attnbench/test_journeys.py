"""docs/journeys.md: each journey's files and commands, as printed, from an empty folder; only the budgets are tiny."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Finished

DOCUMENT = Path(__file__).parents[2] / "docs" / "journeys.md"
#: A fenced block, or lines that are indented; of a command that goes over several lines all of them.
BLOCK = re.compile(r"^```\w+\n(?P<file>.*?)^```$|(?P<lines>(?:^    [^\n]+\n)+)", re.DOTALL | re.MULTILINE)
TINY = ((re.compile(r"--budget \S+"), "--budget 0.01"), (re.compile(r"budget_s=\S+\)"), "budget_s=0.01)"))
#: What another program than attnbench does, where it is there.
OTHERS = {"sed", "pdflatex"}


class Source(NamedTuple):
    """A file of a journey; its first line names it."""

    text: str

    @property
    def name(self) -> str:
        return self.text.splitlines()[0].lstrip("#% ")


class Command(NamedTuple):
    """A command line of a journey."""

    line: str


def journeys() -> dict[str, str]:
    """Return the sections of the document by their titles."""
    parts = DOCUMENT.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.partition("\n")[0]: part for part in parts}


def steps(journey: str) -> Iterator[Source | Command]:
    """Yield the files and commands of a journey in their order, with budgets for a test."""
    for pattern, tiny in TINY:
        journey = pattern.sub(tiny, journey)
    for found in BLOCK.finditer(journey):
        if found["file"] is not None:
            yield Source(found["file"])
        else:
            lines = re.sub(r"\\\n\s+", "", found["lines"]).splitlines()
            yield from (Command(line.strip()) for line in lines)


def of_ours(words: list[str], attnbench: Callable[..., Finished]) -> None:
    """Run a command of attnbench in this process, and give what it prints to a file or to another program."""
    shell = next((place for place, word in enumerate(words) if word in {">", "|"}), len(words))
    done = attnbench(*words[1:shell])
    assert done.status == 0, done.err
    match words[shell:]:
        case [">", file]:
            Path(file).write_text(done.out, encoding="utf-8")
        case ["|", *program]:
            subprocess.run(program, input=done.out, text=True, check=True, stdout=subprocess.DEVNULL)
        case rest:
            assert rest == []


def perform(line: str, attnbench: Callable[..., Finished]) -> None:
    """Do what a command line says."""
    program, *arguments = words = shlex.split(line)
    if program == "attnbench":
        of_ours(words, attnbench)
    elif program == "python":
        runpy.run_path(arguments[0], run_name="__main__")
    else:
        assert program in OTHERS
        if shutil.which(program):
            subprocess.run(["/bin/bash", "-c", line], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attnbench: Callable[..., Finished], in_this_process: None
) -> Callable[[str], Path]:
    """Return what takes a journey in an empty folder, and returns the folder."""
    del in_this_process
    monkeypatch.chdir(tmp_path)

    def through(title: str) -> Path:
        for step in steps(journeys()[title]):
            match step:
                case Source(text=text):
                    Path(step.name).write_text(text, encoding="utf-8")
                case Command(line=line):
                    perform(line, attnbench)
        return tmp_path

    return through


def test_a_new_gate_becomes_a_table_and_a_figure(take: Callable[[str], Path]) -> None:
    """The first table of the report has the gate's row, and the figure is a PDF that LaTeX takes."""
    folder = take("A new gate, to a LaTeX table and a figure")
    table = (folder / "table.tex").read_text()
    assert table.startswith(r"\begin{longtable}")
    assert [line.partition(" &")[0] for line in table.splitlines() if " & " in line][1:] == [
        *("(none)", "se", "cbam", r"my\_gate"),
    ]
    assert (folder / "figure.pdf").read_bytes().startswith(b"%PDF")
    assert shutil.which("pdflatex") is None or (folder / "paper.pdf").stat().st_size > 1000


def test_a_papers_tables(take: Callable[[str], Path]) -> None:
    """The CSV has a row a printed cell."""
    rows = (take("A paper's tables") / "psk_table_2.csv").read_text().splitlines()
    assert len(rows) > 18


@pytest.mark.filterwarnings("ignore::attnbench.AuditWarning")
def test_a_normaliser_for_float16(take: Callable[[str], Path]) -> None:
    """The verdict on the candidate stands in the report."""
    folder = take("A normaliser for float16")
    assert "| squared " in (folder / "half.md").read_text()
    assert (folder / "overflow.svg").read_text().startswith("<svg ")
    assert (folder / "speed" / "operators.csv").exists()


def test_a_notebook(take: Callable[[str], Path]) -> None:
    """Its cells run one after the other, and leave a chart and a run."""
    folder = take("A notebook")
    assert (folder / "latency.svg").exists()
    assert (folder / "before" / "report.md").exists()
