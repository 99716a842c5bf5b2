"""A tiny network, images that it can learn from, and trainings of them, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from training.course import Lessons, carry_through
from training.datasets import dataset
from training.images import LabelledImages
from training.keeping import Nowhere
from training.learner import Learner
from training.pipeline import InputPipeline
from training.processes import ALONE
from training.recipes import recipe

if TYPE_CHECKING:
    from results.records import Training
    from training.keeping import Keeper
    from training.processes import Processes
    from training.recipes import Recipe

IMAGES, BATCH, SIZE = 40, 8, 8


def network(*, dropout: float = 0.5) -> nn.Module:
    """Return a network without batch normalisation, with weights of the generator at hand."""
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Dropout(dropout), nn.Linear(4 * 36, 10))


def felu(epochs: int) -> Recipe:
    """Return a recipe over so many epochs."""
    return recipe("felu", "digits").shortened(epochs)


def learner(
    *,
    seed: int = 0,
    epochs: int = 3,
    dropout: float = 0.5,
    processes: Processes = ALONE,
    model: nn.Module | None = None,
) -> Learner:
    """Return a learner with the first weights of a seed."""
    torch.manual_seed(seed)
    made = network(dropout=dropout) if model is None else model
    return Learner(
        network=made, eager=made, recipe=felu(epochs), device="cpu", dtype=torch.float32, processes=processes
    )


def lessons(*, seed: int = 0, epochs: int = 3) -> Lessons:
    """Return a few images of digits, made up; the same to test with."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(256, (IMAGES, 1, SIZE, SIZE), dtype=torch.uint8, generator=generator)
    labels = torch.randint(10, (IMAGES,), generator=generator)
    source = LabelledImages(dataset("digits"), images, labels)

    def pipeline(*, train: bool) -> InputPipeline:
        return InputPipeline(source=source, batch_size=BATCH, channels=1, size=SIZE, seed=seed, train=train)

    train = pipeline(train=True)
    return Lessons(train=train, test=pipeline(train=False), epochs=epochs, steps=train.steps)


def trained(*, seed: int = 0, epochs: int = 3, keeper: Keeper | None = None) -> Training:
    """Return what comes of a training."""
    ticks = iter(range(10**6))
    clock = lambda: float(next(ticks))  # noqa: E731 - a clock of its own
    return carry_through(
        learner(seed=seed, epochs=epochs), lessons(seed=seed, epochs=epochs), keeper or Nowhere(), now_s=clock
    )
