"""Case -> one step of an epoch, or a part of one, as a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from results.records import Batches, Part, Phase
from training.building import initialize, loss_of, optimizer_of
from training.images import load
from training.pipeline import InputPipeline
from training.recipes import recipe

from .build import build_module, require_kernels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torch import Tensor

    from attn_impls import Registry
    from results.records import Case

    Batch = tuple[Tensor, Tensor]

#: The order of batches, and what augmentation draws.
SEED = 0


def step_of(case: Case, registry: Registry, folder: Path | None) -> Callable[[], object]:
    """Return a call that runs the next step: epoch after epoch, without the smaller batch at an epoch's end.

    Args:
        case: works on batches.
        registry: has its implementation.
        folder: in which data sets are looked for first.

    Raises:
        UsageError: the data are others than those of the plan.
        BuildError: fused kernels are asked for, and there are none here.

    """
    batches = case.input
    if not isinstance(batches, Batches):
        msg = f"{batches} are no batches"
        raise TypeError(msg)
    stream = _stream(case, pipeline_of(batches, folder))
    if batches.part is Part.LOADER:
        return lambda: next(stream)
    compute = _computing(case, batches, registry)
    if batches.part is Part.BOTH:
        return lambda: compute(next(stream))
    stays = next(stream)
    return lambda: compute(stays)


def pipeline_of(batches: Batches, folder: Path | None) -> InputPipeline:
    """Return what loads the images of a case.

    Raises:
        UsageError: the data are others than those of the plan.

    """
    chosen = recipe(batches.recipe, batches.dataset)
    train = batches.phase is Phase.TRAINING
    return InputPipeline(
        source=load(batches.dataset, train=train, digest=batches.digest, folder=folder),
        batch_size=batches.batch,
        channels=batches.channels,
        size=batches.height,
        seed=SEED,
        train=train,
        augmentation=chosen.augmentation,
        standardized=chosen.standardized,
    )


def _stream(case: Case, pipeline: InputPipeline) -> Iterator[Batch]:
    """Yield batches on the device of the case, without end."""
    layout = torch.channels_last if case.input.channels_last else torch.contiguous_format
    dtype = getattr(torch, case.dtype)
    epoch = 0
    while True:
        for step in range(pipeline.full_steps):
            images, labels = pipeline.batch(epoch, step)
            yield images.to(case.device, dtype, memory_format=layout), labels.to(case.device)
        epoch += 1


def _computing(case: Case, batches: Batches, registry: Registry) -> Callable[[Batch], object]:
    network = build_module(case, registry)
    require_kernels(network, case.device)
    chosen = recipe(batches.recipe, batches.dataset)
    # With the generator as building left it: seeded.
    initialize(network, chosen)
    if batches.phase is Phase.EVALUATION:
        network.eval()

        def evaluate(batch: Batch) -> object:
            with torch.inference_mode():
                return (network(batch[0]).argmax(1) == batch[1]).sum()

        return evaluate
    network.train()
    optimizer = optimizer_of(network, chosen)

    def train(batch: Batch) -> object:
        optimizer.zero_grad()
        loss = loss_of(network, network(batch[0]), batch[1], chosen)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return train
