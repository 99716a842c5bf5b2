"""How the files of a data set are named, where they are looked for, and how they are read."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from bench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

#: IDX files of bytes with one dimension and with three.
LABELS_MAGIC, IMAGES_MAGIC = 0x0801, 0x0803


class Arrays(NamedTuple):
    """Images with their labels."""

    images: NDArray[np.uint8]
    """[N, C, H, W]"""
    labels: NDArray[np.int64]
    """[N]"""


class Layout(Protocol):
    """The files of one data set."""

    @property
    def torchvision(self) -> str:
        """The class in torchvision.datasets that downloads it; empty: none does."""

    def places(self, folder: Path | None) -> Iterator[Path]:
        """Yield where its files may lie: first below the folder that a user named, then where packages install."""

    def missing(self, place: Path) -> list[str]:
        """Return the names of the files that a place lacks."""

    def files(self) -> int:
        """Return how many files there are in all."""

    def read(self, place: Path, *, train: bool) -> Arrays:
        """Read the images to train or to test with.

        Raises:
            UsageError: a file is damaged.

        """


@dataclass(frozen=True, slots=True)
class Idx:
    """MNIST's four files, plain or as ``.gz``."""

    torchvision: str
    installed: str = ""
    """Where Debian's package puts them."""

    def places(self, folder: Path | None) -> Iterator[Path]:
        """Yield torchvision's folder, the named folder itself, and Debian's."""
        if folder is not None:
            yield folder / self.torchvision / "raw"
            yield folder
        if self.installed:
            yield Path(self.installed)

    def missing(self, place: Path) -> list[str]:
        """Return the names of the files that a place lacks."""
        names = [name for train in (True, False) for name in _idx_names(train=train)]
        return [name for name in names if _idx_file(place, name) is None]

    def files(self) -> int:
        """Return how many files there are in all."""
        return 4

    def read(self, place: Path, *, train: bool) -> Arrays:
        """Read two files."""
        import numpy as np

        names = _idx_names(train=train)
        images, labels = (
            _read_idx(place, name, magic) for name, magic in zip(names, (IMAGES_MAGIC, LABELS_MAGIC), strict=True)
        )
        if len(images) != len(labels):
            msg = f"{place}: {names[0]} has {len(images)} images, {names[1]} has {len(labels)} labels; {AGAIN}"
            raise UsageError(msg)
        return Arrays(images[:, None], labels.astype(np.int64))


@dataclass(frozen=True, slots=True)
class CifarBatches:
    """The pickled batches of CIFAR. A pickle can run code, so only files with torchvision's checksums are opened."""

    torchvision: str

    def places(self, folder: Path | None) -> Iterator[Path]:
        """Yield torchvision's folder, and the named folder itself."""
        if folder is not None:
            yield folder / {"CIFAR10": "cifar-10-batches-py", "CIFAR100": "cifar-100-python"}[self.torchvision]
            yield folder

    def missing(self, place: Path) -> list[str]:
        """Return the names of the files that a place lacks."""
        # Without torchvision: a folder that is not there is known at once.
        if not place.is_dir():
            return ["all"] * self.files()
        return [name for name, _ in self._checksums() if not (place / name).is_file()]

    def files(self) -> int:
        """Return how many files there are in all."""
        return {"CIFAR10": 7, "CIFAR100": 3}[self.torchvision]

    def read(self, place: Path, *, train: bool) -> Arrays:
        """Read the batches as torchvision does."""
        import numpy as np
        from torchvision.datasets.utils import check_integrity

        for name, checksum in self._checksums():
            if not check_integrity(place / name, checksum):
                msg = f"{place / name} is damaged: its checksum is not {checksum}; {AGAIN}"
                raise UsageError(msg)
        # Its files may lie in the named folder itself.
        reader: Any = type(self.torchvision, (self._class(),), {"base_folder": ""})
        found = reader(place, train=train)
        return Arrays(np.ascontiguousarray(found.data.transpose(0, 3, 1, 2)), np.asarray(found.targets, dtype=np.int64))

    def _class(self) -> Any:
        from torchvision import datasets

        return getattr(datasets, self.torchvision)

    def _checksums(self) -> list[tuple[str, str]]:
        known = self._class()
        return [
            *((name, checksum) for name, checksum in (*known.train_list, *known.test_list)),
            (known.meta["filename"], known.meta["md5"]),
        ]


@dataclass(frozen=True, slots=True)
class InScikitLearn:
    """The 8 x 8 digits that come with scikit-learn; the last fifth is for testing: they come in one part."""

    torchvision: str = ""

    def places(self, folder: Path | None) -> Iterator[Path]:
        """Yield the folder of the package, if it is installed."""
        del folder
        found = find_spec("sklearn")
        if found is not None and found.origin is not None:
            yield Path(found.origin).parent

    def missing(self, place: Path) -> list[str]:
        """Return nothing: what is installed is whole."""
        del place
        return []

    def files(self) -> int:
        """Return how many files there are in all."""
        return 1

    def read(self, place: Path, *, train: bool) -> Arrays:
        """Read them; 16 shades of grey become 256."""
        del place
        import numpy as np
        from sklearn.datasets import load_digits

        digits = load_digits()
        images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[:, None]
        part = slice(None, DIGITS_TO_TRAIN) if train else slice(DIGITS_TO_TRAIN, None)
        return Arrays(images[part], digits.target[part].astype(np.int64))


#: Of 1,797.
DIGITS_TO_TRAIN = 1_437
#: What mends a damaged file.
AGAIN = "remove the damaged files and get them again, see: attnbench data"


def _idx_names(*, train: bool) -> tuple[str, str]:
    part = "train" if train else "t10k"
    return f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"


def _idx_file(place: Path, name: str) -> Path | None:
    return next((file for file in (place / name, place / f"{name}.gz") if file.is_file()), None)


def _read_idx(place: Path, name: str, magic: int) -> NDArray[np.uint8]:
    import numpy as np

    file = _idx_file(place, name)
    if file is None:
        msg = f"{place / name} is gone; {AGAIN}"
        raise UsageError(msg)
    try:
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        msg = f"{file} is damaged ({error}); {AGAIN}"
        raise UsageError(msg) from None
    head = 4 * (1 + (magic & 0xFF))
    sizes = np.frombuffer(content[:head], dtype=">u4") if len(content) >= head else np.zeros(1, dtype=">u4")
    if sizes[0] != magic:
        msg = f"{file} is no IDX file of {'images' if magic == IMAGES_MAGIC else 'labels'}; {AGAIN}"
        raise UsageError(msg)
    shape = tuple(int(size) for size in sizes[1:])
    expected = int(np.prod(shape, dtype=np.int64))
    if len(content) - head != expected:
        msg = f"{file} is truncated: {len(content) - head} bytes instead of {expected}; {AGAIN}"
        raise UsageError(msg)
    return np.frombuffer(content, dtype=np.uint8, offset=head).reshape(shape)
