from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.errors import UsageError
from training.finding import download, find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[Path], Path]

IMAGES = "train-images-idx3-ubyte.gz"
LABELS = "train-labels-idx1-ubyte.gz"
AGAIN = "remove the damaged files and get them again, see: attnbench data"


@pytest.mark.parametrize("inside", ["FashionMNIST/raw", "."])
def test_grey_images_below_the_named_folder(tmp_path: Path, idx_files: Write, inside: str) -> None:
    """In torchvision's folder or in the named one itself; images have a channel, and labels are whole numbers."""
    place = idx_files(tmp_path / "data" / inside)
    found = find("fashion-mnist", tmp_path / "data")
    assert found is not None
    assert found.place.resolve() == place.resolve()
    train, test = found.read(train=True), found.read(train=False)
    assert (train.images.shape, test.images.shape) == ((10, 1, 28, 28), (4, 1, 28, 28))
    assert train.images[:, 0, 0, 0].tolist() == list(range(10))
    assert test.labels.tolist() == [0, 1, 2, 3]
    assert test.labels.dtype.name == "int64"


def test_what_a_package_installed_is_found(nothing_installed: Path, idx_files: Write) -> None:
    """Without a named folder."""
    assert find("fashion-mnist") is None
    idx_files(nothing_installed)
    found = find("fashion-mnist")
    assert found is not None
    assert found.place == nothing_installed


def test_the_digest_is_that_of_the_images(tmp_path: Path, idx_files: Write) -> None:
    """Unpacked files are the same data; one other pixel makes others."""
    packed = idx_files(tmp_path / "packed")
    plain = tmp_path / "plain"
    plain.mkdir()
    for file in packed.iterdir():
        (plain / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    changed = idx_files(tmp_path / "changed")
    content = bytearray(gzip.decompress((changed / IMAGES).read_bytes()))
    content[-1] ^= 1
    (changed / IMAGES).write_bytes(gzip.compress(bytes(content)))
    digests = []
    for place in (packed, plain, changed):
        found = find("fashion-mnist", place)
        assert found is not None
        digests.append(found.digest())
    assert digests[0] == digests[1] != digests[2]
    assert len(digests[0]) == 16


def test_files_of_fashion_mnist_are_not_those_of_mnist(
    tmp_path: Path, idx_files: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have the same names; in a folder of torchvision's the folder tells them apart."""
    idx_files(tmp_path)
    found = find("fashion-mnist", tmp_path)
    assert found is not None
    assert find("mnist", tmp_path) is not None
    fashion = replace(found.dataset, digest=found.digest())
    monkeypatch.setattr("training.finding.DATASETS", {"fashion-mnist": fashion})
    assert find("mnist", tmp_path) is None
    assert find("fashion-mnist", tmp_path) is not None


def _refusal(tmp_path: Path) -> str:
    """Return why the files are not read, in one line."""
    with pytest.raises(UsageError) as caught:
        find("fashion-mnist", tmp_path).digest()  # type: ignore[union-attr] # they are there
    return str(caught.value).replace(str(tmp_path), "DIR")


def test_a_file_that_is_cut_off(tmp_path: Path, idx_files: Write) -> None:
    """As after a download that was interrupted."""
    file = idx_files(tmp_path) / IMAGES
    file.write_bytes(file.read_bytes()[:-20])
    assert _refusal(tmp_path).startswith(f"DIR/{IMAGES} is damaged (")
    assert _refusal(tmp_path).endswith(f"; {AGAIN}")


def test_images_that_are_cut_off(tmp_path: Path, idx_files: Write) -> None:
    """Packed again, so that the packing is sound."""
    file = idx_files(tmp_path) / IMAGES
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes())[:-20]))
    assert _refusal(tmp_path) == f"DIR/{IMAGES} is truncated: 7820 bytes instead of 7840; {AGAIN}"


def test_a_file_of_something_else(tmp_path: Path, idx_files: Write) -> None:
    """A page that says "not found" is often saved under the name of a file."""
    (idx_files(tmp_path) / LABELS).write_bytes(b"<html>not found</html>")
    assert _refusal(tmp_path).startswith(f"DIR/{LABELS} is damaged (Not a gzipped file")
    (tmp_path / LABELS).write_bytes(gzip.compress(b"<html>"))
    assert _refusal(tmp_path) == f"DIR/{LABELS} is no IDX file of labels; {AGAIN}"
    (tmp_path / LABELS).write_bytes(gzip.compress(b""))
    assert _refusal(tmp_path) == f"DIR/{LABELS} is no IDX file of labels; {AGAIN}"


def _write_labels(place: Path, labels: list[int]) -> None:
    sizes = np.array([0x0801, len(labels)], dtype=">u4").tobytes()
    (place / LABELS).write_bytes(gzip.compress(sizes + bytes(labels)))


def test_more_classes_than_there_are(tmp_path: Path, idx_files: Write) -> None:
    """Such files are of another data set, such as EMNIST."""
    _write_labels(idx_files(tmp_path), [*range(9), 10])
    assert _refusal(tmp_path) == f"DIR has the label 10, and fashion-mnist has 10 classes (0 to 9); {AGAIN}"


def test_labels_of_other_images(tmp_path: Path, idx_files: Write) -> None:
    """Each image has one label."""
    _write_labels(idx_files(tmp_path), [1, 2, 3])
    assert _refusal(tmp_path) == (
        f"DIR: train-images-idx3-ubyte has 10 images, train-labels-idx1-ubyte has 3 labels; {AGAIN}"
    )


def test_images_of_another_size(tmp_path: Path, idx_files: Write) -> None:
    """They are of another data set."""
    sizes = np.array([0x0803, 10, 14, 56], dtype=">u4").tobytes()
    (idx_files(tmp_path) / IMAGES).write_bytes(gzip.compress(sizes + bytes(7840)))
    assert _refusal(tmp_path) == f"DIR has 10×1×14×56 numbers, and images of fashion-mnist are 1×28×28; {AGAIN}"


def test_a_file_that_is_missing(tmp_path: Path, idx_files: Write) -> None:
    """A part of a data set is not the same as nothing: made-up images would not be expected there."""
    (idx_files(tmp_path) / LABELS).unlink()
    assert _refusal(tmp_path) == (
        "DIR lacks train-labels-idx1-ubyte of fashion-mnist; attnbench data fashion-mnist --data DIR --download"
    )


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    """A mistyped folder is not the same as none."""
    with pytest.raises(UsageError) as caught:
        find("mnist", tmp_path / "nowhere")
    assert str(caught.value) == (
        f"--data {tmp_path}/nowhere: no such folder; make it, or name the one that has the data"
    )


def test_a_data_set_that_is_not_known() -> None:
    """The closest name is proposed."""
    with pytest.raises(UsageError, match=r"^unknown data set 'cifar'; did you mean 'cifar10'\?"):
        find("cifar")


@pytest.mark.parametrize("inside", ["cifar-100-python", "."])
def test_cifar_below_the_named_folder(tmp_path: Path, cifar_files: Write, inside: str) -> None:
    """Channels come first, and labels are the fine ones."""
    cifar_files(tmp_path / "data" / inside)
    found = find("cifar100", tmp_path / "data")
    assert found is not None
    train = found.read(train=True)
    assert train.images.shape == (3, 3, 32, 32)
    assert train.images[0, 1, 0, :3].tolist() == [0, 1, 2]
    assert train.images[0, 0, 1, :3].tolist() == [32, 33, 34]
    assert train.labels.tolist() == [99, 0, 7]
    assert find("cifar10", tmp_path / "data") is None


def test_a_pickle_with_another_checksum_is_not_opened(tmp_path: Path, cifar_files: Write) -> None:
    """It could run anything."""
    (cifar_files(tmp_path / "data") / "test").write_bytes(b"cos\nsystem\n(S'touch opened'\ntR.")
    found = find("cifar100", tmp_path / "data")
    assert found is not None
    with pytest.raises(UsageError) as caught:
        found.read(train=True)
    assert str(caught.value).startswith(f"{tmp_path}/data/test is damaged: its checksum is not ")
    assert str(caught.value).endswith(AGAIN)


def test_cifar_without_one_of_its_files(tmp_path: Path, cifar_files: Write) -> None:
    """It is named, with the command that gets it."""
    (cifar_files(tmp_path / "data") / "meta").unlink()
    with pytest.raises(UsageError) as caught:
        find("cifar100", tmp_path / "data")
    data = f"{tmp_path}/data"
    assert str(caught.value) == f"{data} lacks meta of cifar100; attnbench data cifar100 --data {data} --download"


def test_what_is_there_is_not_downloaded(tmp_path: Path, idx_files: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written over it."""
    monkeypatch.setattr("torchvision.datasets.FashionMNIST", None)
    place = idx_files(tmp_path)
    assert download("fashion-mnist", tmp_path).place == place


def test_a_download_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, whatever torchvision says."""

    def refuse(*_: object, **__: object) -> None:
        msg = "Error downloading train-images:\nTried http://somewhere"
        raise RuntimeError(msg)

    monkeypatch.setattr("torchvision.datasets.MNIST", refuse)
    with pytest.raises(UsageError) as caught:
        download("mnist", tmp_path)
    assert str(caught.value) == (
        "mnist was not downloaded: RuntimeError: Error downloading train-images:; try again, or copy its files to "
        f"{tmp_path}"
    )


def test_digits_are_not_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They come with a package."""
    monkeypatch.setattr("training.layouts.find_spec", lambda _: None)
    assert find("digits") is None
    with pytest.raises(UsageError) as caught:
        download("digits", tmp_path)
    assert str(caught.value) == "digits is not downloaded but installed: pip install 'attnbench[digits]'"


def test_digits_of_scikit_learn() -> None:
    """8 x 8 images in 256 shades, four fifths of them to train with."""
    pytest.importorskip("sklearn")
    found = find("digits")
    assert found is not None
    train, test = found.read(train=True), found.read(train=False)
    assert (train.images.shape, test.images.shape) == ((1437, 1, 8, 8), (360, 1, 8, 8))
    assert (train.images.min(), train.images.max()) == (0, 255)
