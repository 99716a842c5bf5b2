"""Promises of the file for a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from attnbench.asking import asked
from attnbench.sweep_file import read_sweep, write_sweep
from bench.errors import UsageError
from suites.request import Place
from suites.sweep import plan_sweep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Finished

SWEEP = """
suites = ["latency"]
impl = ["se", "cbam"]
direction = "forward"
budget = 3

[[matrix]]
host = ["resnet50_cifar"]
batch-size = [1, 8]

[[matrix]]
host = "none"
batch-size = 64

[[exclude]]
impl = "cbam"
batch-size = 8
"""


def measured(path: Path, **given: Any) -> list[tuple[str, str | None, int]]:
    """Return what a file measures on the CPU: implementation, backbone and batch of each case."""
    wanted = asked([str(path)], given, quick=False)
    _, cases, _ = plan_sweep(wanted.sweep, Place(devices=("cpu",), threads=1))
    return [(case.implementation, case.host, case.input.batch) for case in cases]


def test_matrices_and_exclusions(tmp_path: Path) -> None:
    """Each matrix has the options above it; what an exclusion matches in full is left out."""
    path = tmp_path / "sweep.toml"
    path.write_text(SWEEP)
    assert measured(path) == [
        ("none", "resnet50_cifar", 1),
        ("se", "resnet50_cifar", 1),
        ("cbam", "resnet50_cifar", 1),
        ("none", "resnet50_cifar", 8),
        ("se", "resnet50_cifar", 8),
        ("se", None, 64),
        ("cbam", None, 64),
    ]
    assert asked([str(path)], {}, quick=False).limits.budget_s == 3.0


def test_what_is_chosen_beside_a_file_comes_first(tmp_path: Path) -> None:
    """An option of the command line holds for every matrix."""
    path = tmp_path / "sweep.toml"
    path.write_text(SWEEP.partition("[[exclude]]")[0])
    assert measured(path, impls=("se",), batch_sizes=("2",)) == [
        ("none", "resnet50_cifar", 2),
        ("se", "resnet50_cifar", 2),
        ("se", None, 2),
    ]
    assert asked([str(path)], {"budget_s": "7"}, quick=False).limits.budget_s == 7.0


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """The same request, whatever is in a text."""
    path = tmp_path / "sweep.toml"
    chosen = {
        "impls": ("se,cbam:reduction=8", 'a "quoted" name'),
        "batch_sizes": ("1,8",),
        "data": "C:\\é\x7f",
        "amp": True,
    }
    write_sweep(path, ("latency", "memory"), chosen | {"budget_s": "0.5", "hosts": ()})
    assert asked([str(path)], {}, quick=False) == asked(
        ["latency", "memory"], chosen | {"budget_s": "0.5"}, quick=False
    )
    assert "host" not in path.read_text()
    with pytest.raises(UsageError, match="exists; choose another file"):
        write_sweep(path, (), {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("impl = [", "no TOML: "),
        (
            "imple = 'se'",
            "unknown key in {path}: 'imple'; did you mean 'impl'? any option of attnbench run can be a key",
        ),
        ("batch-size = 'many'", "{path}: Invalid value for '--batch-size': "),
        ("matrix = 3", "{path}: matrix is a list of tables; write [[matrix]]"),
        ("[[matrix]]\nplugin = 'timm'", "unknown key of matrix 1 in {path}: 'plugin'; "),
        ("[[exclude]]\nimpls = 'se'", "unknown key of exclude 1 in {path}: 'impls'; did you mean 'impl'? "),
        ("[[exclude]]", "{path}: exclude 1 names nothing; give it one or more of impl, host, "),
    ],
)
def test_a_mistake_in_a_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    """With the file and what would be right."""
    path = tmp_path / "sweep.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_sweep(path)
    assert message.format(path=path) in str(caught.value)


def test_an_exclusion_that_excludes_nothing_is_a_mistake(tmp_path: Path) -> None:
    """A name with a slip would measure for hours what nobody wants."""
    path = tmp_path / "sweep.toml"
    path.write_text(f"{SWEEP}\n[[exclude]]\nhost = 'resnet51*'\n")
    with pytest.raises(
        UsageError, match=r"no case is excluded by \[\[exclude\]\] host = \"resnet51\*\" \(.*sweep.toml\)"
    ):
        measured(path)


def test_save_config_measures_nothing(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """It writes the options, says what they measure, and how to measure it."""
    path = tmp_path / "sweep.toml"
    finished = attnbench(
        "run", "complexity", "--impl", "se", "--host", "resnet50_cifar", "--device", "cpu", "--save-config", path
    )
    assert (finished.status, finished.out) == (0, "")
    assert finished.err.startswith(f"Wrote {path}: 2 cases in 1 block on ")
    assert finished.err.endswith(f"Measure: attnbench run {path}\n")
    assert path.read_text().splitlines() == [
        "# attnbench run sweep.toml",
        'suites = ["complexity"]',
        'impl = ["se"]',
        'host = ["resnet50_cifar"]',
        'device = ["cpu"]',
    ]
    assert attnbench("run", "--save-config", tmp_path / "sweep.json").status == 2
