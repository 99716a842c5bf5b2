"""What everybody else's pytest pays for the plug-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

CONFTEST = """
import sys

def pytest_unconfigure():
    print("loaded:", *sys.modules)
"""
OURS = {"attn_impls", "attnbench", "bench", "regression", "reporting", "results", "suites"}
HEAVY = {"torch", "pandas", "numpy", "msgspec", "click", "rich"}


def test_a_session_without_attnbench_imports_one_file(
    tmp_path: Path, in_folder: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """The plug-in is active, and of all packages only its own file is there at the end; nothing that measures is."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_trivial.py").write_text("def test_trivial(): pass\n")
    # Plug-ins of others import what they like.
    others = ("hypothesispytest", "anyio", "timm")
    done = in_folder(tmp_path, "-q", "-s", *(f"-pno:{name}" for name in others))
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("loaded:"))
    loaded = set(line.split()[1:])
    assert {name for name in loaded if name.partition(".")[0] in OURS} == {"attnbench", "attnbench.pytest_plugin"}
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()


def test_without_the_plugin_there_is_no_option(
    tmp_path: Path, in_folder: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """``-p no:attnbench`` leaves nothing behind."""
    done = in_folder(tmp_path, "-p", "no:attnbench", "--attnbench")
    assert done.returncode == 4
    assert "unrecognized arguments: --attnbench" in done.stderr
