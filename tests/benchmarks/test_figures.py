"""benchmarks/figures.py: what a command printed replaces the text of its figure in docs/figures.md, nothing else."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import figures
import pytest
from figures import DOCUMENT, FIGURES, NOTHING, PROGRAMS, Figure, FigureError, retake

CHECKOUT = Path(figures.__file__).parents[1]
BEFORE = """# Figures

Words about a figure.

<!-- figure mine -->
What an earlier commit printed.
<!-- /figure mine -->

<!-- figure other -->
Not to be touched.
<!-- /figure other -->
"""
#: Prints its arguments, and writes a file into the folder that it runs in.
FAKE = """import pathlib, sys
pathlib.Path("was-run").touch()
print("a ratio of 0.97")
print()
print("arguments:", *sys.argv[1:])
"""
TABLE = {"mine": Figure(command="python fake.py --rounds 3")}


def machine() -> str:
    return "a processor, 2 cores, torch 2.15.0"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Make a checkout with a document of two figures and a fake command."""
    document = tmp_path / DOCUMENT
    document.parent.mkdir()
    document.write_text(BEFORE)
    (tmp_path / "fake.py").write_text(FAKE)
    return tmp_path


def test_the_text_of_a_figure_is_replaced_by_what_its_command_printed(copy: Path) -> None:
    """Command, date, commit, machine, time and output stand between the markers; all the rest is as it was."""
    retake(TABLE, "mine", root=copy, machine=machine)
    after = (copy / DOCUMENT).read_text()
    before, _, rest = after.partition("<!-- figure mine -->\n")
    taken, _, other = rest.partition("<!-- /figure mine -->")
    assert before + "<!-- figure mine -->\nWhat an earlier commit printed.\n<!-- /figure mine -->" + other == BEFORE
    head, _, printed = taken.partition("\n")
    assert re.fullmatch(
        r"`python fake.py --rounds 3`: \d{4}-\d\d-\d\d, commit unknown, a processor, 2 cores, torch 2.15.0; "
        r"took \d+\.\d s\.",
        head,
    )
    assert printed == "\n    a ratio of 0.97\n\n    arguments: --rounds 3\n"


def test_options_are_added_to_the_command_and_printed_with_it(copy: Path) -> None:
    """Whoever reads the figure sees how it was taken."""
    retake(TABLE, "mine", ["--threads", "1"], root=copy, machine=machine)
    after = (copy / DOCUMENT).read_text()
    assert "`python fake.py --rounds 3 --threads 1`: " in after
    assert "    arguments: --rounds 3 --threads 1\n" in after


def test_a_figure_can_be_taken_again_and_again(copy: Path) -> None:
    """The markers are still there, once each."""
    retake(TABLE, "mine", ["first"], root=copy, machine=machine)
    retake(TABLE, "mine", ["second"], root=copy, machine=machine)
    after = (copy / DOCUMENT).read_text()
    assert "    arguments: --rounds 3 second\n" in after
    assert "first" not in after


def test_the_commit_is_named_with_whether_files_differ_from_it(copy: Path) -> None:
    """A figure that was taken before does not count as a change, another file does."""

    def git(*arguments: str) -> None:
        names = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        command = ("git", "-C", str(copy), *names, *arguments)
        subprocess.run(command, check=True, capture_output=True)

    (copy / "was-run").touch()
    git("init")
    git("add", ".")
    git("commit", "--message", "all")
    retake(TABLE, "mine", root=copy, machine=machine)
    retake(TABLE, "mine", root=copy, machine=machine)
    assert re.search(r", commit `[0-9a-f]{12}`, a processor", (copy / DOCUMENT).read_text())
    (copy / "fake.py").write_text(FAKE + "\n")
    retake(TABLE, "mine", root=copy, machine=machine)
    assert re.search(r", commit `[0-9a-f]{12}` with changes, a processor", (copy / DOCUMENT).read_text())


def test_a_command_that_fails_leaves_the_document_as_it_was(copy: Path) -> None:
    """Half of what it should have printed is no figure; the error shows it."""
    (copy / "fake.py").write_text("print('half')\nraise SystemExit(3)\n")
    with pytest.raises(FigureError, match=r"python fake\.py --rounds 3 ended with status 3(.|\n)*half"):
        retake(TABLE, "mine", root=copy, machine=machine)
    assert (copy / DOCUMENT).read_text() == BEFORE


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("no markers", id="none"),
        pytest.param("<!-- figure mine -->", id="no-end"),
        pytest.param(f"{BEFORE}{BEFORE}", id="twice"),
        pytest.param("<!-- /figure mine --><!-- figure mine -->", id="wrong-order"),
    ],
)
def test_without_a_place_for_its_figure_no_command_runs(copy: Path, text: str) -> None:
    """It may take minutes, and what it printed would be lost."""
    (copy / DOCUMENT).write_text(text)
    with pytest.raises(FigureError, match="needs <!-- figure mine --> and <!-- /figure mine --> once each"):
        retake(TABLE, "mine", root=copy, machine=machine)
    assert not (copy / "was-run").exists()
    assert (copy / DOCUMENT).read_text() == text


def test_an_unknown_figure_is_refused_with_those_that_there_are(copy: Path) -> None:
    """The error names the valid values."""
    with pytest.raises(FigureError, match="unknown figure 'yours'; choose from mine"):
        retake(TABLE, "yours", root=copy, machine=machine)


def test_only_the_lines_that_are_the_figure_are_kept(copy: Path) -> None:
    """Of a long report its sums; of a command whose time alone is the figure, nothing."""
    retake({"mine": Figure(command="python fake.py", kept="ratio")}, "mine", root=copy, machine=machine)
    assert " s.\n\n    a ratio of 0.97\n<!-- /figure mine -->" in (copy / DOCUMENT).read_text()
    retake({"mine": Figure(command="python fake.py", kept=NOTHING)}, "mine", root=copy, machine=machine)
    assert re.search(r"took \d+\.\d s\.\n<!-- /figure mine -->", (copy / DOCUMENT).read_text())


def test_a_run_folder_is_new_and_gone_afterwards(copy: Path) -> None:
    """``--out`` refuses a folder that exists, and figures leave no runs behind."""
    (copy / "fake.py").write_text("import os, sys\nos.mkdir(sys.argv[1])\nprint(sys.argv[1])\n")
    retake({"mine": Figure(command="python fake.py RUN")}, "mine", root=copy, machine=machine)
    after = (copy / DOCUMENT).read_text()
    assert "`python fake.py RUN`: " in after
    printed = re.search(r"^    (/.*)$", after, re.MULTILINE)
    assert printed is not None
    assert not Path(printed[1]).exists()


def test_every_figure_has_a_place_in_the_document_and_every_place_a_figure() -> None:
    """What the document shows can be taken again by name."""
    text = (CHECKOUT / DOCUMENT).read_text()
    assert sorted(re.findall(r"^<!-- figure (\S+) -->$", text, re.MULTILINE)) == sorted(FIGURES)
    for name in FIGURES:
        figures.place(text, name)


@pytest.mark.parametrize("name", FIGURES)
def test_the_command_of_every_figure_exists(name: str) -> None:
    """A script that was renamed does not stay in the table."""
    program, first, *_ = shlex.split(FIGURES[name].command)
    assert program in PROGRAMS
    assert program != "python" or (CHECKOUT / first).is_file()


def test_the_list_shows_names_and_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """One figure a line."""
    figures.main(["--list"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(FIGURES)
    assert ["useful-time", "python benchmarks/useful_time.py"] in [line.split(maxsplit=1) for line in lines]


def test_an_unknown_name_on_the_command_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, and a status other than 0."""
    with pytest.raises(SystemExit) as ended:
        figures.main(["fused"])
    assert str(ended.value).startswith("figures.py: unknown figure 'fused'; choose from psk-table-2, ")
    assert capsys.readouterr().out == ""
