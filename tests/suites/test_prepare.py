from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace

from attn_impls import builtin
from bench.prepared import Counted, Timed
from results.records import Case, FeatureMap
from suites import complexity
from suites.prepare import EditedError, Preparer
from suites.registries import registry_with
from suites.selection import as_it_is_now

MAP = as_it_is_now(
    Case(suite="latency", implementation="se", source="", input=FeatureMap(batch=2, channels=16, height=4, width=4)),
    builtin(),
)

PLUGIN = '''
import torch
from attn_impls import gate

@gate("thrice")
class Thrice(torch.nn.Module):
    """Multiplies by three."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 3 * x
'''

#: Prepares pickled cases with pickled preparers, and prints the mean of what each call gives over its input.
IN_ANOTHER_PROCESS = """
import pickle, sys
for preparer, case in pickle.load(sys.stdin.buffer):
    prepared = preparer(case)
    (x,) = case.input.draw(case.dtype, case.device)
    print(round((prepared.call() / x).mean().item(), 3))
"""


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    """Write a plug-in with the gate ``thrice``."""
    file = tmp_path / "thrice.py"
    file.write_text(PLUGIN)
    return str(file)


def thrice(plugin: str) -> Case:
    return as_it_is_now(replace(MAP, implementation="thrice"), registry_with((plugin,)))


def gate_of_timm() -> Case:
    return as_it_is_now(replace(MAP, implementation="timm/eca"), registry_with(("timm",)))


@pytest.fixture(scope="module")
def in_another_process(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Send preparers and their cases to another process; return what it says of each plug-in."""
    folder = tmp_path_factory.mktemp("sent")
    for name in ("thrice.py", "thrice_as_a_module.py"):
        (folder / name).write_text(PLUGIN)
    plugins = {"file": str(folder / "thrice.py"), "module": "thrice_as_a_module", "adapter": "timm"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder / "nothing")
        cases = [thrice(plugins["file"]), thrice(plugins["module"]), gate_of_timm()]
        preparers = [Preparer((plugin,)) for plugin in plugins.values()]
        done = subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            input=pickle.dumps(list(zip(preparers, cases, strict=True))),
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    return dict(zip(plugins, map(float, done.stdout.split()), strict=True))


def test_a_plugin_that_was_edited_since_is_refused(plugin: str) -> None:
    """What was planned is not there any more: its name on other code's figures would be wrong."""
    planned = thrice(plugin)
    Path(plugin).write_text(PLUGIN.replace("3 * x", "4 * x"))
    with pytest.raises(EditedError, match="the source of 'thrice' was edited during the run; take it up with: "):
        Preparer((plugin,))(planned)


def test_a_latency_case_is_timed() -> None:
    """What is timed is the call of the case's direction."""
    prepared = Preparer()(MAP)
    assert isinstance(prepared, Timed)
    output = prepared.call()
    assert isinstance(output, torch.Tensor)
    assert output.shape == (2, 16, 4, 4)


def test_a_complexity_case_is_counted() -> None:
    """By four rules side by side."""
    prepared = Preparer()(replace(MAP, suite="complexity", input=MAP.input.with_batch(1)))
    assert isinstance(prepared, Counted)
    assert [counter.rule for counter in prepared.counters] == ["torchstat", "fvcore", "ptflops", "torch"]
    assert [each.shape for each in prepared.inputs] == [(1, 16, 4, 4)]


def test_a_plugins_case_is_prepared(plugin: str) -> None:
    """An implementation from a file is built like any other."""
    prepared = Preparer((plugin,))(thrice(plugin))
    assert isinstance(prepared, Timed)
    output = prepared.call()
    assert isinstance(output, torch.Tensor)
    assert output.shape == (2, 16, 4, 4)


def test_a_preparer_pickles() -> None:
    """It can be sent to a worker, as the names of files alone."""
    preparer = Preparer(("mine.py",))
    assert pickle.loads(pickle.dumps(preparer)) == preparer  # noqa: S301 - pickled in this line


def test_another_process_loads_the_plugins_again(in_another_process: dict[str, float]) -> None:
    """A worker that was sent a preparer builds what a plug-in describes."""
    assert in_another_process["file"] == 3


def test_another_process_imports_a_module_again(in_another_process: dict[str, float]) -> None:
    """A plug-in that is a module of the current folder is found by its name there too, with the same source."""
    assert in_another_process["module"] == 3


def test_another_process_imports_an_adapter_again(in_another_process: dict[str, float]) -> None:
    """What timm brings is planned here and built there, with weights drawn alike."""
    case = gate_of_timm()
    prepared = Preparer(("timm",))(case)
    assert isinstance(prepared, Timed)
    output = prepared.call()
    assert isinstance(output, torch.Tensor)
    (x,) = case.input.draw(case.dtype, case.device)
    assert in_another_process["adapter"] == round((output / x).mean().item(), 3)


def test_without_plugins_the_registry_is_the_built_in_one() -> None:
    """Nothing is added, nothing is lost."""
    assert registry_with(()) == builtin()


def test_any_case_can_be_counted() -> None:
    """Of a batch in half precision, one image in float32 is counted."""
    counted = complexity.count(
        replace(MAP, implementation="se:reduction=4", input=MAP.input.with_batch(8), dtype="float16"), builtin()
    )
    # SE of 16 channels, reduction 4: two biased 1x1 convolutions on one pooled pixel.
    assert counted.parameters == 16 * 4 + 4 + 4 * 16 + 16
    assert counted.total("torch") == 2 * (16 * 4 + 4 * 16)
