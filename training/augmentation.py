"""By which random amounts the images of a batch are rotated, shifted and mirrored, each by its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
        # A list of recipes must not wait for torch.
        import torch

        from .moving import moved

        count, size = len(images), images.shape[-1]
        degrees = self.rotation_deg * (2 * torch.rand(count, generator=generator) - 1)
        most = round(self.shift * size)
        shifts = torch.randint(-most, most + 1, (count, 2), generator=generator)
        mirrored = torch.rand(count, generator=generator) < (0.5 if self.flip else 0.0)
        return moved(images, degrees, shifts, mirrored)


#: Images as they are.
NO_AUGMENTATION = Augmentation()
