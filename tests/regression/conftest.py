from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: A user's repository: absolute imports, a part that is imported when it is called, and one by its text.
FILES = {
    "pkg/__init__.py": "",
    "pkg/factor.py": "FACTOR = {factor}\n",
    "pkg/late.py": "from pkg.factor import FACTOR\n\n\ndef late() -> int:\n    return FACTOR\n",
    "pkg/attentions.py": """
import importlib

import torch

import helper
from attn_impls import gate
from pkg.factor import FACTOR
from . import factor


class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * FACTOR

    @staticmethod
    def backward(ctx, dy):
        from pkg.late import late

        return dy * late()


@gate("mine")
class Mine(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()

    def forward(self, x):
        return Scale.apply(x)


@gate("other")
class Other(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()

    def forward(self, x):
        import pkg.late

        assert factor.FACTOR == FACTOR == importlib.import_module("pkg.factor").FACTOR == helper.FACTOR
        return x * pkg.late.late()
""",
    "helper.py": "from pkg.factor import FACTOR\n",
}


@dataclass(frozen=True)
class Repository:
    """A git repository without anything of the user's settings."""

    root: Path

    def git(self, *arguments: str) -> str:
        """Run git there."""
        settings = ("user.name=A", "user.email=a@b.invalid", "init.defaultBranch=main", "protocol.file.allow=always")
        command = ["git", *(part for each in settings for part in ("-c", each)), "-C", str(self.root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def write(self, files: dict[str, str]) -> None:
        """Write files, and commit nothing."""
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def commit(self, files: dict[str, str]) -> str:
        """Write files and commit all, and return the commit."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def worktrees(self) -> list[str]:
        """Return the folders of the worktrees that git knows of."""
        lines = self.git("worktree", "list", "--porcelain").splitlines()
        return [line.removeprefix("worktree ") for line in lines if line.startswith("worktree ")]


@pytest.fixture
def tree() -> Callable[..., dict[str, str]]:
    """Return what gives the files of a user's repository, whose modules multiply by a number."""

    def files(factor: int, below: str = "") -> dict[str, str]:
        return {f"{below}{name}": text.replace("{factor}", str(factor)) for name, text in FILES.items()}

    return files


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return an empty repository."""
    root = tmp_path / "repository"
    root.mkdir()
    made = Repository(root)
    made.git("init", "--quiet")
    return made


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which temporary files are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


@pytest.fixture
def trees(tmp_path: Path, tree: Callable[..., dict[str, str]]) -> tuple[Path, Path]:
    """Return two versions of a user's tree without git, which multiply by 2 and by 3."""
    roots = tmp_path / "two", tmp_path / "three"
    for root, factor in zip(roots, (2, 3), strict=True):
        Repository(root).write(tree(factor))
    return roots
