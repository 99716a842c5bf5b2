"""Tiny files in the formats of the real data sets."""

from __future__ import annotations

import gzip
import hashlib
import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest
from torchvision import datasets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: How many images the made files have.
TRAIN, TEST = 10, 4


def idx(array: np.ndarray) -> bytes:
    """Return an array of bytes as an IDX file."""
    sizes = np.array([0x0800 + array.ndim, *array.shape], dtype=">u4")
    return sizes.tobytes() + array.astype(np.uint8).tobytes()


def grey(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images of 28 x 28, the first pixel of each its number, and labels from 0 on."""
    images = np.zeros((count, 28, 28), dtype=np.uint8)
    images[:, 0, 0] = np.arange(count)
    return images, np.arange(count) % 10


@pytest.fixture
def idx_files() -> Callable[[Path], Path]:
    """Write the four files of Fashion-MNIST, compressed as in Debian's package."""

    def write(place: Path) -> Path:
        place.mkdir(parents=True, exist_ok=True)
        for part, count in (("train", TRAIN), ("t10k", TEST)):
            images, labels = grey(count)
            (place / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
            (place / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
        return place

    return write


@pytest.fixture
def cifar_files(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """Write the files of CIFAR-100 with three images each, whose checksums torchvision then expects."""

    def write(place: Path) -> Path:
        place.mkdir(parents=True)
        data = np.arange(3 * 3072, dtype=np.int64).astype(np.uint8).reshape(3, 3072)
        batch = {"data": data, "fine_labels": [99, 0, 7]}
        contents = {"train": batch, "test": batch, "meta": {"fine_label_names": [str(number) for number in range(100)]}}
        checksums = {}
        for name, content in contents.items():
            (place / name).write_bytes(pickle.dumps(content))
            checksums[name] = hashlib.md5((place / name).read_bytes(), usedforsecurity=False).hexdigest()
        monkeypatch.setattr(datasets.CIFAR100, "train_list", [["train", checksums["train"]]])
        monkeypatch.setattr(datasets.CIFAR100, "test_list", [["test", checksums["test"]]])
        meta = {"filename": "meta", "key": "fine_label_names", "md5": checksums["meta"]}
        monkeypatch.setattr(datasets.CIFAR100, "meta", meta)
        return place

    return write


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let Debian's package install to a folder that is not there."""
    from training.datasets import DATASETS

    place = tmp_path / "installed"
    # Frozen, as every row of a table.
    layout = DATASETS["fashion-mnist"].layout
    monkeypatch.setattr(type(layout), "places", _places(place))
    return place


def _places(installed: Path) -> object:
    from training.layouts import Idx

    original = Idx.places

    def places(self: Idx, folder: Path | None) -> object:
        found = list(original(self, folder))
        return iter([installed if str(place) == self.installed else place for place in found])

    return places
