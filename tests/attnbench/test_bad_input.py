from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.attnbench.conftest import Finished


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--impl", "sk/sofmax"],
            "unknown implementation 'sk/sofmax'; did you mean 'sk/softmax'? All: attnbench list",
        ),
        (
            ["--host", "resnet"],
            "unknown backbone 'resnet'; did you mean 'resnet50'? All: attnbench list",
        ),
        (["latencies"], "unknown suite 'latencies'; did you mean 'latency'? choose from complexity, latency"),
        (
            ["--dtype", "fp12"],
            "unknown dtype 'fp12'; choose from float32, bfloat16, float16, float64",
        ),
        (["--device", "gpu"], "unknown device 'gpu'; did you mean 'cuda'? choose from cpu, cuda, cuda:N"),
        (["--device", "cuda:x"], "unknown device 'cuda:x'; did you mean 'cuda:N'? choose from cpu, cuda, cuda:N"),
        (["--device", "cuda:99"], "device 'cuda:99' is not there"),
        (["--direction", "sideways"], "unknown direction 'sideways'; choose from forward, backward, both"),
        (["--batch-size", "0"], "batch size 0 is not possible; give a whole number from 1 to 1000000"),
        (["--batch-size", "x"], "Invalid value for '--batch-size': 'x' is not a valid integer"),
        (["--budget", "0"], "Invalid value for '--budget'"),
        (["--budget", "nan"], "a budget of nan is not possible; give a number above 0"),
        (["--plugin", "missing.py"], "missing.py: no such file; --plugin takes the path of a Python file"),
        (["--frobnicate"], "No such option"),
        (["--budget", "1", "--budget", "2"], "--budget is given twice; give it once"),
        (["--trust"], "--trust goes with --resume: the plug-ins of a new run are the ones that are named"),
        (["--host", "resnet50", "--slot", "block_output@4,4"], "the stage '4' is named twice in 'block_output@4,4'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    attnbench: Callable[..., Finished], tmp_path: Path, arguments: list[str], message: str
) -> None:
    """Every mistake ends in one line that names what is right, status 2, and no folder."""
    out = tmp_path / "run"
    finished = attnbench("run", "--out", out, *arguments)
    assert finished.status == 2
    assert finished.err.startswith("attnbench: ")
    assert message in finished.err
    assert finished.err.count("\n") == 1
    assert finished.out == ""
    assert not out.exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_cuda_without_a_gpu_names_the_remedy(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """Without a GPU, --device cuda is refused before anything is measured."""
    finished = attnbench("run", "--device", "cuda", "--out", tmp_path / "run")
    assert finished.status == 2
    expected = "attnbench: device 'cuda' is not there: torch sees no CUDA device on this machine; use --device cpu\n"
    assert finished.err == expected


def test_an_output_folder_that_exists_is_left_alone(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """A folder that is there is refused, whatever it holds; nothing in it changes."""
    precious = tmp_path / "run.json"
    precious.write_text("mine")
    finished = attnbench("run", "complexity", "--impl", "none", "--out", tmp_path)
    assert finished.status == 2
    assert f"{tmp_path} exists" in finished.err
    assert finished.err.count("\n") == 1
    assert precious.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_an_output_folder_that_cannot_be_made_is_refused(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """A path below a file cannot be a folder."""
    (tmp_path / "file").write_text("")
    finished = attnbench("run", "complexity", "--impl", "none", "--out", tmp_path / "file" / "run")
    assert finished.status == 2
    assert "cannot write to" in finished.err
    assert finished.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "nowhere"], "nowhere"),
        (["report", "nowhere", "--format", "md", "--format", "csv"], "--format is given twice; give it once"),
        (["import", "/dev/null"], "cannot read /dev/null: no regular file; give what pytest --benchmark-json wrote"),
        (["paper", "pks"], "unknown paper 'pks'; choose from psk"),
        (["paper", "psk", "--table", "7"], "psk has no table 7 that can be printed; choose from 2, 3, 4, 5"),
    ],
)
def test_other_commands_refuse_in_one_line_too(
    attnbench: Callable[..., Finished], arguments: list[str], message: str
) -> None:
    """A run, paper or table that is not there: one line, status 2."""
    finished = attnbench(*arguments)
    assert finished.status == 2
    assert message in finished.err
    assert finished.err.startswith("attnbench: ")
    assert finished.err.count("\n") == 1


def test_an_interrupt_of_a_plugins_own_is_no_signal(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """It is the plug-in's mistake, and said to be one."""
    plugin = tmp_path / "impatient.py"
    plugin.write_text("import attn_impls\nraise KeyboardInterrupt\n")
    finished = attnbench("list", "--plugin", plugin)
    assert finished.status == 2
    assert finished.err == f"attnbench: {plugin}, line 2: raises KeyboardInterrupt, with no signal\n"
