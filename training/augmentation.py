"""Each image of a batch rotated, shifted and mirrored by random amounts of its own, all at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """By how much at most. What comes in from outside the image is black."""

    rotation_deg: float = 0.0
    """To either side."""
    shift: float = 0.0
    """To either side in both directions, as a share of the size, rounded to whole pixels: 0.125 of 32 pixels is a
    random crop after padding with 4."""
    flip: bool = False
    """Half of the images are mirrored."""

    def __call__(self, images: Tensor, generator: Generator) -> Tensor:
        """Return a changed batch [B, C, S, S]; the random numbers are drawn on the CPU."""
        if self == NO_AUGMENTATION:
            return images
        count, size = len(images), images.shape[-1]
        degrees = self.rotation_deg * (2 * torch.rand(count, generator=generator) - 1)
        most = round(self.shift * size)
        shifts = torch.randint(-most, most + 1, (count, 2), generator=generator)
        mirrored = torch.rand(count, generator=generator) < (0.5 if self.flip else 0.0)
        return moved(images, degrees, shifts, mirrored)


#: Images as they are.
NO_AUGMENTATION = Augmentation()


def moved(images: Tensor, degrees: Tensor, shifts: Tensor, mirrored: Tensor) -> Tensor:
    """Rotate, shift and mirror each image by its own amounts, interpolated linearly.

    Args:
        images: [B, C, S, S], floating-point.
        degrees: [B], clockwise, around the centre.
        shifts: [B, 2], pixels to the right and downwards, after the rotation.
        mirrored: [B], whether left and right change places, last of all.

    """
    angle = degrees * (math.pi / 180)
    cos, sin = angle.cos(), angle.sin()
    # In the units of affine_grid the image is 2 wide. It asks where each pixel comes from: the inverse of the movement.
    x, y = (shifts * (2 / images.shape[-1])).unbind(1)
    sign = 1 - 2 * mirrored.to(angle.dtype)
    origins = torch.stack(
        [
            torch.stack([sign * cos, sin, -cos * x - sin * y], dim=1),
            torch.stack([-sign * sin, cos, sin * x - cos * y], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(origins.to(images), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)
