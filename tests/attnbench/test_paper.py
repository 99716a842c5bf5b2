from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.attnbench.conftest import Finished


def test_without_a_name_the_papers_and_tables_are_listed(attnbench: Callable[..., Finished]) -> None:
    """One line a table: paper, number, where it stands and what it is about."""
    lines = attnbench("paper").out.splitlines()
    assert lines[0].split() == ["paper", "table", "where"]
    assert lines[1].startswith("psk           2  Zhu et al. 2021, Table 2: complexity (doi:")
    assert {line.split()[0] for line in lines[1:]} >= {"psk", "senet", "sknet", "resnest", "eca", "nam", "triplet"}


def test_one_table_as_markdown(attnbench: Callable[..., Finished]) -> None:
    """SENet's Table 15, whose network has the SE block inside."""
    finished = attnbench("paper", "senet", "--table", "15")
    assert finished.status == 0
    assert finished.out.startswith("## Hu et al. 2019, Table 15 (SE inside the block), rebuilt\n")
    assert "| SE at the 3x3 | 22.48 " in finished.out
    assert "2 cells match, 0 are explained, 0 differ.\n" in finished.out


def test_several_tables_are_one_csv(attnbench: Callable[..., Finished]) -> None:
    """One header, and columns that hold for every kind of table."""
    finished = attnbench("paper", "psk", "--table", "3", "--table", "5", "--format", "csv")
    records = list(csv.DictReader(io.StringIO(finished.out)))
    assert [(record["paper"], record["table"], record["verdict"]) for record in records] == [
        ("psk", "3", "match"),
        ("psk", "3", "match"),
        ("psk", "5", "match"),
        ("psk", "5", "match"),
    ]
    assert finished.out.count("verdict") == 1


def test_csv_says_how_a_row_was_rebuilt(attnbench: Callable[..., Finished]) -> None:
    """Host, implementation with options, and slot with stages stand in every line."""
    finished = attnbench("paper", "bam", "--format", "csv")
    (record,) = csv.DictReader(io.StringIO(finished.out))
    assert (record["host"], record["implementation"], record["slot"]) == ("resnet50", "bam", "stage_output@2,3,4")
    assert (record["published"], record["exact"], record["verdict"]) == ("25915099", "25915099", "match")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["paper", "senet", "--all"], "--all prints every table of every paper; leave out the name and --table"),
        (["paper", "--table", "2"], "--table needs the name of a paper; all: attnbench paper"),
        (["paper", "psk", "--ops"], "--ops times the functions of one table: attnbench paper psk --table 4 --ops"),
        (["paper", "psk", "--table", "4", "--ops", "--data", "."], "--data is for epochs, and --ops times functions; "),
        (["paper", "psk", "--table", "2", "--table", "4", "--ops"], "--ops times the functions of one table: "),
        (["paper", "psk", "--threads", "1"], "--threads is for what is timed: --speed, --ops, and --table of a table "),
        (["paper", "--budget", "1"], "--budget is for what is timed: "),
        (["paper", "psk", "--table", "4", "--as-published", "--out", "x"], "--out is for what is timed: "),
        (["paper", "--speed"], "--speed times the networks of one paper: attnbench paper senet --speed"),
        (["paper", "senet", "--speed", "--as-published"], "--speed times the networks of one paper: "),
        (
            ["paper", "nam", "--speed"],
            "no speeds are printed there; papers with a table of speeds: psk, senet, eca, felu, gcnet",
        ),
        (["paper", "eca", "--speed", "--device", "cpu", "--dtype", "float32", "--dtype", "float64"], "a table of "),
        (["paper", "senet", "--table", "1"], "senet has no table 1 that can be printed; choose from 2, 3, 10, 13, 15"),
    ],
)
def test_what_does_not_go_together_is_refused(
    attnbench: Callable[..., Finished], arguments: list[str], message: str
) -> None:
    """One line that says what to write, and status 2."""
    finished = attnbench(*arguments)
    assert finished.status == 2
    assert finished.err.startswith(f"attnbench: {message}")


@pytest.mark.parametrize("paper", ["felu", "gcnet", "psk", "senet"])
def test_as_published_times_nothing(attnbench: Callable[..., Finished], paper: str) -> None:
    """A table of speeds stands there as it was printed."""
    number = {"felu": 4, "gcnet": 1, "psk": 4, "senet": 0}[paper]
    finished = attnbench("paper", paper, "--table", number, "--as-published")
    assert finished.status == 0
    assert ", as published\n" in finished.out.splitlines(keepends=True)[0]


def test_accuracies_are_printed_with_their_contradictions(attnbench: Callable[..., Finished]) -> None:
    """FeLU's Table 1, where Leaky ReLU's C is above its D."""
    finished = attnbench("paper", "felu", "--table", "1")
    assert "| FeLU       | 97.89 | 98.01 | 97.92 | 98.16 |" in finished.out
    assert "A contradiction in print: Leaky ReLU's C, 97.97, is above its D, 97.73" in finished.out
