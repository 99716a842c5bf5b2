from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from training.augmentation import Augmentation
from training.datasets import DATASETS
from training.images import LabelledImages
from training.moving import moved
from training.pipeline import InputPipeline

GREY = DATASETS["fashion-mnist"]


def pipeline(count: int = 10, **changed: object) -> InputPipeline:
    """Return batches of four of images whose pixels are all their number."""
    images = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 28, 28)
    found = InputPipeline(
        source=LabelledImages(GREY, images, torch.arange(count)), batch_size=4, channels=1, size=28, seed=0
    )
    return replace(found, **changed)  # type: ignore[arg-type] # as the tests give them


def test_every_image_comes_once_an_epoch() -> None:
    """In another order each time; the last batch has what is left."""
    found = pipeline()
    epochs = [[found.batch(epoch, step)[1].tolist() for step in range(found.steps)] for epoch in range(2)]
    assert (found.steps, found.full_steps) == (3, 2)
    for epoch in epochs:
        assert [len(batch) for batch in epoch] == [4, 4, 2]
        assert sorted(number for batch in epoch for number in batch) == list(range(10))
    assert epochs[0] != epochs[1]


def test_a_batch_is_a_function_of_its_place() -> None:
    """Whatever was drawn before; with another seed it is another one."""
    found = pipeline(augmentation=Augmentation(rotation_deg=15, shift=0.1, flip=True))
    images, labels = found.batch(3, 1)
    found.batch(0, 0)
    again, labels_again = pipeline(augmentation=found.augmentation).batch(3, 1)
    assert torch.equal(images, again)
    assert torch.equal(labels, labels_again)
    assert not torch.equal(labels, pipeline(seed=1).batch(3, 1)[1])


def test_evaluation_takes_images_in_their_order() -> None:
    """As they are."""
    found = pipeline(train=False, augmentation=Augmentation(rotation_deg=90, shift=0.5, flip=True), standardized=False)
    images, labels = found.batch(0, 1)
    assert labels.tolist() == [4, 5, 6, 7]
    assert torch.equal(images, (torch.arange(4, 8) / 255).view(-1, 1, 1, 1).expand(-1, 1, 28, 28))


def test_images_are_standardized() -> None:
    """With the numbers of the data set."""
    images, _ = pipeline(train=False).batch(0, 0)
    assert images[2, 0, 0, 0].item() == pytest.approx((2 / 255 - 0.2860) / 0.3530)


def test_grey_images_for_a_network_of_colours() -> None:
    """Padded with black on all sides, and repeated."""
    images, _ = pipeline(train=False, size=32, channels=3, standardized=False).batch(0, 1)
    assert images.shape == (4, 3, 32, 32)
    assert images.is_contiguous()
    assert (images[:, :, :2] == 0).all()
    assert (images[:, :, :, -2:] == 0).all()
    assert torch.equal(images[3, 2, 2:30, 2:30], torch.full((28, 28), 7 / 255))


def test_a_network_for_large_images() -> None:
    """Padding would leave a stamp in the middle."""
    images, _ = pipeline(train=False, size=56, standardized=False).batch(0, 1)
    assert images.shape == (4, 1, 56, 56)
    torch.testing.assert_close(images[3], torch.full((1, 56, 56), 7 / 255))


def test_images_are_moved_as_torchvision_moves_one() -> None:
    """Each by its own amounts: torchvision's ``affine`` of one image after the other is the oracle."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(6, 3, 16, 16, generator=generator)
    degrees = torch.tensor([0.0, 30.0, -30.0, 0.0, 10.0, 90.0])
    shifts = torch.tensor([[0, 0], [0, 0], [2, -3], [4, 1], [-1, 0], [0, 5]])
    mirrored = torch.tensor([False, False, True, True, False, True])
    found = moved(images, degrees, shifts, mirrored)
    for index, image in enumerate(images):
        one = functional.affine(
            image,
            angle=degrees[index].item(),
            translate=shifts[index].tolist(),
            scale=1.0,
            shear=[0.0, 0.0],
            interpolation=InterpolationMode.BILINEAR,
        )
        # A pixel that is half outside is black there, and half of itself here: the edge of the moved image.
        expected = functional.horizontal_flip(one) if mirrored[index] else one
        inside = (
            functional.horizontal_flip(_inside(degrees[index], shifts[index]))
            if mirrored[index]
            else _inside(degrees[index], shifts[index])
        )
        torch.testing.assert_close(found[index][:, inside], expected[:, inside], atol=1e-5, rtol=0)
        assert inside.sum() > 100


def _inside(degrees: torch.Tensor, shifts: torch.Tensor) -> torch.Tensor:
    """Return which pixels of a moved image come from well inside it."""
    ones = torch.zeros(1, 16, 16)
    ones[:, 1:-1, 1:-1] = 1
    found = functional.affine(
        ones,
        angle=degrees.item(),
        translate=shifts.tolist(),
        scale=1.0,
        shear=[0.0, 0.0],
        interpolation=InterpolationMode.BILINEAR,
    )
    inside: torch.Tensor = found[0] > 0.999
    return inside


def test_amounts_stay_within_bounds() -> None:
    """A shift of an eighth of 32 pixels is at most 4 of them, as a crop after padding with 4 is."""
    image = torch.zeros(200, 1, 32, 32)
    image[:, :, 16, 16] = 1
    found = Augmentation(shift=0.125)(image, torch.Generator().manual_seed(0))
    rows, columns = (found[:, 0] > 0.5).nonzero()[:, 1:].unbind(1)
    assert (int(rows.min()), int(rows.max())) == (12, 20)
    assert (int(columns.min()), int(columns.max())) == (12, 20)


def test_half_of_the_images_are_mirrored() -> None:
    """Without a shift nothing else happens."""
    image = torch.zeros(400, 1, 8, 8)
    image[..., 0] = 1
    found = Augmentation(flip=True)(image, torch.Generator().manual_seed(0))
    mirrored = (found[:, 0, 4, 7] > 0.5).sum().item()
    assert 150 < mirrored < 250
    torch.testing.assert_close(found.sum((1, 2, 3)), torch.full((400,), 8.0))
