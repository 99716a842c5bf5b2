from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attnbench import run as measure
from attnbench.resuming import _refuse_elsewhere, measuring_code_differs
from bench import environment
from bench.errors import UsageError
from results import load
from results.journal import Journal
from results.records import Latency, Measured, Sampled
from results.seals import sealed
from results.store import RunStore

from .local_worker import measure_here

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.attnbench.conftest import Finished

PLUGIN = """
import torch
from attn_impls import gate

class Scale(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(channels, 1, 1))
    def forward(self, x):
        return x * self.scale

for name in ("one", "two", "three"):
    globals()[name] = gate(name)(type(name, (Scale,), {"__module__": __name__}))
"""


WRAPPED = """
import torch

class Scale(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(channels, 1, 1))
    def forward(self, x):
        return x * self.scale
"""

WRAPPING = """
import importlib.util
from pathlib import Path
from attn_impls import gate

file = max(Path(__file__).parent.glob("wrapped_*"))
spec = importlib.util.spec_from_file_location("wrapped_by_path", file)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

@gate("wrapping")
class Wrapping(module.Scale):
    pass
"""


def seal(path: Path, facts: dict[str, Any]) -> None:
    """Write the facts of a header as one that was not altered."""
    facts.pop("digest")
    path.write_bytes(sealed(json.dumps(facts).encode()))


def alone(patch: pytest.MonkeyPatch) -> None:
    """Measure without other processes, and without an audit: what is gone on with is the same."""
    measure_here(patch)
    patch.setattr("attnbench.audit_before.plugin_warnings", lambda *_, **__: ())


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    alone(monkeypatch)


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a run of three cases once."""
    plugin = tmp_path_factory.mktemp("resume") / "plugin.py"
    plugin.write_text(PLUGIN)
    folder = plugin.with_name("run")
    chosen: dict[str, Any] = {"plugins": [plugin], "impls": ["one", "two", "three"], "hosts": ["none"]}
    with pytest.MonkeyPatch.context() as patch:
        alone(patch)
        measure("latency", directions=["forward"], devices=["cpu"], budget_s=0.02, out=folder, progress=False, **chosen)
    return folder


@pytest.fixture
def interrupted(complete: Path, tmp_path: Path) -> Path:
    """Copy that run without its last outcome, as if it had been killed while it wrote that."""
    folder = tmp_path / "run"
    shutil.copytree(complete, folder)
    lines = (folder / "records.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "records.jsonl").write_bytes(b"".join(lines[:-1]) + lines[-1][:40])
    return folder


@pytest.mark.filterwarnings("ignore::results.StoreWarning")
def test_resume_measures_exactly_what_is_missing(attnbench: Callable[..., Finished], interrupted: Path) -> None:
    """A torn last line is measured again; the others stay to the letter; a second resume has nothing to do."""
    before = (interrupted / "records.jsonl").read_bytes().splitlines()[:-1]
    finished = attnbench("run", "--resume", interrupted)
    assert finished.status == 0, finished.err
    assert "1 of 3 cases are missing" in finished.err
    after = (interrupted / "records.jsonl").read_bytes().splitlines()
    assert after[:2] == before
    assert len({json.loads(line)["key"] for line in after}) == 3
    assert all(isinstance(outcome, Measured) for outcome in load(interrupted).outcomes)
    assert "0 of 3 cases are missing" in attnbench("run", "--resume", interrupted).err
    assert (interrupted / "records.jsonl").read_bytes().splitlines() == after


@pytest.mark.filterwarnings("ignore::results.StoreWarning")
def test_resume_goes_on_from_noted_samples(attnbench: Callable[..., Finished], interrupted: Path) -> None:
    """Samples that a killed process had taken count; new ones are of later rounds; the journal is tidied away."""
    missing = (set(load(interrupted).plan.cases) - {outcome.case for outcome in load(interrupted).outcomes}).pop()
    journal = Journal(interrupted)
    journal.note(Sampled(case=missing, round=7, seconds=0.125, calls=3))
    with (interrupted / "samples.jsonl").open("a") as file:
        file.write('["torn')
    attnbench("run", "--resume", interrupted)
    outcome = next(outcome for outcome in load(interrupted).outcomes if outcome.case == missing)
    assert isinstance(outcome, Measured)
    assert isinstance(outcome.result, Latency)
    samples = outcome.result.samples
    assert (samples.seconds[0], samples.calls_per_sample) == (0.125, 3)
    # New rounds: no other case of the run has samples in them, which other processes took.
    others = {
        number
        for other in load(interrupted).outcomes
        if isinstance(other, Measured) and isinstance(other.result, Latency) and other.case != missing
        for number in other.result.samples.rounds
    }
    assert samples.rounds[0] == 7
    assert others.isdisjoint(samples.rounds[1:])
    assert not (interrupted / "samples.jsonl").exists()


@pytest.mark.filterwarnings("ignore::results.StoreWarning")
def test_a_changed_implementation_is_measured_again(
    attnbench: Callable[..., Finished], complete: Path, interrupted: Path, request: pytest.FixtureRequest
) -> None:
    """Its old outcomes stay in the file, but the run is of the source as it is now, and says so."""
    plugin = complete.with_name("plugin.py")
    request.addfinalizer(lambda: plugin.write_text(PLUGIN))
    plugin.write_text(PLUGIN.replace("x * self.scale", "x * self.scale + 1"))
    finished = attnbench("run", "--resume", interrupted, "--trust")
    assert finished.status == 0, finished.err
    assert "measured again because their source has changed: one, two, three (3 cases)" in finished.err
    run = load(interrupted)
    assert len(run.outcomes) == len(run.plan.cases) == 3
    assert len((interrupted / "records.jsonl").read_text().splitlines()) == 2 + 3


@pytest.mark.filterwarnings("ignore::results.StoreWarning")
def test_a_changed_file_that_a_plugin_wraps_is_measured_again(
    attnbench: Callable[..., Finished], tmp_path: Path
) -> None:
    """Also where the plug-in loads its base class by a path that no import statement names."""
    plugin, wrapped, folder = (tmp_path / name for name in ("wraps.py", "wrapped_base.txt.py", "run"))
    wrapped.write_text(WRAPPED)
    plugin.write_text(WRAPPING)
    chosen: dict[str, Any] = {"plugins": [plugin], "impls": ["wrapping"], "hosts": ["none"]}
    measure("latency", directions=["forward"], devices=["cpu"], budget_s=0.02, out=folder, progress=False, **chosen)
    assert "0 of 1 cases are missing" in attnbench("run", "--resume", folder).err
    wrapped.write_text(WRAPPED.replace("x * self.scale", "x * self.scale + 1"))
    finished = attnbench("run", "--resume", folder)
    assert finished.status == 0, finished.err
    assert "measured again because their source has changed: wrapping (1 cases)" in finished.err


@pytest.mark.filterwarnings("ignore::results.StoreWarning")
def test_a_run_that_is_being_written_is_left_alone(attnbench: Callable[..., Finished], interrupted: Path) -> None:
    """Two processes cannot write one run."""
    with RunStore.resume(interrupted):
        finished = attnbench("run", "--resume", interrupted)
    assert finished.status == 2
    assert "being written by another process" in finished.err
    assert finished.err.count("\n") == 1


@pytest.mark.filterwarnings("ignore::results.StoreWarning")
def test_a_run_of_another_machine_is_refused(attnbench: Callable[..., Finished], interrupted: Path) -> None:
    """Samples of two processors do not belong in one run; and nothing that it names has been imported by then."""
    imported = interrupted / "imported"
    plugin = interrupted / "other.py"
    plugin.write_text(f"open({str(imported)!r}, 'w').close()")
    header = json.loads((interrupted / "run.json").read_text())
    header["environment"]["cpu"] = "Abacus 3000"
    header["plan"]["plugins"] = [str(plugin)]
    seal(interrupted / "run.json", header)
    finished = attnbench("run", "--resume", interrupted)
    assert finished.status == 2
    assert "was measured with another cpu (Abacus 3000, here " in finished.err
    assert not imported.exists()


@pytest.mark.parametrize(
    ("before", "now", "refused"), [("ieee", "tf32", True), ("tf32", "tf32", False), (None, "tf32", False)]
)
def test_a_run_in_another_precision_is_refused(tmp_path: Path, before: str | None, now: str, *, refused: bool) -> None:
    """Samples of TF32 and of full float32 do not belong in one run; a run that does not say is taken at its word."""
    was, here = (replace(environment.describe(1), float32_convolutions=each) for each in (before, now))
    expected = (
        pytest.raises(UsageError, match=r"another float32_convolutions \(ieee, here tf32\); start another run")
        if refused
        else nullcontext()
    )
    with expected:
        _refuse_elsewhere(was, here, tmp_path)


@pytest.mark.filterwarnings("ignore::results.StoreWarning")
def test_resume_listens_to_the_machine_again(attnbench: Callable[..., Finished], interrupted: Path) -> None:
    """Before and after it: what the first session found says nothing of the second. Nothing missing, none measured."""
    sides = ["before", "after"]
    assert [floor.when for floor in load(interrupted).noise_floors] == sides
    attnbench("run", "--resume", interrupted)
    assert [floor.when for floor in load(interrupted).noise_floors] == [*sides, "before", "after"]
    attnbench("run", "--resume", interrupted)
    assert [floor.when for floor in load(interrupted).noise_floors] == [*sides, "before", "after"]


@pytest.mark.filterwarnings("ignore::results.StoreWarning")
def test_a_run_of_other_measuring_code_goes_on_with_a_warning(
    attnbench: Callable[..., Finished], interrupted: Path
) -> None:
    """One line names both, also under --quiet; a run that lacks nothing has samples of one code."""
    header = json.loads((interrupted / "run.json").read_text())
    header["environment"] |= {"commit": "0123456789ab"}
    seal(interrupted / "run.json", header)
    here = environment.describe(1)
    at = f"attnbench {here.attnbench}" + (f" at {here.commit}" if here.commit else "")
    finished = attnbench("run", "--resume", interrupted, "--quiet")
    assert finished.status == 0, finished.err
    warning = (
        f"attnbench: warning: {interrupted} was measured with attnbench {here.attnbench} at 0123456789ab and goes on "
        f"with {at}: its samples are of two measuring codes"
    )
    assert warning in finished.err.splitlines()
    assert all(isinstance(outcome, Measured) for outcome in load(interrupted).outcomes)
    assert "warning" not in attnbench("run", "--resume", interrupted).err
    assert load(interrupted).resumed_with == (at,)
    assert f"Resumed with {at}." in (interrupted / "report.md").read_text()


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ("attnbench 1 at aaaa", "attnbench 1 at aaaa", ""),
        ("attnbench 1", "attnbench 1", ""),
        ("attnbench 1 at aaaa", "attnbench 1 at bbbb", "with attnbench 1 at aaaa and goes on with attnbench 1 at bbbb"),
        ("attnbench 1 at a", "attnbench 1 at a+dirty", "with attnbench 1 at a and goes on with attnbench 1 at a+dirty"),
        ("attnbench 1 at a+dirty", "attnbench 1 at a+dirty", "changes that are not committed may be others by now"),
    ],
)
def test_measuring_code_is_told_by_its_commit(before: str, now: str, words: str) -> None:
    """Equal commits are one code, unless there are changes beside them, which have no name."""
    said = measuring_code_differs(before, now)
    assert words in said
    assert bool(said) == bool(words)


def test_resume_takes_no_other_choice(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """A run is gone on with as it was planned."""
    finished = attnbench("run", "--resume", tmp_path, "--impl", "se")
    assert finished.status == 2
    assert finished.err == "attnbench: --resume goes on with the run as it was planned; leave out --impl\n"
