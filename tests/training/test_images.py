from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from bench.errors import UsageError
from training.datasets import DATASETS
from training.finding import find
from training.images import fake, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_images_of_a_plan(tmp_path: Path, idx_files: Callable[[Path], Path]) -> None:
    """As tensors that can be written to."""
    idx_files(tmp_path)
    found = find("fashion-mnist", tmp_path)
    assert found is not None
    images = load("fashion-mnist", train=False, digest=found.digest(), folder=tmp_path)
    assert (images.images.shape, images.images.dtype) == ((4, 1, 28, 28), torch.uint8)
    assert images.labels.tolist() == [0, 1, 2, 3]
    assert len(images) == 4


def test_other_files_than_those_of_the_plan(tmp_path: Path, idx_files: Callable[[Path], Path]) -> None:
    """What was measured with one file is not gone on with another."""
    idx_files(tmp_path)
    with pytest.raises(
        UsageError, match=r"^fashion-mnist had the digest 0123 when the run was planned, and here is \w+; put"
    ):
        load("fashion-mnist", train=False, digest="0123", folder=tmp_path)
    with pytest.raises(UsageError, match=r"here is nothing; put those files back, or start another run$"):
        load("cifar10", train=False, digest="0123", folder=tmp_path)


def test_made_up_images_are_as_many_as_the_real_ones() -> None:
    """The same every time, other ones to test with."""
    train, again = (fake(DATASETS["digits"], train=True) for _ in range(2))
    test = fake(DATASETS["digits"], train=False)
    assert (train.images.shape, test.images.shape) == ((1437, 1, 8, 8), (360, 1, 8, 8))
    assert torch.equal(train.images, again.images)
    assert not torch.equal(train.images[:360], test.images)
    assert sorted(set(train.labels.tolist())) == list(range(10))
