"""Reading a run executes nothing that it names; going on with it executes what it has measured, or is told to trust."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from attnbench import run as measure
from attnbench.trusting import refuse_strange_plugins
from bench.errors import UsageError
from results import load
from results.seals import sealed

from .local_worker import measure_here

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.attnbench.conftest import Finished

PLUGIN = """
import pathlib, torch
from attn_impls import gate

with pathlib.Path(__file__).with_name("imported").open("a") as file:
    file.write("!")

@gate("planted")
class Planted(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(channels, 1, 1))
    def forward(self, x):
        return x * self.scale
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    measure_here(monkeypatch)
    monkeypatch.setattr("attnbench.audit_before.plugin_warnings", lambda *_, **__: ())


def measured(plugin: str | Path, folder: Path) -> Path:
    """Measure the plug-in's gate, and return the folder of the run."""
    chosen: dict[str, Any] = {"plugins": [plugin], "impls": ["planted"], "hosts": ["none"], "directions": ["forward"]}
    measure("latency", devices=["cpu"], budget_s=0.02, out=folder, progress=False, **chosen)
    return folder


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """Write a plug-in that leaves a file when it is imported."""
    file = tmp_path / "planted.py"
    file.write_text(PLUGIN)
    return file


@pytest.fixture
def run(plugin: Path, tmp_path: Path) -> Path:
    """Measure it, and forget that it was imported."""
    folder = measured(plugin, tmp_path / "run")
    (tmp_path / "imported").unlink()
    return folder


@pytest.mark.parametrize(
    "arguments",
    [("report",), ("report", "--format", "csv"), ("compare",), ("history",), ("export", "--pytest-benchmark")],
)
def test_reading_a_run_executes_nothing(
    attnbench: Callable[..., Finished], run: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Whatever is printed of it: what it names is not imported."""
    command, *options = arguments
    runs = (run, run) if command == "compare" else (run,)
    finished = attnbench(command, *runs, *options)
    assert finished.status == 0, finished.err
    assert not (tmp_path / "imported").exists()


def test_a_run_says_which_bytes_it_has_executed(run: Path, plugin: Path) -> None:
    """One digest for each file."""
    (file,) = load(run).plugin_files
    assert (file.plugin, file.path) == (str(plugin), str(plugin))
    assert file.sha256 == sha256(PLUGIN.encode()).hexdigest()


def test_an_edited_plugin_is_not_executed(
    attnbench: Callable[..., Finished], run: Path, plugin: Path, tmp_path: Path
) -> None:
    """One line names the file and what to do; with --trust it is executed, measured, and known from then on."""
    plugin.write_text(PLUGIN + "# edited\n")
    finished = attnbench("run", "--resume", run)
    assert (finished.status, finished.out) == (2, "")
    assert finished.err == (
        f"attnbench: {plugin} is not the file that {run} has measured; "
        "look at it, and go on with it as it is: --trust; or start another run\n"
    )
    assert not (tmp_path / "imported").exists()
    assert attnbench("run", "--resume", run, "--trust").status == 0
    assert load(run).plugin_files[0].sha256 == sha256(plugin.read_bytes()).hexdigest()
    assert attnbench("run", "--resume", run).status == 0


def test_a_plugin_that_a_run_knows_no_digest_of_is_not_executed(
    attnbench: Callable[..., Finished], run: Path, tmp_path: Path
) -> None:
    """Whoever wrote the plug-in's name into the file may not have measured it."""
    header = json.loads((run / "run.json").read_text())
    del header["digest"], header["plugin_files"]
    (run / "run.json").write_bytes(sealed(json.dumps(header).encode()))
    finished = attnbench("run", "--resume", run)
    assert finished.status == 2
    assert "does not say which" in finished.err
    assert finished.err.count("\n") == 1
    assert not (tmp_path / "imported").exists()


def test_an_edit_between_comparing_and_importing_is_not_executed(
    attnbench: Callable[..., Finished],
    run: Path,
    plugin: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is executed are the bytes that were hashed."""
    plugin.write_text(PLUGIN + "# edited\n")
    monkeypatch.setattr("attnbench.resuming.refuse_other_plugins", lambda *_: None)
    finished = attnbench("run", "--resume", run)
    assert finished.status == 2
    assert f"{plugin} was edited meanwhile, and was not run; try again" in finished.err
    assert not (tmp_path / "imported").exists()


def test_all_files_of_a_package_count(
    attnbench: Callable[..., Finished], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plug-in that is named as a module is found without importing it, and so are its other files."""
    package = tmp_path / "package_to_trust"
    package.mkdir()
    (package / "__init__.py").write_text("from .gates import Planted")
    (package / "gates.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        run = measured(package.name, tmp_path / "run")
        assert [file.path for file in load(run).plugin_files] == [
            str(package / "__init__.py"),
            str(package / "gates.py"),
        ]
    finally:
        for name in (package.name, f"{package.name}.gates"):
            sys.modules.pop(name, None)
    (package / "imported").unlink()
    (package / "gates.py").write_text(PLUGIN + "# edited\n")
    finished = attnbench("run", "--resume", run)
    assert finished.status == 2
    assert f"{package / 'gates.py'} is not the file that {run} has measured" in finished.err
    assert package.name not in sys.modules
    assert not (package / "imported").exists()


def test_a_new_run_trusts_what_it_is_given() -> None:
    """The option would say nothing."""
    with pytest.raises(UsageError, match="--trust goes with --resume"):
        measure("latency", trust=True)


def test_a_baseline_names_no_strange_file_to_be_executed(run: Path, plugin: Path, tmp_path: Path) -> None:
    """A plug-in of the tree is what is checked, changed or not; one outside has to be what was measured."""
    tree, baseline = tmp_path / "tree", load(run)
    refuse_strange_plugins(baseline, "laptop", tree)
    plugin.write_text(f"{PLUGIN}# changed")
    refuse_strange_plugins(baseline, "laptop", tmp_path)
    with pytest.raises(UsageError, match="is not the file that the baseline 'laptop' has measured; name it yourself"):
        refuse_strange_plugins(baseline, "laptop", tree)
    assert not (tmp_path / "imported").exists()
