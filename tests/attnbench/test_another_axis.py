"""Another axis is a row of the table, and its use in a suite: two files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import suites

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(suites.__file__).parent.parent
PACKAGES = ("attn_impls", "attnbench", "bench", "regression", "reporting", "results")
#: File of the product -> what is added, and before which line.
CHANGES = {
    "suites/axes.py": (
        "    plugins: tuple[str, ...] = option(",
        '    sheep: int = option("--sheep", Whole(lowest=1), default=1, words="How many sheep.")\n',
    ),
    "suites/latency.py": (
        "            dtype=dtype,",
        "            slot=str(selection.sheep),\n",
    ),
}
REFUSAL = "Invalid value for '--sheep': 0 is not in the range x>=1."
CHOSEN = ("--impl", "none", "--host", "resnet18_cifar", "--device", "cpu", "--direction", "forward")


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the suites with another axis into a folder that has the other packages as they are."""
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(ROOT / "suites", folder / "suites")
    for package in PACKAGES:
        (folder / package).symlink_to(ROOT / package)
    for file, (before, added) in CHANGES.items():
        text = (folder / file).read_text()
        assert text.count(before) == 1
        (folder / file).write_text(text.replace(before, added + before))
    return folder


@pytest.fixture
def python(changed: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what runs Python with the changed packages."""

    def finish(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(changed), *sys.path])}
        command = [sys.executable, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=changed, env=environment)

    return finish


def test_the_command_line_has_it(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """In its help and among its refusals."""
    assert "--sheep N " in python("-m", "attnbench", "run", "--help").stdout
    refused = python("-m", "attnbench", "run", "latency", "--sheep", "0")
    assert (refused.returncode, refused.stderr) == (2, f"attnbench: {REFUSAL}\n")


def test_python_has_it(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """In the signature, the docstring, and up to the cases that are planned."""
    program = (
        "import inspect, attnbench\n"
        "from attnbench.running import planned\n"
        "print(inspect.signature(attnbench.run).parameters['sheep'])\n"
        "print('sheep: How many sheep.' in attnbench.run.__doc__)\n"
        "try: attnbench.run('latency', sheep=0)\n"
        "except attnbench.UsageError as error: print(error)\n"
        "chosen = dict(impls=['none'], hosts=['resnet18_cifar'], devices=['cpu'], directions=['forward'])\n"
        "print([case.slot for case in planned(['latency'], chosen | {'sheep': 5}).plan.cases])\n"
        "print([case.slot for case in planned(['latency'], chosen).plan.cases])\n"
    )
    done = python("-c", program)
    assert done.stdout.splitlines() == ["sheep: int = 1", "True", REFUSAL, "['5']", "['1']"], done.stderr


def test_pytest_has_it(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """In its help, among its refusals, and up to the tests that are collected."""
    alone = ("-m", "pytest", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider", "--attnbench")
    chosen = (*alone, "--suite", "latency", *CHOSEN, "--collect-only", "-q", "-m", "attnbench")
    assert "--sheep=N " in python(*alone, "--help").stdout
    refused = python(*chosen, "--sheep", "0")
    assert (refused.returncode, refused.stderr.strip()) == (pytest.ExitCode.USAGE_ERROR, f"ERROR: {REFUSAL}")
    collected = python(*chosen, "--sheep", "3")
    assert collected.returncode == 0, collected.stdout + collected.stderr
    name = "latency[resnet18_cifar-none-3-4x3x32x32-100classes-float32-cpu-forward]"
    assert collected.stdout.splitlines()[0] == f"attnbench::{name}"
