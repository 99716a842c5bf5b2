"""The table of data sets: what their images are, and in which files they come."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from bench.errors import refuse

from .layouts import CifarBatches, Idx, InScikitLearn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .layouts import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Labelled images of one size."""

    name: str
    layout: Layout
    """How its files are named and read."""
    channels: int
    size: int
    """Height and width of an image."""
    classes: int
    train_images: int
    test_images: int
    mean: tuple[float, ...]
    """Of the training images' pixels between 0 and 1, one a channel."""
    std: tuple[float, ...]
    digest: str = ""
    """Of its published files, where others have the same names."""
    get: str = ""
    """A command that installs it, where attnbench cannot download it or need not."""

    def images(self, *, train: bool) -> int:
        """Return how many there are to train with, or to test with."""
        return self.train_images if train else self.test_images


_ROWS = (
    DataSet(
        name="fashion-mnist",
        layout=Idx("FashionMNIST", installed="/usr/share/datasets/fashion-mnist"),
        channels=1,
        size=28,
        classes=10,
        train_images=60_000,
        test_images=10_000,
        mean=(0.2860,),
        std=(0.3530,),
        digest="47f4cb73769b1ee8",
        get="apt-get install dataset-fashion-mnist",
    ),
    DataSet(
        name="mnist",
        layout=Idx("MNIST"),
        channels=1,
        size=28,
        classes=10,
        train_images=60_000,
        test_images=10_000,
        mean=(0.1307,),
        std=(0.3081,),
    ),
    DataSet(
        name="cifar10",
        layout=CifarBatches("CIFAR10"),
        channels=3,
        size=32,
        classes=10,
        train_images=50_000,
        test_images=10_000,
        mean=(0.4914, 0.4822, 0.4465),
        std=(0.2470, 0.2435, 0.2616),
    ),
    DataSet(
        name="cifar100",
        layout=CifarBatches("CIFAR100"),
        channels=3,
        size=32,
        classes=100,
        train_images=50_000,
        test_images=10_000,
        mean=(0.5071, 0.4865, 0.4409),
        std=(0.2673, 0.2564, 0.2762),
    ),
    DataSet(
        name="digits",
        layout=InScikitLearn(),
        channels=1,
        size=8,
        classes=10,
        train_images=1_437,
        test_images=360,
        mean=(0.3053,),
        std=(0.3760,),
        get="pip install 'attnbench[digits]'",
    ),
)
#: By name, in the order of lists.
DATASETS: Mapping[str, DataSet] = MappingProxyType({row.name: row for row in _ROWS})


def dataset(name: str) -> DataSet:
    """Return the data set of a name.

    Raises:
        UsageError: there is none.

    """
    if name not in DATASETS:
        refuse("data set", name, DATASETS)
    return DATASETS[name]
