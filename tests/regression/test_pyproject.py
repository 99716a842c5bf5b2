"""The table of a pyproject.toml, read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.errors import UsageError
from regression.limits import Limit, Limits
from regression.pyproject import CheckOptions, read_options
from results.records import Direction

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
[project]
name = "mine"

[tool.attnbench.check]
threshold = "3%"
budget = 10
impl = ["se", "mine/*"]
host = "none"
dtype = ["float32", "float16"]
device = "cpu"
plugin = ["mine.py", "timm"]
against = "main"
strict = true

[[tool.attnbench.check.limit]]
impl = "mine/*"
parameters = 10_000
macs = 1e9
saved_bytes = 0
overflow = 1e4

[[tool.attnbench.check.limit]]
impl = "mine/large"
host = "resnet50"
dtype = "float32"
direction = "both"
threshold = 0.05
ratio = 1.2
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    """Files of plug-ins are relative to the pyproject.toml; a share is written as a percentage or as a number."""
    assert read_options(written(tmp_path, WHOLE)) == CheckOptions(
        threshold=0.03,
        budget_s=10,
        impls=("se", "mine/*"),
        hosts=("none",),
        dtypes=("float32", "float16"),
        devices=("cpu",),
        plugins=(str(tmp_path / "mine.py"), "timm"),
        against="main",
        strict=True,
        limits=Limits(
            (
                Limit(impl="mine/*", parameters=10_000, macs=1e9, saved_bytes=0, overflow=1e4),
                Limit(
                    impl="mine/large",
                    host="resnet50",
                    dtype="float32",
                    direction=Direction.FORWARD_BACKWARD,
                    threshold=0.05,
                    ratio=1.2,
                ),
            )
        ),
    )


@pytest.mark.parametrize("text", ["", "[tool.other]\nx = 1", "[tool.attnbench.check]"])
def test_a_file_that_says_nothing(tmp_path: Path, text: str) -> None:
    """A project may have no table, and a folder no pyproject.toml."""
    assert read_options(written(tmp_path, text)) == CheckOptions()
    assert read_options(tmp_path / "none" / "pyproject.toml") == CheckOptions()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("treshold = 0.03", "unknown key in [tool.attnbench.check] of FILE, 'treshold'; did you mean 'threshold'?"),
        ("limits = 1", "unknown key in [tool.attnbench.check] of FILE, 'limits'; did you mean 'limit'?"),
        ("threshold = '3'", "FILE: [tool.attnbench.check] threshold must be a share such as \"3%\" or 0.03, not '3'"),
        ("threshold = 3", 'FILE: [tool.attnbench.check] threshold must be a share such as "3%" or 0.03, not 3'),
        ("threshold = nan", 'FILE: [tool.attnbench.check] threshold must be a share such as "3%" or 0.03, not nan'),
        ("threshold = true", 'FILE: [tool.attnbench.check] threshold must be a share such as "3%" or 0.03, not True'),
        ("budget = '10 s'", "FILE: [tool.attnbench.check] budget must be a number above 0, not '10 s'"),
        ("budget = 0", "FILE: [tool.attnbench.check] budget must be a number above 0, not 0"),
        ("impl = [1]", "FILE: [tool.attnbench.check] impl must be a text or a list of texts, not [1]"),
        ("dtype = 'fp16'", "unknown dtype in [tool.attnbench.check] of FILE, 'fp16'"),
        ("against = 1", "FILE: [tool.attnbench.check] against must be a text, not 1"),
        ("strict = 'yes'", "FILE: [tool.attnbench.check] strict must be true or false, not 'yes'"),
        ("limit = 1", "FILE: [tool.attnbench.check] limit must be an array of tables"),
        ("[tool.attnbench.check.limit]", "FILE: [tool.attnbench.check] limit must be an array of tables"),
        ("[[tool.attnbench.check.limit]]", "FILE: [tool.attnbench.check.limit] impl is missing"),
        (
            "[[tool.attnbench.check.limit]]\nimpl = 'se'\nparams = 1",
            "unknown key in [tool.attnbench.check.limit] of FILE, 'params'; did you mean 'parameters'?",
        ),
        (
            "[[tool.attnbench.check.limit]]\nimpl = 'se'\nmacs = -1",
            "FILE: [tool.attnbench.check.limit] macs must be a number from 0 on, not -1",
        ),
        (
            "[[tool.attnbench.check.limit]]\nimpl = 'se'\ndirection = 'forwards'",
            "unknown direction in [tool.attnbench.check.limit] of FILE, 'forwards'; did you mean 'forward'?",
        ),
        ("x = ", "FILE: cannot be read: Invalid value"),
    ],
)
def test_what_is_wrong_is_one_line_with_file_and_key(tmp_path: Path, lines: str, message: str) -> None:
    """A name that is close is offered."""
    file = written(tmp_path, f"[tool.attnbench.check]\n{lines}\n")
    with pytest.raises(UsageError) as refused:
        read_options(file)
    assert str(refused.value).startswith(message.replace("FILE", str(file)))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.attnbench.chek]", "unknown key in [tool.attnbench] of FILE, 'chek'; did you mean 'check'?"),
        ("[tool]\nattnbench = 1", "FILE: [tool] attnbench must be a table: write [tool.attnbench]"),
        ("tool = 1", "FILE: tool must be a table: write [tool]"),
    ],
)
def test_what_stands_around_the_table_is_read_strictly_too(tmp_path: Path, text: str, message: str) -> None:
    """A misspelt table would otherwise be no table."""
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        read_options(file)
    assert str(refused.value).startswith(message.replace("FILE", str(file)))


def test_a_file_that_is_no_utf8(tmp_path: Path) -> None:
    """TOML is; the message is one line."""
    file = tmp_path / "pyproject.toml"
    file.write_bytes(b"x = '\xff'")
    with pytest.raises(UsageError, match="cannot be read"):
        read_options(file)
