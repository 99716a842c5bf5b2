"""Whole sessions of pytest in a user's folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import torch

from results.codec import decode
from results.pytest_benchmark import case_of
from results.records import Complexity, FeatureMap, Measured

from .conftest import MINE

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    In = Callable[..., subprocess.CompletedProcess[str]]

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
        if x.shape[0] > 1:
            SEEN.write_text(f"{tuple(x.shape)} {torch.get_num_threads()} {'last' if last else 'first'}")
        return x * self.scale

@gate("spoils")
class Spoils(Looks):
    def forward(self, x):
        return x * float("nan")

@gate("raises")
class Raises(Looks):
    def forward(self, x):
        raise RuntimeError("there is no kernel\\nfor this")
"""
LIMITS = """
[[tool.attnbench.check.limit]]
impl = "looks"
parameters = 63
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder of a user with tests and implementations."""
    (tmp_path / "test_mine.py").write_text(MINE)
    (tmp_path / "mine.py").write_text(PLUGIN)
    return tmp_path


def names(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if "::" in line]


def test_cases_stand_beside_the_users_tests(folder: Path, in_folder: In) -> None:
    """One test a case, told apart by slot and options; -k, -m and --deselect choose from all."""
    axes = ["--host", "resnet18_cifar", "--impl", "se:reduction=8", "--impl", "looks", "--plugin", "mine.py"]
    axes += ["--slot", "block_output", "--slot", "block_output@4"]
    arguments = ("--attnbench", "--suite", "complexity", *axes, "--collect-only", "-q", "--strict-markers")
    collected = in_folder(folder, *arguments, "-W", "error")
    assert collected.returncode == 0, collected.stdout + collected.stderr
    assert names(collected.stdout) == [
        "test_mine.py::test_mine",
        "test_mine.py::test_sum",
        "attnbench::complexity[resnet18_cifar-none-1x3x32x32-100classes-float32-cpu-forward]",
        "attnbench::complexity[resnet18_cifar-se:reduction=8-block_output-1x3x32x32-100classes-float32-cpu-forward]",
        "attnbench::complexity[resnet18_cifar-se:reduction=8-block_output@4-1x3x32x32-100classes-float32-cpu-forward]",
        "attnbench::complexity[resnet18_cifar-looks-block_output-1x3x32x32-100classes-float32-cpu-forward]",
        "attnbench::complexity[resnet18_cifar-looks-block_output@4-1x3x32x32-100classes-float32-cpu-forward]",
    ]


def test_names_do_not_depend_on_the_root_folder(folder: Path, in_folder: In) -> None:
    """Below a root folder of another name, with another way to import."""
    deep = folder / "deep" / "deeper"
    deep.mkdir(parents=True)
    arguments = ("--attnbench", "--suite=complexity", "--impl=se", "--host=none", "--collect-only", "-q")
    collected = in_folder(deep, *arguments, "--rootdir", str(folder / "deep"), "--import-mode=importlib")
    assert names(collected.stdout) == ["attnbench::complexity[module-se-1x64x32x32-float32-cpu-forward]"]


def test_cases_are_chosen_as_other_tests_are(folder: Path, in_folder: In) -> None:
    """By marker, by word and by name."""
    left_out = "attnbench::complexity[module-eca-1x64x32x32-float32-cpu-forward]"
    arguments = ("--attnbench", "--suite=complexity", "--impl=se", "--impl=eca", "--impl=cbam", "--host=none")
    chosen = ("-m", "attnbench", "-k", "eca or cbam", "--deselect", left_out, "--collect-only", "-q")
    assert names(in_folder(folder, *arguments, *chosen).stdout) == [
        "attnbench::complexity[module-cbam-1x64x32x32-float32-cpu-forward]",
    ]


def test_what_is_asked_for_is_what_runs(folder: Path, in_folder: In) -> None:
    """Size, threads and memory format are those of the call; the JSON has the case, and all of it can be read."""
    file = folder / "benchmarks.json"
    axes = ["--host", "none", "--impl", "looks", "--plugin", "mine.py", "--device", "cpu", "--direction", "forward"]
    axes += ["--image-size", "16", "--batch-size", "3", "--threads", "2", "--memory-format", "channels_last"]
    arguments = (
        "--attnbench",
        "--suite",
        "latency",
        f"--benchmark-json={file}",
        "--benchmark-max-time=0.001",
        "-W",
        "error",
    )
    done = in_folder(folder, *arguments, *axes)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "seen").read_text() == "(3, 64, 16, 16) 2 last"
    text = file.read_text()
    assert "UNSERIALIZABLE" not in text
    mine, looks = json.loads(text)["benchmarks"]
    assert (mine["fullname"], mine["group"]) == (
        "test_mine.py::test_mine",
        "latency: module 3x64x16x16 float32 cpu forward",
    )
    assert looks["fullname"] == "attnbench::latency[module-looks-3x64x16x16-channels_last-float32-cpu-forward]"
    assert looks["group"] == "latency: module 3x64x16x16 channels_last float32 cpu forward"
    facts = looks["extra_info"]["attnbench"]
    case = case_of(facts["case"])
    assert case.input == FeatureMap(batch=3, channels=64, height=16, width=16, channels_last=True)
    assert (case.implementation, case.threads) == ("looks", 2)
    assert facts["size"]["parameters"] == 64
    assert {"rule": "torch", "unit": "FLOP", "total": 0, "by_operator": []} in facts["size"]["counts"]
    assert (facts["environment"]["torch"], facts["environment"]["threads"]) == (torch.__version__, 2)


def test_a_case_fails_its_test_in_one_line(folder: Path, in_folder: In) -> None:
    """What raises, what returns NaN, and what is beyond a limit; others pass, and JUnit has their figures."""
    (folder / "pyproject.toml").write_text(LIMITS)
    chosen = (
        "--host=none",
        "--impl=looks",
        "--impl=spoils",
        "--impl=raises",
        "--plugin=mine.py",
        "--direction=forward",
    )
    suites = ("--suite=complexity", "--suite=latency", "--suite=memory")
    arguments = (
        "--attnbench",
        "-m",
        "attnbench",
        "-q",
        "-W",
        "error",
        "--junit-xml=tests.xml",
        "--benchmark-max-time=0.001",
    )
    done = in_folder(folder, *arguments, *suites, *chosen)
    assert done.returncode == 1, done.stdout + done.stderr
    test = "module-{}-{}x64x32x32-float32-cpu-forward"
    failures = done.stdout.partition("= FAILURES =")[2].partition("- benchmark")[0].splitlines()[1:]
    said = [(line.strip("_ "), cause) for line, cause in zip(failures[::2], failures[1::2], strict=False) if line]
    assert said == [
        (f"complexity[{test.format('looks', 1)}]", "parameters: 64, beyond the limit of 63"),
        (f"complexity[{test.format('raises', 1)}]", "RuntimeError: there is no kernel for this"),
        (f"latency[{test.format('spoils', 4)}]", "262144 of 262144 elements of result 0 are NaN"),
        (f"latency[{test.format('raises', 4)}]", "RuntimeError: there is no kernel for this"),
        (f"memory[{test.format('raises', 4)}]", "RuntimeError: there is no kernel for this"),
    ]
    assert "5 failed, 4 passed" in done.stdout
    tests = ET.parse(folder / "tests.xml").iter("testcase")  # noqa: S314 - pytest wrote it
    properties = {test.get("name"): test.find("properties/property") for test in tests}
    counted = properties[f"complexity[{test.format('spoils', 1)}]"]
    assert counted is not None
    outcome = decode(Measured, str(counted.get("value")).encode())
    assert isinstance(outcome.result, Complexity)
    assert outcome.result.parameters == 64


@pytest.mark.parametrize(
    ("options", "outcomes"),
    [
        (["-p", "no:benchmark"], {"memory": "PASSED", "latency": "SKIPPED"}),
        (["--benchmark-skip"], {"memory": "PASSED", "latency": "SKIPPED"}),
        (["--benchmark-only"], {"memory": "SKIPPED", "latency": "PASSED"}),
    ],
)
def test_options_of_pytest_benchmark_hold(
    folder: Path, in_folder: In, options: list[str], outcomes: dict[str, str]
) -> None:
    """What is timed is a benchmark, what is counted is none; without pytest-benchmark nothing is timed."""
    chosen = ("--host=none", "--impl=looks", "--plugin=mine.py", "--direction=forward")
    suites = ("--suite=memory", "--suite=latency")
    maximum = () if "no:benchmark" in options else ("--benchmark-max-time=0.001",)
    done = in_folder(folder, "--attnbench", "-m", "attnbench", "-v", *suites, *chosen, *options, *maximum)
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("attnbench::")]
    assert {name.removeprefix("attnbench::").partition("[")[0]: outcome for name, outcome, *_ in lines} == outcomes


def test_a_wrong_option_ends_the_session_in_one_line(folder: Path, in_folder: In) -> None:
    """Before a test runs, with the exit status of a wrong command line."""
    done = in_folder(folder, "--attnbench", "--impl", "nope")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.strip() == (
        "ERROR: unknown implementation 'nope'; what attnbench does not have comes with --plugin FILE.py. "
        "All: attnbench list"
    )
    assert "passed" not in done.stdout
