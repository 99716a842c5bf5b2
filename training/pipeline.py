"""Bytes of images -> batches that a network takes: drawn, augmented, fitted to its size, normalised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from .augmentation import NO_AUGMENTATION

if TYPE_CHECKING:
    from torch import Tensor

    from .augmentation import Augmentation
    from .images import LabelledImages

#: An image this many times as large is padded; a network for still larger images gets them resized.
LARGEST_PADDING = 1.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InputPipeline:
    """Gives the batch of any step of any epoch: a function of the seed and of both numbers, and of nothing else.

    So a run that goes on after an interruption, or loads with several processes, sees the same batches.
    """

    source: LabelledImages
    batch_size: int
    channels: int
    """Of the network's images: grey ones are repeated."""
    size: int
    """Height and width: smaller images are padded with black, much smaller ones resized."""
    seed: int
    train: bool = True
    """In random order and augmented; to evaluate, all images as they are, in their order."""
    augmentation: Augmentation = NO_AUGMENTATION
    standardized: bool = True
    """Minus the mean over the standard deviation; otherwise pixels lie between 0 and 1."""

    @property
    def steps(self) -> int:
        """Batches in an epoch, the last of which may be smaller."""
        return -(-len(self.source) // self.batch_size)

    @property
    def full_steps(self) -> int:
        """Batches in an epoch that are not smaller; at least one."""
        return max(1, len(self.source) // self.batch_size)

    def batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        """Return images [B, C, S, S] in float32 and labels [B], on the CPU.

        Args:
            epoch: from 0.
            step: from 0, below ``steps``.

        """
        start = step * self.batch_size
        where = slice(start, start + self.batch_size)
        if self.train:
            chosen = _order(len(self.source), self.seed, epoch)[where]
            images, labels = self.source.images[chosen], self.source.labels[chosen]
        else:
            images, labels = self.source.images[where], self.source.labels[where]
        return self._fitted(images.float().div_(255), _generator(self.seed, epoch, step)), labels

    def _fitted(self, images: Tensor, generator: torch.Generator) -> Tensor:
        small = images.shape[-1]
        if self.size > LARGEST_PADDING * small or self.size < small:
            images = functional.interpolate(images, size=(self.size, self.size), mode="bilinear", antialias=True)
        else:
            before = (self.size - small) // 2
            after = self.size - small - before
            images = functional.pad(images, (before, after, before, after))
        if self.train:
            images = self.augmentation(images, generator)
        if self.standardized:
            shape = (1, -1, 1, 1)
            dataset = self.source.dataset
            images = (images - torch.tensor(dataset.mean).view(shape)) / torch.tensor(dataset.std).view(shape)
        return images if images.shape[1] == self.channels else images.expand(-1, self.channels, -1, -1).contiguous()


def _generator(*numbers: int) -> torch.Generator:
    """Return a generator seeded by several small numbers, so that neighbours have nothing in common."""
    # torch mixes a seed well, but wants one number: 2^20 steps, 2^20 epochs.
    seed = 0
    for number in numbers:
        seed = (seed << 20) + number + 1
    return torch.Generator().manual_seed(seed % 2**63)


@lru_cache(maxsize=4)
def _order(count: int, seed: int, epoch: int) -> Tensor:
    return torch.randperm(count, generator=_generator(seed, epoch))
