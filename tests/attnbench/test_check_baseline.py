"""``attnbench baseline``, and ``attnbench check`` with ``--baseline`` and ``--limits``, as a user has them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

import attnbench as front_door
from attnbench import Check, UsageError, Verdict, measuring, running
from attnbench.check_documents import status_of
from attnbench.check_runs import measure
from bench.instruments import instruments
from bench.measure import Settings, measure_block
from bench.stopping import PrecisionOrBudget
from results.store import RunStore
from suites.prepare import Preparer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bench.events import Event
    from results.records import Run

    from .conftest import Finished

PLUGIN = """
import torch
from attn_impls import gate

@gate("mine")
class Mine(torch.nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(WIDTH, channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale[0]
"""
PROJECT = """
[tool.attnbench.check]
plugin = "mine.py"

[[tool.attnbench.check.limit]]
impl = "mine"
parameters = 64
"""
SMALL: dict[str, Any] = {
    "impls": ("mine",),
    "hosts": ("none",),
    "devices": ("cpu",),
    "batch_sizes": (1,),
    "directions": ("forward",),
    "threads": 1,
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a project with one attention and a limit, in which the user stands."""
    # It ends the search for a repository above.
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    widened(tmp_path, 1)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def widened(project: Path, width: int) -> None:
    """Write the attention with so many times the parameters that it uses."""
    (project / "mine.py").write_text(PLUGIN.replace("WIDTH", str(width)))


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure without worker processes, and without a noise floor: a test starts none and waits for nothing."""

    def carry_out(started: Run, **_: object) -> Iterator[Event]:
        build = instruments(Preparer(started.plan.plugins))
        settings = Settings(stop=PrecisionOrBudget(precision=1.0, budget_s=0.01), budget_s=0.01, seed=0)
        for block in started.plan.blocks:
            yield from measure_block(block, build, settings)

    monkeypatch.setattr(measuring, "carry_out", carry_out)
    monkeypatch.setattr(measuring, "noise_floors", lambda *_, **__: ())


def kept(attnbench: Callable[..., Finished], project: Path, *suites: str) -> None:
    """Make a baseline, and delete the run."""
    planned = running.planned(suites, SMALL | {"plugins": (str(project / "mine.py"),)})
    with RunStore.create("run", measure(planned, lambda _: None, noise=False)):
        pass
    assert attnbench("baseline", "set", "run", "--name", "laptop").status == 0
    shutil.rmtree(project / "run")


def verdicts(check: Check) -> dict[str, Verdict]:
    return {each.case.suite: each.verdict for each in check.judged}


def test_a_change_is_held_against_a_baseline(attnbench: Callable[..., Finished], project: Path) -> None:
    """Unchanged, nothing is worse; twice the parameters are. The run is gone, the baseline holds no path."""
    kept(attnbench, project, "complexity", "memory")
    assert str(project) not in (project / "results/baselines/laptop/run.json").read_text()
    same = attnbench("check", "--baseline", "laptop", "--quiet")
    assert (same.status, same.err) == (0, "")
    assert "working tree against baseline laptop" in same.out
    widened(project, 2)
    worse = attnbench("check", "--baseline", "laptop", "--quiet", "--json", "check.json")
    assert worse.status == 1, worse.err
    assert "parameters 64 -> 128" in worse.out
    (found,) = [
        each for each in json.loads((project / "check.json").read_text())["check"]["judged"] if "differences" in each
    ]
    assert (found["verdict"], found["confirmed"]) == ("worse", True)
    check = front_door.check(baseline="laptop", progress=False)
    assert verdicts(check) == {"complexity": Verdict.WORSE, "memory": Verdict.SAME}
    assert status_of(check, strict=False) == 1


def test_times_of_an_attention_alone_have_no_reference(attnbench: Callable[..., Finished], project: Path) -> None:
    """Nothing is said of them, and nothing was compared: status 4."""
    kept(attnbench, project, "latency")
    widened(project, 2)
    finished = attnbench("check", "--baseline", "laptop", "--quiet")
    assert finished.status == 4, finished.err
    assert "incomparable" in finished.out


def test_limits_need_no_base(attnbench: Callable[..., Finished], project: Path) -> None:
    """At the limit is within it."""
    within = attnbench("check", "--limits", "--quiet")
    assert within.status == 0, within.err
    assert within.out.startswith("# working tree against limits\n")
    widened(project, 2)
    check = front_door.check(limits=True, progress=False)
    assert check.base is None
    assert [(each.verdict, each.differences[0].limit) for each in check.worse] == [(Verdict.WORSE, 64)]
    assert attnbench("check", "--limits", "--quiet").status == 1


def test_a_baseline_and_limits_together_make_one_check(attnbench: Callable[..., Finished], project: Path) -> None:
    """The baseline is beyond the limit too: only the limit finds it."""
    widened(project, 2)
    kept(attnbench, project, "complexity")
    assert attnbench("check", "--baseline", "laptop", "--quiet").status == 0
    both = attnbench("check", "--baseline", "laptop", "--limits", "--quiet")
    assert both.status == 1, both.err
    assert "1 of 1 exact case is worse" in both.out


def test_baselines_are_listed_and_shown(attnbench: Callable[..., Finished], project: Path) -> None:
    """A damaged one hides no other."""
    kept(attnbench, project, "complexity")
    (project / "results/baselines/broken").mkdir()
    listed = attnbench("baseline", "list")
    assert "| laptop   | " in listed.out
    assert "results/baselines/broken: not a run" in listed.out
    assert "### 1 case\n" in attnbench("baseline", "show", "laptop").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "--baseline", "cpu"), "no baseline for 'cpu'; make one with: attnbench baseline set RUN"),
        (
            ("check", "--baseline", "cpu", "--host", "none"),
            "--baseline measures what the baseline has; leave out --host",
        ),
        (
            ("check", "--baseline", "cpu", "--against", "v1"),
            "--against and --baseline are two bases; choose one of them",
        ),
        (("check", "--limits", "--only-changed"), "--only-changed needs something to have changed from; add --against"),
        (
            ("check",),
            "nothing to compare with: name a branch, tag, commit or folder with --against, or in pyproject.toml",
        ),
        (("check", "--limits", "--impl", "nobody"), "unknown implementation 'nobody'"),
        (("baseline", "list"), "no baselines below results/baselines; make one with: attnbench baseline set RUN"),
        (("baseline", "show"), "no baseline for 'this folder'; make one with: attnbench baseline set RUN"),
        (("baseline", "set", "nowhere"), "nowhere: no such folder; give the folder of a run"),
    ],
)
@pytest.mark.usefixtures("project")
def test_what_is_refused(attnbench: Callable[..., Finished], arguments: tuple[str, ...], message: str) -> None:
    """In one line, with the remedy, and status 2."""
    finished = attnbench(*arguments)
    assert finished.status == 2
    assert finished.out == ""
    assert message in finished.err
    assert finished.err.count("\n") == 1


def test_without_limits_there_is_nothing_to_hold(attnbench: Callable[..., Finished], project: Path) -> None:
    (project / "pyproject.toml").write_text("")
    finished = attnbench("check", "--limits")
    assert (finished.status, finished.err.partition(";")[0]) == (2, "attnbench: no limits in pyproject.toml")


@pytest.mark.usefixtures("project")
def test_the_same_is_refused_from_python() -> None:
    with pytest.raises(UsageError, match="two bases"):
        front_door.check(against="v1", baseline="cpu")
    with pytest.raises(TypeError, match=r"check\(\) got an unexpected keyword argument 'impl'; did you mean 'impls'"):
        front_door.check(limits=True, impl=["se"])
