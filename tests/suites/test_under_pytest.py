"""The same cases under pytest: which tests ``pytest suites`` makes of its options."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import torch

import suites


def alone() -> dict[str, str]:
    """Return the environment without the mark of pytest-xdist's processes, in which nothing is benchmarked."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}


def test_options_are_those_of_attnbench_run_beside_those_of_pytest(tmp_path: Path) -> None:
    """One test a case, told apart by slot and options; ``-p`` is still pytest's own."""
    mine = tmp_path / "mine.py"
    mine.write_text("import torch, attn_impls\n@attn_impls.gate('mine')\nclass Mine(torch.nn.Identity): ...\n")
    folder = Path(suites.__file__).parent
    pytests = [str(folder / "test_complexity.py"), "--collect-only", "-q", "-p", "no:cacheprovider"]
    axes = ["--host", "resnet18_cifar", "--impl", "se:reduction=8", "--impl", "mine", "--plugin", str(mine)]
    where = ["--slot", "block_output", "--slot", "block_output@4"]
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", *pytests, *axes, *where],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder.parent,
    )
    assert collected.returncode == 0, collected.stdout + collected.stderr
    tests = [line.partition("[")[2] for line in collected.stdout.splitlines() if "[" in line]
    assert tests == [
        "resnet18_cifar-none-1x3x32x32-float32-cpu-forward]",
        "resnet18_cifar-se:reduction=8-block_output-1x3x32x32-float32-cpu-forward]",
        "resnet18_cifar-se:reduction=8-block_output@4-1x3x32x32-float32-cpu-forward]",
        "resnet18_cifar-mine-block_output-1x3x32x32-float32-cpu-forward]",
        "resnet18_cifar-mine-block_output@4-1x3x32x32-float32-cpu-forward]",
    ]


def test_extra_info_says_what_ran_and_where(tmp_path: Path) -> None:
    """In full and as JSON, defaults too: the case, its size and the machine stand beside each benchmark."""
    folder, file = Path(suites.__file__).parent, tmp_path / "benchmarks.json"
    pytests = [str(folder / "test_complexity.py"), "-q", "-p", "no:cacheprovider", f"--benchmark-json={file}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *pytests, "--host", "none", "--impl", "se:reduction=8"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder.parent,
        env=alone(),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (benchmark,) = json.loads(file.read_text())["benchmarks"]
    facts = benchmark["extra_info"]
    case = facts["case"]
    assert (case["subject"], case["implementation"], case["options"]) == (
        "module",
        "se:reduction=8",
        [["reduction", 8]],
    )
    assert case["input"] == {"batch": 1, "channels": 64, "height": 32, "width": 32, "channels_last": False}
    assert (case["dtype"], case["device"], case["direction"]) == ("float32", "cpu", "forward")
    # Two 1x1 convolutions with biases.
    assert facts["parameters"] == 2 * 64 * 8 + 8 + 64
    assert facts["multiply_adds"]["torch (FLOP)"] == 2 * (2 * 64 * 8)
    assert facts["environment"]["torch"] == torch.__version__
    assert facts["environment"]["accelerators"] == []


PLUGIN = """
import pathlib
import torch
from attn_impls import gate

SEEN = pathlib.Path(__file__).with_name("seen")

@gate("looks")
class Looks(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x):
        last = x.is_contiguous(memory_format=torch.channels_last)
        SEEN.write_text(f"{tuple(x.shape)} {torch.get_num_threads()} {'last' if last else 'first'}")
        return x * self.scale
"""


def test_what_is_asked_for_is_what_runs(tmp_path: Path) -> None:
    """Size, threads and memory format are those of the call, and stand in ``extra_info``."""
    plugin = tmp_path / "looks.py"
    plugin.write_text(PLUGIN)
    folder = Path(suites.__file__).parent
    pytests = [str(folder / "test_latency.py"), "-q", "-p", "no:cacheprovider", "--benchmark-max-time=0.001"]
    pytests += ["--benchmark-min-rounds=1", f"--benchmark-json={tmp_path / 'results.json'}"]
    axes = ["--host", "none", "--impl", "looks", "--plugin", str(plugin), "--device", "cpu", "--direction", "forward"]
    axes += ["--image-size", "16", "--batch-size", "3", "--threads", "2", "--memory-format", "channels_last"]
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", *pytests, *axes],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder.parent,
        env=alone() | {"OMP_NUM_THREADS": "1"},
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert plugin.with_name("seen").read_text() == "(3, 64, 16, 16) 2 last"
    (benchmark,) = json.loads((tmp_path / "results.json").read_text())["benchmarks"]
    facts = benchmark["extra_info"]
    assert (facts["case"]["threads"], facts["case"]["input"]["channels_last"]) == (2, True)
    assert facts["environment"]["threads"] == 2
