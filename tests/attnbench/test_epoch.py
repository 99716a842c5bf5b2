"""Promises of ``attnbench run epoch``: a run on real files, and what it refuses to go on with."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from results import load
from results.records import Batches

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Finished


def write(place: Path, seed: int) -> None:
    """Write MNIST's files with 64 images each."""
    generator = np.random.default_rng(seed)
    for part in ("train", "t10k"):
        for name, sizes in (("images-idx3", (0x0803, 64, 28, 28)), ("labels-idx1", (0x0801, 64))):
            content = generator.integers(10, size=sizes[1:], dtype=np.uint8)
            head = np.array(sizes, dtype=">u4").tobytes()
            (place / f"{part}-{name}-ubyte.gz").write_bytes(gzip.compress(head + content.tobytes()))


@pytest.mark.usefixtures("in_this_process")
def test_a_run_knows_its_data(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """It has the digest of the files, and does not go on with others."""
    data, out = tmp_path / "data", tmp_path / "run"
    data.mkdir()
    write(data, seed=0)
    asked = ("--host", "felu_net", "--impl", "se", "--recipe", "felu", "--dataset", "mnist", "--device", "cpu")
    finished = attnbench(
        *("run", "epoch", *asked, "--data", data, "--batch-size", "8", "--phase", "evaluation"),
        *("--threads", "1", "--budget", "0.05", "--out", out),
    )
    assert finished.status == 0
    assert "felu_net, evaluation on mnist, recipe felu, batch 8, float32, cpu" in finished.out
    run = load(out)
    assert run.plan.data == str(data)
    inputs = {case.input for case in run.plan.cases}
    assert len(inputs) == 3
    assert all(isinstance(each, Batches) and each.digest and each.images == 64 for each in inputs)
    assert (out / "epoch.csv").read_text().count("\n") == 6
    assert attnbench("run", "--resume", out).status == 0
    write(data, seed=1)
    finished = attnbench("run", "--resume", out)
    assert finished.status == 2
    assert finished.err.startswith(f"attnbench: {out}: mnist had the digest ")
    assert finished.err.endswith("; put those files back, or start another run\n")


def test_a_folder_that_is_not_there(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """It is refused before anything is measured."""
    finished = attnbench("run", "epoch", "--data", tmp_path / "nowhere", "--device", "cpu")
    assert finished.status == 2
    assert finished.err == (
        f"attnbench: --data {tmp_path}/nowhere: no such folder; make it, or name the one that has the data\n"
    )
