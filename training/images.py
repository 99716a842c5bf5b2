"""All images of a data set as one tensor of bytes: read from files, or made up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from .datasets import DataSet, dataset
from .finding import as_planned

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

#: Of made-up images: the same in every process.
FAKE_SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImages:
    """Images to train or to test with."""

    dataset: DataSet
    images: Tensor
    """[N, C, H, W], bytes."""
    labels: Tensor
    """[N], int64."""

    def __len__(self) -> int:
        return len(self.labels)


@lru_cache(maxsize=4)
def load(name: str, *, train: bool, digest: str | None, folder: Path | None = None) -> LabelledImages:
    """Return images to train or to test with, once a process.

    Args:
        name: of the data set.
        train: to train with.
        digest: of the files that a plan was made with; None: made-up images of the same number and shape.
        folder: where to look for the files.

    Raises:
        UsageError: the files are gone, damaged, or others than those of the plan.

    """
    wanted = dataset(name)
    if digest is None:
        return fake(wanted, train=train)
    found = as_planned(name, digest, folder)
    arrays = found.read(train=train)
    # A copy: what numpy reads from a file's bytes cannot be written to, and torch warns of that.
    return LabelledImages(wanted, torch.tensor(arrays.images), torch.tensor(arrays.labels))


def fake(wanted: DataSet, *, train: bool) -> LabelledImages:
    """Make up images and labels, uniformly distributed: they take as long to train with, and nothing is learned."""
    generator = torch.Generator().manual_seed(FAKE_SEED + train)
    count = wanted.images(train=train)
    shape = (count, wanted.channels, wanted.size, wanted.size)
    images = torch.randint(256, shape, dtype=torch.uint8, generator=generator)
    return LabelledImages(wanted, images, torch.randint(wanted.classes, (count,), generator=generator))
