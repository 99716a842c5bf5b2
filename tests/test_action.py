"""The script of the action for GitHub, run by bash with an attnbench that prints its arguments."""

from __future__ import annotations

import os
import subprocess
import textwrap
from pathlib import Path

import pytest

ACTION = Path(__file__).parent.parent / "action.yml"
INPUTS = (
    *("AGAINST", "PLUGIN", "IMPL", "HOST", "DEVICE", "DTYPE", "THRESHOLD", "BUDGET"),
    *("STRICT", "JSON", "JUNIT", "MORE"),
)


def steps() -> list[str]:
    """Return the steps of the action, as they are written."""
    return ACTION.read_text(encoding="utf-8").partition("  steps:\n")[2].split("    - name: ")[1:]


def script(step: str) -> str:
    """Return what a step runs, of a step that ends with it."""
    return textwrap.dedent(step.partition("run: |\n")[2])


def compare(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the step that compares, as GitHub does, with these inputs and no others."""
    stand_in = folder / "attnbench"
    stand_in.write_text("#!/usr/bin/env bash\nprintf '%s\\0' \"$@\"\n")
    stand_in.chmod(0o755)
    file = folder / "script.sh"
    file.write_text(script(steps()[-1]))
    environment = {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        **dict.fromkeys(INPUTS, ""),
        "STRICT": "false",
        **inputs,
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=folder)


def arguments(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\0")[:-1]


def test_what_is_not_given_is_no_argument(tmp_path: Path) -> None:
    """What is left out, attnbench and the project's pyproject.toml choose."""
    assert arguments(compare(tmp_path, AGAINST="origin/main")) == ["check", "--against=origin/main"]


def test_every_input_is_passed_on(tmp_path: Path) -> None:
    """Inputs of several lines are options that are given several times, whatever ends the lines."""
    done = compare(
        tmp_path,
        AGAINST="v1",
        PLUGIN="a.py\nb.c\n",
        IMPL="se*\r\nsk/*\r\n",
        HOST="none",
        DEVICE="cuda",
        DTYPE="float32\n\nfloat16",
        THRESHOLD="3%",
        BUDGET="20",
        STRICT="true",
        JSON="check.json",
        JUNIT="check.xml",
        MORE="--only-changed\n--batch-size=8",
    )
    assert arguments(done) == [
        *("check", "--against=v1", "--plugin=a.py", "--plugin=b.c", "--impl=se*", "--impl=sk/*", "--host=none"),
        *("--device=cuda", "--dtype=float32", "--dtype=float16", "--threshold=3%", "--budget=20"),
        *("--json=check.json", "--junit=check.xml", "--only-changed", "--batch-size=8", "--strict"),
    ]


@pytest.mark.parametrize("text", ["$(touch planted)", "`touch planted`", '"; touch planted; "', "a b * ?", "-rf", "--"])
def test_no_input_is_run_or_split(tmp_path: Path, text: str) -> None:
    """A branch may have any name, and its author need not be trusted."""
    assert arguments(compare(tmp_path, AGAINST=text, IMPL=text)) == ["check", f"--against={text}", f"--impl={text}"]
    assert not (tmp_path / "planted").exists()


def test_strict_is_true_or_false(tmp_path: Path) -> None:
    """A word that is neither must not be taken for false."""
    done = compare(tmp_path, AGAINST="main", STRICT="yes")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "strict is 'yes'; write true or false\n")


def test_no_script_has_an_expression() -> None:
    """What an expression puts into a script is run as a part of it."""
    scripts = [script(step) for step in steps() if "run: |" in step]
    assert len(scripts) == 2
    assert not any("${{" in each for each in scripts)
