from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Finished


def write(place: Path, part: str, count: int) -> None:
    """Write two of MNIST's files."""
    for name, sizes in (("images-idx3", (0x0803, count, 28, 28)), ("labels-idx1", (0x0801, count))):
        head = np.array(sizes, dtype=">u4").tobytes()
        content = head + bytes(int(np.prod(sizes[1:])))
        (place / f"{part}-{name}-ubyte.gz").write_bytes(gzip.compress(content))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with MNIST."""
    write(tmp_path, "train", 3)
    write(tmp_path, "t10k", 2)
    return tmp_path


def test_what_is_there_and_how_to_get_the_rest(attnbench: Callable[..., Finished], folder: Path) -> None:
    """A command that can be copied, with the folder that was named."""
    finished = attnbench("data", "mnist", "cifar10", "--data", folder)
    assert (finished.status, finished.err) == (0, "")
    assert finished.out == (
        "mnist: 60000 + 10000 images of 1×28×28, 10 classes\n"
        f"  found in {folder} (digest ee014ad04a8e1ba2)\n"
        "cifar10: 50000 + 10000 images of 3×32×32, 10 classes\n"
        f"  missing; to get it: attnbench data cifar10 --data {folder} --download\n"
    )


def test_all_of_them_fit_a_terminal(attnbench: Callable[..., Finished], monkeypatch: pytest.MonkeyPatch) -> None:
    """80 columns, where nothing is installed."""
    monkeypatch.setattr("attnbench.cli.data_command.find", lambda *_: None)
    finished = attnbench("data")
    assert finished.status == 0
    lines = finished.out.splitlines()
    assert [line.partition(":")[0] for line in lines[::2]] == [
        "fashion-mnist",
        "mnist",
        "cifar10",
        "cifar100",
        "digits",
    ]
    assert lines[1] == "  missing; to get it: apt-get install dataset-fashion-mnist"
    assert lines[-1] == "  missing; to get it: pip install 'attnbench[digits]'"
    assert max(map(len, lines)) <= 80


def test_a_damaged_file(attnbench: Callable[..., Finished], folder: Path) -> None:
    """The others are listed all the same; the status says it."""
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"")
    finished = attnbench("data", "mnist", "cifar10", "--data", folder)
    assert finished.status == 1
    assert f"  damaged: {folder}/t10k-labels-idx1-ubyte.gz is no IDX file of labels; " in finished.out
    assert finished.out.splitlines()[2].startswith("cifar10: ")


@pytest.mark.parametrize("arguments", [("--download",), ("mnist", "--download"), ("--data", ".", "--download")])
def test_a_download_wants_names_and_a_folder(attnbench: Callable[..., Finished], arguments: tuple[str, ...]) -> None:
    """Nobody downloads everything by accident."""
    finished = attnbench("data", *arguments)
    assert finished.status == 2
    assert finished.err == (
        "attnbench: --download needs names and a folder: attnbench data cifar10 --data DIR --download\n"
    )


def test_help_needs_no_torch_nor_any_data(attnbench: Callable[..., Finished]) -> None:
    """It ends with two examples."""
    finished = attnbench("data", "--help")
    assert finished.status == 0
    assert "  attnbench data cifar10 --data ~/data --download\n" in finished.out
