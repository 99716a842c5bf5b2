"""``import attnbench``: what the command line does, from Python."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

import attnbench as front_door
import results
from attnbench import AuditWarning, StoreError, UsageError, load, report, run
from attnbench.output import from_python
from results.records import Measured

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Finished

SMALL: dict[str, Any] = {
    "impls": ["se"],
    "hosts": ["none"],
    "devices": ["cpu"],
    "batch_sizes": [2],
    "directions": ["forward"],
    "threads": 1,
    "budget_s": 0.01,
}
AS_OPTIONS = ("--impl", "se", "--host", "none", "--device", "cpu", "--batch-size", 2, "--direction", "forward")
LIMITED = ("--threads", 1, "--budget", 0.01)
PLUGIN = """
import torch
from attn_impls import gate

@gate("flat")
class Flat(torch.nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x * self.scale).mean((2, 3))
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[results.Run, Path]:
    """Measure once, from Python, into a folder."""
    folder = tmp_path_factory.mktemp("python") / "run"
    return run("complexity", "latency", out=folder, progress=False, **SMALL), folder


def test_every_name_leads_somewhere() -> None:
    """What is imported when it is used is there, and nothing else is."""
    assert sorted(front_door._PLACES) == front_door.__all__ == dir(front_door)
    assert all(getattr(front_door, name) is not None for name in front_door.__all__)
    assert issubclass(front_door.Run, results.Run)
    with pytest.raises(AttributeError, match="module 'attnbench' has no attribute 'measure'"):
        front_door.measure  # noqa: B018 - asking is the test


@pytest.mark.usefixtures("in_this_process")
def test_without_a_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every case has its outcome, the machine its noise floor; not a word without a terminal."""
    monkeypatch.chdir(tmp_path)
    found = run("latency", **SMALL)
    assert [type(outcome) for outcome in found.outcomes] == [Measured]
    assert [outcome.case for outcome in found.outcomes] == list(found.plan.cases)
    assert [(floor.device, floor.when) for floor in found.noise_floors] == [("cpu", "before"), ("cpu", "after")]
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_with_a_folder_the_run_is_written(measured: tuple[results.Run, Path]) -> None:
    """The same files as by the command line, and the run that is returned is the run in them."""
    found, folder = measured
    assert sorted(path.name for path in folder.iterdir()) == [
        *("complexity.csv", "latency.csv", "records.jsonl", "report.md", "run.json"),
    ]
    assert load(folder) == found
    assert (found.plan.budget_s, found.environment.threads) == (0.01, 1)


@pytest.mark.usefixtures("in_this_process")
def test_python_and_the_command_line_plan_the_same(
    measured: tuple[results.Run, Path], attnbench: Callable[..., Finished], tmp_path: Path
) -> None:
    """Cases, limits and suites; where a folder is given both write it."""
    found, _ = measured
    finished = attnbench("run", "complexity", "latency", *AS_OPTIONS, *LIMITED, "--quiet", "--out", tmp_path / "run")
    assert finished.status == 0, finished.err
    assert load(tmp_path / "run").plan == found.plan


@pytest.mark.usefixtures("in_this_process")
def test_a_first_look_from_python() -> None:
    """What is chosen besides is not overruled."""
    found = run("latency", quick=True, **(SMALL | {"batch_sizes": [1], "directions": [], "budget_s": None}))
    assert found.plan.budget_s == 0.1
    assert [(case.shape[0], case.direction) for case in found.plan.cases] == [(1, "forward"), (1, "forward+backward")]


@pytest.mark.parametrize(
    ("arguments", "how"),
    [
        ((), {}),
        (("--format", "csv"), {"format": "csv"}),
        (("--format", "csv", "--suite", "latency"), {"format": "csv", "suite": "latency"}),
    ],
)
def test_a_report_is_what_the_command_prints(
    measured: tuple[results.Run, Path], attnbench: Callable[..., Finished], arguments: tuple[str, ...], how: Any
) -> None:
    """Of a run and of its folder."""
    found, folder = measured
    printed = attnbench("report", folder, *arguments).out
    assert report(found, **how) == report(folder, **how) == report(str(folder), **how) == printed


def test_a_report_that_cannot_be_made_is_refused_as_by_the_command(
    measured: tuple[results.Run, Path], attnbench: Callable[..., Finished], tmp_path: Path
) -> None:
    """A suite that the run has not, a folder that is none; formats are named."""
    _, folder = measured
    for arguments, how in (
        ((folder, "--suite", "memory"), {"run_or_folder": folder, "suite": "memory"}),
        ((tmp_path / "no",), {"run_or_folder": tmp_path / "no"}),
    ):
        with pytest.raises((UsageError, StoreError)) as caught:
            report(**how)
        assert attnbench("report", *arguments).err == f"attnbench: {caught.value}\n"
    with pytest.raises(UsageError, match="unknown format 'pdf'; choose from md, html, tex, json, csv"):
        report(folder, format="pdf")


def test_a_list_is_what_the_command_prints(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """The same facts, with plug-ins too."""
    plugin = tmp_path / "flat.py"
    plugin.write_text(PLUGIN)
    for plugins, options in (((), ()), ([str(plugin)], ("--plugin", plugin))):
        listed = front_door.list(plugins)
        assert json.loads(attnbench("list", "--json", *options).out) == json.loads(json.dumps(listed))
    assert listed["implementations"][-1]["name"] == "flat"


@pytest.mark.usefixtures("in_this_process")
def test_plugins_are_audited(tmp_path: Path) -> None:
    """A fault is a warning, and on record."""
    plugin = tmp_path / "flat.py"
    plugin.write_text(PLUGIN)
    with pytest.warns(AuditWarning, match=r"flat: output shape: \[4, 64\] in place of") as caught:
        found = run("complexity", progress=False, plugins=[plugin], **(SMALL | {"impls": ["flat"]}))
    assert [f"fault: {each.message}" for each in caught] == list(found.audit)


def test_a_folder_that_exists_is_refused_as_by_the_command(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """Nothing is ever written into what was there."""
    with pytest.raises(StoreError) as caught:
        run("complexity", out=tmp_path, **SMALL)
    finished = attnbench("run", "complexity", *AS_OPTIONS, "--out", tmp_path)
    assert finished.err == f"attnbench: {caught.value}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore::results.StoreWarning", "ignore::attnbench.ResumeWarning")
def test_a_run_is_gone_on_with(measured: tuple[results.Run, Path], tmp_path: Path) -> None:
    """What it lacks is measured; what else is chosen is refused in the words of the command line."""
    _, complete = measured
    folder = tmp_path / "run"
    folder.mkdir()
    lines = (complete / "records.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "run.json").write_bytes((complete / "run.json").read_bytes())
    (folder / "records.jsonl").write_bytes(b"".join(lines[:-1]))
    found = run(resume=folder)
    assert {outcome.case for outcome in found.outcomes} == set(found.plan.cases)
    assert load(folder) == found
    for chosen, name in (({"impls": ["se"]}, "--impl"), ({"quick": True}, "--quick"), ({"out": folder}, "--out")):
        with pytest.raises(UsageError) as caught:
            run(resume=folder, **chosen)
        assert str(caught.value) == f"--resume goes on with the run as it was planned; leave out {name}"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("impl", "run() got an unexpected keyword argument 'impl'; did you mean 'impls'?"),
        ("colour", "run() got an unexpected keyword argument 'colour'"),
    ],
)
def test_an_argument_that_is_not_there(name: str, message: str) -> None:
    """It is not left out without a word."""
    chosen: dict[str, Any] = {name: ["se"]}
    with pytest.raises(TypeError) as caught:
        run("latency", **chosen)
    assert str(caught.value) == message


@pytest.mark.usefixtures("in_this_process")
def test_progress_leaves_stdout_alone(capfd: pytest.CaptureFixture[str]) -> None:
    """The tables of the command line, but where they are in nobody's way."""
    run("complexity", progress=True, **SMALL)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "| se " in printed.err
    assert "\x1b" not in printed.err


@pytest.mark.parametrize(
    ("chosen", "terminal", "notebook", "shown"),
    [
        (None, False, False, False),
        (None, True, False, True),
        (None, False, True, True),
        (True, False, False, True),
        (False, True, True, False),
    ],
)
def test_when_progress_is_shown(
    monkeypatch: pytest.MonkeyPatch, *, chosen: bool | None, terminal: bool, notebook: bool, shown: bool
) -> None:
    """As chosen; by default where somebody looks on."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if notebook:
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
    output = from_python(progress=chosen)
    assert (output.progress, output.summary) == (shown, shown)
