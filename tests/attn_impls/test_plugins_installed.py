"""Entry points: packages that bring implementations when they are installed."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import warnings
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from attn_impls import builtin, plugins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNTER = itertools.count()

GATE = '''
    import torch
    from attn_impls import gate

    @gate("installed/one")
    class One(torch.nn.Identity):
        """Passes through."""

    @gate("installed/two")
    class Two(torch.nn.Identity):
        """Passes through."""
'''


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return what installs a package: its source -> the name of its module, never used before."""
    monkeypatch.syspath_prepend(tmp_path)

    def to_path(source: str, entry: str = "") -> str:
        name = f"installed_plugin_{next(COUNTER)}"
        (tmp_path / f"{name}.py").write_text(dedent(source))
        folder = tmp_path / f"{name}-1.5.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
        (folder / "entry_points.txt").write_text(f"[attnbench.attention]\nmine = {name}{entry}\n")
        return name

    return to_path


def added() -> list[str]:
    """Return the names that installed packages add; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return list(plugins.with_installed(builtin()).specs)[len(builtin().specs) :]


def test_a_module_is_an_entry_point(install: Callable[..., str]) -> None:
    """All that it describes is there."""
    install(GATE)
    assert added() == ["installed/one", "installed/two"]


def test_a_class_is_an_entry_point(install: Callable[..., str]) -> None:
    """It alone is there."""
    install(GATE, entry=":Two")
    assert added() == ["installed/two"]


def test_named_besides_it_is_not_taken_twice(install: Callable[..., str]) -> None:
    """An installed package may be named with --plugin too."""
    name = install(GATE)
    registry = plugins.load(plugins.with_installed(builtin()), (name,))
    assert list(registry.specs)[-2:] == ["installed/one", "installed/two"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import nonesuch", "{name}: ModuleNotFoundError: No module named 'nonesuch'"),
        ("X = 1", "{name}: describes no implementation"),
        (GATE.replace("installed/two", "se"), "{file}, line 9: the implementation name 'se' is taken; choose another"),
    ],
)
def test_a_broken_package_is_left_out(install: Callable[..., str], tmp_path: Path, source: str, reason: str) -> None:
    """All of it, with a warning that names the distribution and the remedy; others are not."""
    name = install(source)
    install(GATE.replace("installed/", "other/"))
    with pytest.warns(plugins.PluginWarning) as caught:
        registry = plugins.with_installed(builtin())
    assert list(registry.specs) == [*builtin().specs, "other/one", "other/two"]
    why = reason.format(name=name, file=tmp_path / f"{name}.py")
    assert [str(each.message) for each in caught] == [
        f"the implementations of {name} 1.5 are left out: {why}; update it, or: pip uninstall {name}"
    ]


def test_help_imports_no_entry_point(install: Callable[..., str], tmp_path: Path) -> None:
    """What is installed costs those who ask for it: ``list`` shows it, ``--help`` does not import it."""
    name = install(GATE)
    program = (
        "import sys\nfrom attnbench.cli.main import main\n"
        f"try: main(sys.argv[1:])\nfinally: print({name!r} in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}

    def lines(argument: str) -> list[str]:
        command = [sys.executable, "-c", program, argument]
        finished = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return finished.stdout.splitlines()

    assert lines("--help")[-1] == "False"
    listed = lines("list")
    assert listed[-1] == "True"
    assert any(line.split()[:1] == ["installed/two"] for line in listed)
