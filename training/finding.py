"""Data sets on this machine: found, incomplete or missing; read, checked and downloaded."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bench.errors import UsageError

from .datasets import DATASETS, dataset
from .layouts import AGAIN, Arrays, Idx

if TYPE_CHECKING:
    from pathlib import Path

    from .datasets import DataSet

#: Of the digest that records have, so that a line stays readable; 64 bits tell apart what is not forged.
DIGEST_DIGITS = 16


class FakeDataWarning(UserWarning):
    """Made-up images stand in for a data set; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A data set whose files are all there."""

    dataset: DataSet
    place: Path
    """The folder that has them."""

    def read(self, *, train: bool) -> Arrays:
        """Read the images to train or to test with, and check them.

        Raises:
            UsageError: a file is damaged, or has other images or classes than the data set.

        """
        arrays = self.dataset.layout.read(self.place, train=train)
        expected = (self.dataset.channels, self.dataset.size, self.dataset.size)
        if arrays.images.shape[1:] != expected or not len(arrays.images):
            words = "×".join(map(str, arrays.images.shape))
            msg = f"{self.place} has {words} numbers, and images of {self.dataset.name} are {_times(expected)}; {AGAIN}"
            raise UsageError(msg)
        highest = int(arrays.labels.max())
        if highest >= self.dataset.classes or int(arrays.labels.min()) < 0:
            msg = (
                f"{self.place} has the label {highest}, and {self.dataset.name} has {self.dataset.classes} classes "
                f"(0 to {self.dataset.classes - 1}); {AGAIN}"
            )
            raise UsageError(msg)
        return arrays

    def digest(self) -> str:
        """Return a digest of all images and labels, however their files are compressed.

        Raises:
            UsageError: as ``read`` does.

        """
        return _facts(self, self._stamps())[0]

    def _stamps(self) -> tuple[tuple[str, int, int], ...]:
        """Return what tells files from those that lay here before."""
        files = sorted(file for file in self.place.iterdir() if file.is_file())
        return tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)

    def counts(self) -> tuple[int, int]:
        """Return how many images there are to train with, and to test with.

        Raises:
            UsageError: as ``read`` does.

        """
        return _facts(self, self._stamps())[1]


def find(name: str, folder: Path | None = None) -> Found | None:
    """Look for a data set: below a folder, then where packages install it. None: nothing of it is there.

    Args:
        name: as in the table of data sets.
        folder: with torchvision's folders, such as ``FashionMNIST/raw``, or with the files themselves.

    Raises:
        UsageError: there is no such data set or folder, or only a part of the files is there.

    """
    wanted = dataset(name)
    if folder is not None and not folder.is_dir():
        msg = f"--data {folder}: no such folder; make it, or name the one that has the data"
        raise UsageError(msg)
    for place in wanted.layout.places(folder):
        missing = wanted.layout.missing(place)
        if not missing and not (place == folder and _is_another(Found(wanted, place))):
            return Found(wanted, place)
        if 0 < len(missing) < wanted.layout.files():
            msg = f"{place} lacks {', '.join(missing)} of {name}; {get_words(wanted, folder)}"
            raise UsageError(msg)
    return None


def as_planned(name: str, digest: str, folder: Path | None) -> Found:
    """Return the data set that a run was planned with.

    Raises:
        UsageError: it is gone, damaged, or another one.

    """
    found = find(name, folder)
    now = None if found is None else found.digest()
    if found is None or now != digest:
        msg = (
            f"{name} had the digest {digest} when the run was planned, and here is {now or 'nothing'}; "
            "put those files back, or start another run"
        )
        raise UsageError(msg)
    return found


def get_words(wanted: DataSet, folder: Path | None) -> str:
    """Return the command that gets a data set."""
    if wanted.get and (folder is None or not wanted.layout.torchvision):
        return wanted.get
    return f"attnbench data {wanted.name} --data {folder or 'DIR'} --download"


def download(name: str, folder: Path) -> Found:
    """Download a data set into torchvision's folders below ``folder``; what is there already is left alone.

    Raises:
        UsageError: it cannot be downloaded, or not now.

    """
    wanted = dataset(name)
    # A part of it, or no folder yet: there is something to do.
    with contextlib.suppress(UsageError):
        found = find(name, folder)
        if found is not None:
            return found
    if not wanted.layout.torchvision:
        msg = f"{name} is not downloaded but installed: {wanted.get}"
        raise UsageError(msg)
    from torchvision import datasets

    try:
        # What it prints is none of our data.
        with contextlib.redirect_stdout(sys.stderr):
            getattr(datasets, wanted.layout.torchvision)(folder, train=True, download=True)
    except (OSError, RuntimeError) as error:
        first = (str(error).splitlines() or ["no message"])[0]
        msg = f"{name} was not downloaded: {type(error).__name__}: {first}; try again, or copy its files to {folder}"
        raise UsageError(msg) from None
    found = find(name, folder)
    if found is None:
        msg = f"{name} was downloaded to {folder}, but is not there; name another folder"
        raise UsageError(msg)
    return found


@lru_cache(maxsize=8)
def _facts(found: Found, stamps: tuple[tuple[str, int, int], ...]) -> tuple[str, tuple[int, int]]:
    del stamps
    whole = hashlib.sha256()
    parts = [found.read(train=train) for train in (True, False)]
    for array in (array for part in parts for array in part):
        whole.update(f"{array.dtype}{array.shape}".encode())
        whole.update(array.tobytes())
    train, test = (len(part.labels) for part in parts)
    return whole.hexdigest()[:DIGEST_DIGITS], (train, test)


def _is_another(found: Found) -> bool:
    """Return whether files that lie in a folder without a name of their own are those of another data set.

    MNIST and Fashion-MNIST have the same names of files.
    """
    others = {row.digest for row in DATASETS.values() if row.digest and row.name != found.dataset.name}
    return bool(others) and isinstance(found.dataset.layout, Idx) and found.digest() in others


def _times(sizes: tuple[int, ...]) -> str:
    return "×".join(map(str, sizes))
