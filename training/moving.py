"""Images of a batch rotated, shifted and mirrored, each by its own amounts, all at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor


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
