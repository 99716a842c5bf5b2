"""``attnbench check``, in a user's own repository."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attnbench.check_documents import status_of
from bench.environment import describe
from results.check_file import read_check
from results.checks import Check, Judged, Side, Verdict
from results.records import Case, Environment, FeatureMap

if TYPE_CHECKING:
    from pathlib import Path

ATTENTIONS = """
import torch
from attn_impls import gate
from my_package.sizes import REDUCTION


@gate("mine")
class Mine(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(channels, channels // REDUCTION, 1), torch.nn.Conv2d(channels // REDUCTION, channels, 1)
        )

    def forward(self, x):
        return x * self.layers(x.mean((2, 3), keepdim=True)).sigmoid()
"""
PLUGIN = ("--plugin", "my_package.attentions", "--device", "cpu")
#: Too short to decide anything about times: what is exact decides.
SHORT = ("--budget", "0.2", "--direction", "forward")


@pytest.fixture(scope="module")
def environment() -> Environment:
    """This machine."""
    return describe(1)


@pytest.fixture
def case() -> Case:
    """Any."""
    works_on = FeatureMap(batch=2, channels=8, height=4, width=4)
    return Case(suite="latency", implementation="se", source="", input=works_on)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a package of the user's own, which is not installed."""
    root = tmp_path / "repository"
    (root / "my_package").mkdir(parents=True)
    (root / "my_package" / "__init__.py").touch()
    (root / "my_package" / "attentions.py").write_text(ATTENTIONS)
    (root / "my_package" / "sizes.py").write_text("REDUCTION = 16\n")
    for arguments in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "first")):
        git(root, *arguments)
    return root


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=A", "-c", "user.email=a@b.invalid")
    return subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout  # noqa: S607


def check(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "attnbench", "check", "--quiet", *arguments]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


def test_a_bigger_module_fails_the_job_and_is_named(repository: Path, tmp_path: Path) -> None:
    """From a shell in the repository; the module that grew is one that the plug-in imports."""
    (repository / "my_package" / "sizes.py").write_text("REDUCTION = 8\n")
    files = tmp_path / "check.json", tmp_path / "check.xml"
    done = check(repository, "--against", "main", *PLUGIN, *SHORT, "--json", str(files[0]), "--junit", str(files[1]))
    assert done.returncode == 1, done.stderr
    found = read_check(files[0])
    worse = {each.quantity for judged in found.worse for each in judged.differences}
    assert {"parameters", "bytes read"} <= worse
    assert (found.base is not None and found.base.name, found.head.name, found.head.dirty) == (
        "main",
        "working tree",
        True,
    )
    assert all(judged.confirmed for judged in found.worse)
    assert json.loads(files[0].read_text())["check_version"] == 2
    assert ET.parse(files[1]).getroot().find(".//failure") is not None  # noqa: S314 - our own file
    assert "parameters" in done.stdout
    assert len(git(repository, "worktree", "list").splitlines()) == 1
    assert not list(repository.rglob("__pycache__"))


def test_an_unchanged_tree_is_not_worse_and_has_nothing_to_measure(repository: Path) -> None:
    """With --only-changed what has the same source is exact by construction: nothing is left to compare."""
    done = check(repository, "--against", "main", "--only-changed", *PLUGIN, *SHORT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--against", "nosuch", *PLUGIN), 2, "no branch, tag, commit or folder 'nosuch'"),
        (("--against", "main"), 2, "name what it brings, as --plugin package.module"),
        (PLUGIN, 2, "nothing to compare with"),
        (("--against", "main", *PLUGIN, "--threshold", "2"), 2, "write 3% or 0.03"),
        (("--against", "main", *PLUGIN, "--impl", "mien"), 2, "did you mean 'mine'"),
    ],
)
def test_a_mistake_is_one_line(repository: Path, arguments: tuple[str, ...], status: int, words: str) -> None:
    done = check(repository, *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_side_that_cannot_be_imported(repository: Path) -> None:
    """Head's fault is a regression; base's is none, and nothing was compared."""
    (repository / "my_package" / "sizes.py").write_text("REDUCTION =\n")
    done = check(repository, "--against", "main", *PLUGIN)
    assert done.returncode == 1
    assert "head cannot be imported: my_package/sizes.py, line 1" in done.stderr
    git(repository, "commit", "-q", "-a", "-m", "broken")
    (repository / "my_package" / "sizes.py").write_text("REDUCTION = 16\n")
    done = check(repository, "--against", "main", *PLUGIN)
    assert done.returncode == 4
    assert "base cannot be imported, so nothing was compared" in done.stderr


@pytest.mark.parametrize(
    ("verdicts", "strict", "status"),
    [
        ((Verdict.SAME, Verdict.SLOWER), False, 1),
        ((Verdict.WORSE,), False, 1),
        ((Verdict.FAILED,), False, 1),
        ((Verdict.SAME, Verdict.FASTER, Verdict.BETTER, Verdict.UNDECIDED), False, 0),
        ((Verdict.SAME, Verdict.UNDECIDED), True, 3),
        ((Verdict.SAME, Verdict.INCOMPARABLE), True, 3),
        ((Verdict.NEW, Verdict.GONE, Verdict.INCOMPARABLE), False, 4),
    ],
)
def test_a_status_says_what_came_of_it(
    case: Case,
    environment: Environment,
    verdicts: tuple[Verdict, ...],
    strict: bool,  # noqa: FBT001 - a row
    status: int,
) -> None:
    made = Check(
        started_at="",
        head=Side(name="working tree"),
        environment=environment,
        threshold=0.03,
        error_rate=0.01,
        judged=tuple(Judged(case=case, verdict=verdict) for verdict in verdicts),
    )
    assert status_of(made, strict=strict) == status


def test_what_has_not_changed_is_fine(environment: Environment) -> None:
    made = Check(
        started_at="",
        head=Side(name="working tree"),
        environment=environment,
        threshold=0.03,
        error_rate=0.01,
        judged=(),
        unchanged=11,
    )
    assert status_of(made, strict=True) == 0
    assert status_of(replace(made, unchanged=0), strict=True) == 4
