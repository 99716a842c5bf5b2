"""One table of formats for every command that prints tables, and columns by choice."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import click
import pytest

from attnbench import run
from attnbench.cli.main import COMMANDS, cli
from attnbench.documents import DOCUMENT_FORMATS
from attnbench.output import say_on_stderr
from attnbench.printed import column_names
from attnbench.reports import printed_report
from bench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Finished

#: Commands that print tables.
PRINTING = ("list", "report", "compare", "history", "paper", "check", "audit", "doctor")
#: Two attentions alone, for as short as can be.
SMALL: dict[str, Any] = {
    "impls": ["se", "eca"],
    "hosts": ["none"],
    "devices": ["cpu"],
    "batch_sizes": [2],
    "directions": ["forward"],
    "threads": 1,
    "budget_s": 0.01,
}
#: How each format begins.
BEGINNING = {"md": "# ", "html": "<!doctype html>", "tex": "\\documentclass", "json": "{"}


def formats_of(name: str) -> tuple[str, ...]:
    """Return the formats that a command offers."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    (option,) = (each for each in command.params if each.name == "format_")
    assert isinstance(option.type, click.Choice)
    return tuple(map(str, option.type.choices))


@pytest.mark.parametrize("name", PRINTING)
def test_a_command_has_the_formats_of_the_table(name: str) -> None:
    """And CSV; what is its own stands beside them."""
    assert name in COMMANDS
    assert {*DOCUMENT_FORMATS, "csv"} <= set(formats_of(name))


@pytest.mark.parametrize("format_", DOCUMENT_FORMATS)
@pytest.mark.parametrize("command", [("list", "sk"), ("paper",), ("paper", "psk", "--table", "3")])
def test_each_format_is_printed(attnbench: Callable[..., Finished], command: tuple[str, ...], format_: str) -> None:
    """Whole, on stdout alone, with what is listed or recounted in it."""
    finished = attnbench(*command, "--format", format_)
    assert (finished.status, finished.err) == (0, "")
    heading = "## " if command == ("paper", "psk", "--table", "3") else BEGINNING["md"]
    assert finished.out.startswith(heading if format_ == "md" else BEGINNING[format_])
    assert "arXiv:1903.06586" in finished.out or "2010" in finished.out


def test_the_list_as_csv(attnbench: Callable[..., Finished]) -> None:
    """A line a thing, whatever its kind."""
    rows = list(csv.DictReader(io.StringIO(attnbench("list", "psk", "sknet26", "--format", "csv").out)))
    found = {(row["kind"], row["name"]): row for row in rows}
    assert found["implementation", "psk/as_printed"]["options"] == "batch_norm=False"
    assert found["backbone", "sknet26"]["image_size"] == "224"


def test_json_of_the_list_is_that_of_its_option(attnbench: Callable[..., Finished]) -> None:
    """The two cannot differ."""
    assert attnbench("list", "se", "--format", "json").out == attnbench("list", "se", "--json").out


def test_tables_of_several_papers_are_one_document(attnbench: Callable[..., Finished]) -> None:
    """In the order asked for."""
    found = json.loads(attnbench("paper", "psk", "--table", "3", "--table", "5", "--format", "json").out)
    assert [section["title"] for section in found["sections"]] == ["psk, table 3", "psk, table 5"]
    assert found["sections"][0]["tables"][0]["columns"] == ["Comparison", "published", "recounted"]


def test_columns_of_a_paper_s_table(attnbench: Callable[..., Finished]) -> None:
    """Behind the one that names the rows; and of the CSV exactly those."""
    printed = attnbench("paper", "psk", "--table", "3", "--columns", "recounted").out
    assert "| Comparison            | recounted |\n" in printed
    lines = attnbench("paper", "psk", "--table", "3", "--format", "csv", "--columns", "verdict,row").out
    assert lines == "verdict,row\nmatch,HardSoftmax > Softmax\nmatch,HardSoftmax < Softmax\n"


def test_what_has_no_columns_says_so(attnbench: Callable[..., Finished]) -> None:
    """A JSON of its own, and plain lines."""
    for format_ in ("json", "text"):
        finished = attnbench("list", "--format", format_, "--columns", "name")
        assert finished.status == 2
        assert finished.err.startswith("attnbench: --columns chooses ")
        assert finished.err.count("\n") == 1


def test_an_unknown_column_is_one_line(attnbench: Callable[..., Finished]) -> None:
    """With the nearest names."""
    finished = attnbench("list", "se", "--format", "csv", "--columns", "familly")
    assert (finished.status, finished.out) == (2, "")
    assert finished.err == "attnbench: unknown column 'familly'; the nearest is family\n"


def test_names_of_columns_have_commas_between() -> None:
    """In double quotes one may have a comma itself; none is empty."""
    assert column_names('latency, "forward b4, float16",samples') == ("latency", "forward b4, float16", "samples")
    assert column_names(None) == ()
    with pytest.raises(UsageError, match=r"--columns 'a,,b': a name is empty; "):
        column_names("a,,b")


@pytest.mark.usefixtures("in_this_process")
def test_a_chart_without_a_file_goes_to_stdout(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """As the format says; without either it is told what to write."""
    folder = tmp_path / "run"
    run("complexity", "latency", out=folder, progress=False, **SMALL)
    lines = attnbench("plot", folder, "--x", "parameters", "--y", "latency", "--format", "csv").out.splitlines()
    assert lines[0].startswith("chart,series,x,x_axis,y,y_low,y_high,")
    assert len(lines) == 3
    refused = attnbench("plot", folder)
    assert refused.status == 2
    assert refused.err == "attnbench: say where the chart goes: -o FILE, or --format svg for stdout\n"
    unknown = attnbench("plot", folder, "--format", "gif").err
    assert unknown.startswith("attnbench: unknown ending of a chart's file '.gif'")


def test_a_report_on_a_terminal_fits_it(tmp_path: Path) -> None:
    """No line is longer than the terminal is wide, and no figure is lost."""
    run("latency", **SMALL, progress=False).save(tmp_path / "run")
    printed = printed_report(tmp_path / "run", "md", None, ())
    narrow, wide = printed.text("md", width=80).splitlines(), printed.text("md").splitlines()
    assert max(map(len, wide)) > 80
    assert max(map(len, narrow)) <= 80
    assert [line.split("|")[1].strip() for line in narrow if line.startswith("| eca")]


def test_a_line_for_the_user_breaks_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal of 20 columns; in a log it stays one line."""
    say_on_stderr("unknown implementation 'sé'; did you mean 'se'?")
    monkeypatch.setattr("attnbench.output.columns", lambda _: 20)
    say_on_stderr("unknown implementation 'sé'; did you mean 'se'?")
    assert capsys.readouterr().err == (
        "unknown implementation 'sé'; did you mean 'se'?\nunknown\nimplementation 'sé';\ndid you mean 'se'?\n"
    )
