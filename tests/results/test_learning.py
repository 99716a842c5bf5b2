"""Promises of what several seeds say together, of who dominates whom, and of whose a checkpoint is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from results import StoreError
from results.checkpoints import checkpoint_file, read_checkpoint, write_checkpoint
from results.learning import CurvePoint, FourAccuracies, Training, four_accuracies, spread
from results.pareto import Aim, Judged, Standing, exact, judged
from results.records import Case, TrainingSet

if TYPE_CHECKING:
    from pathlib import Path

SET = TrainingSet(
    batch=8,
    channels=1,
    height=8,
    width=8,
    num_classes=10,
    dataset="digits",
    digest="4567",
    images=40,
    test_images=40,
    recipe="felu",
    settings="as it is",
    epochs=3,
    seed=0,
)
CASE = Case(suite="train", implementation="se", source="0123", host="felu_net", input=SET)


def training(*points: tuple[float, float]) -> Training:
    """Return a training with these accuracies of training and test images."""
    curve = [
        CurvePoint(train_loss=1.0, train_accuracy=train, test_loss=1.0, test_accuracy=test, seconds=1.0)
        for train, test in points
    ]
    return Training(curve=tuple(curve), seconds=1.0)


def test_the_spread_is_that_of_student() -> None:
    """Mean, standard deviation and interval of three values; one value has no interval."""
    found = spread([1.0, 2.0, 3.0])
    assert (found.mean, found.deviation, found.count) == (2.0, 1.0, 3)
    assert found.high == pytest.approx(2 + 4.303 / 3**0.5)
    assert (spread([5.0]).low, spread([5.0]).high) == (None, None)


def test_the_four_accuracies_of_felu() -> None:
    """A: mean of the last; B: mean at the epoch that trained best; C: best of the last; D: best of all."""
    found = four_accuracies(
        [training((0.5, 0.25), (1.0, 0.75), (0.75, 0.5)), training((0.5, 1.0), (1.0, 0.5), (0.5, 0.25))]
    )
    assert found == FourAccuracies(a=0.375, b=0.625, c=0.5, d=1.0)


def accuracy(value: float, half: float | None) -> Aim:
    """Return an accuracy with its interval."""
    low, high = (None, None) if half is None else (value - half, value + half)
    return Aim(value=value, low=low, high=high, larger_is_better=True)


def test_a_variant_is_dominated_only_beyond_the_intervals() -> None:
    """The second is worse than the first in all, certainly; the third may be; the fourth is smaller than all."""
    variants = [
        {"accuracy": accuracy(0.9, 0.01), "parameters": exact(10)},
        {"accuracy": accuracy(0.8, 0.01), "parameters": exact(10)},
        {"accuracy": accuracy(0.89, 0.01), "parameters": exact(11)},
        {"accuracy": accuracy(0.5, 0.01), "parameters": exact(5)},
    ]
    assert judged(variants) == [
        Judged(Standing.UNBEATEN),
        Judged(Standing.DOMINATED, 0),
        Judged(Standing.UNDECIDED, 0),
        Judged(Standing.UNBEATEN),
    ]


def test_an_accuracy_of_one_seed_dominates_nothing() -> None:
    """It has no interval."""
    variants = [
        {"accuracy": accuracy(0.9, None), "parameters": exact(10)},
        {"accuracy": accuracy(0.1, None), "parameters": exact(20)},
    ]
    assert judged(variants)[1] == Judged(Standing.UNDECIDED, 0)


def test_what_one_variant_lacks_is_not_compared() -> None:
    """By what is left the second is larger."""
    variants = [{"parameters": exact(1)}, {"parameters": exact(2), "memory": exact(1)}]
    assert judged(variants)[1] == Judged(Standing.DOMINATED, 0)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (replace(CASE, input=replace(SET, settings="another")), "another recipe"),
        (replace(CASE, input=replace(SET, digest="89ab")), "other data"),
        (replace(CASE, source="4567"), "another source of 'se'"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path, other: Case, words: str) -> None:
    """One line that says of what it is; the file stays as it is."""
    file = checkpoint_file(tmp_path, CASE)
    write_checkpoint(file, other, "2.0", b"weights")
    before = file.read_bytes()
    assert checkpoint_file(tmp_path, other) == file
    with pytest.raises(StoreError, match=rf"{words}.*; restore that, or remove the file") as refused:
        read_checkpoint(file, CASE, "2.0")
    assert "\n" not in str(refused.value)
    assert file.read_bytes() == before


def test_a_checkpoint_of_another_torch_or_version_is_refused(tmp_path: Path) -> None:
    """Their numbers might differ."""
    file = checkpoint_file(tmp_path, CASE)
    write_checkpoint(file, CASE, "2.0", b"weights")
    assert read_checkpoint(file, CASE, "2.0") == b"weights"
    with pytest.raises(StoreError, match=r"another torch \(2\.0, here 2\.1\)"):
        read_checkpoint(file, CASE, "2.1")
    file.write_bytes(file.read_bytes().replace(b'"version":1', b'"version":2', 1))
    with pytest.raises(StoreError, match=r"another version of checkpoints \(2, here 1\)"):
        read_checkpoint(file, CASE, "2.0")


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says so in one line."""
    file = checkpoint_file(tmp_path, CASE)
    write_checkpoint(file, CASE, "2.0", b"weights")

    def full(descriptor: int) -> None:
        del descriptor
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(
        StoreError, match=r"No space left on device; the checkpoint before is kept: make room and resume$"
    ):
        write_checkpoint(file, CASE, "2.0", b"others")
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert read_checkpoint(file, CASE, "2.0") == b"weights"


def test_a_checkpoint_is_not_written_through_a_link(tmp_path: Path) -> None:
    """A folder of that name that leads elsewhere is refused, and nothing appears where it leads."""
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    run.mkdir()
    elsewhere.mkdir()
    (run / "checkpoints").symlink_to(elsewhere)
    with pytest.raises(StoreError, match="it is a link"):
        write_checkpoint(checkpoint_file(run, CASE), CASE, "2.0", b"weights")
    assert not list(elsewhere.iterdir())
