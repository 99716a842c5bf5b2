"""What does a network learn: the learning curve of a recipe, for several seeds?"""

from __future__ import annotations

import dataclasses
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.errors import UsageError
from results import StoreError
from results.records import Direction, Mode, Phase, Timing, TrainingSet
from training.datasets import dataset
from training.processes import processes
from training.recipes import recipe

from .epoch import DATASETS, HOSTS, data_for
from .selection import NO_HOST, Defaults, entrants

if TYPE_CHECKING:
    from collections.abc import Callable

    from attn_impls import Registry
    from bench.prepared import Trained
    from results.checkpoints import Checkpoints
    from results.records import Case, Training
    from training.learner import Learner
    from training.recipes import Recipe

    from .epoch import Data
    from .selection import Selection

NAME = "train"


def defaults(registry: Registry) -> Defaults:
    """Return one network; the batch is the recipe's."""
    del registry
    return Defaults(hosts=HOSTS, batch_sizes=())


def defaults_of_views(registry: Registry) -> Defaults:
    """Return the same network, where other suites have batches of their own."""
    del registry
    return Defaults(hosts=HOSTS)


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return every network once a seed; those of one seed come one after the other, so that all have one early.

    Raises:
        UsageError: no such data set or recipe, damaged files, or classes that the data set does not have.

    """
    found: list[Case] = []
    for name in dict.fromkeys(selection.datasets or DATASETS):
        wanted = dataset(name)
        chosen = recipe(selection.recipe, name)
        if selection.num_classes not in {None, wanted.classes}:
            msg = f"--num-classes {selection.num_classes}: {name} has {wanted.classes} classes; leave it out"
            raise UsageError(msg)
        folder = None if selection.data is None else Path(selection.data)
        data = data_for(wanted, folder, downloads=selection.download)
        for device, dtype, host in product(selection.devices, selection.dtypes, selection.hosts):
            if host == NO_HOST:
                continue
            networks = [
                replace(network, dtype=dtype, device=device, threads=selection.threads_on(device))
                for network in entrants(dataclasses.replace(selection, num_classes=wanted.classes), registry, host)
            ]
            for batch in selection.batch_sizes or (chosen.batch_size_of(host),):
                found += trainings(networks, data, chosen, batch, selection)
    return found


def trainings(networks: list[Case], data: Data, chosen: Recipe, batch: int, selection: Selection) -> list[Case]:
    """Return the cases of one table.

    Args:
        networks: cases on images, with device and dtype, the plain one first.
        data: what they are trained with.
        chosen: how.
        batch: images in a step, of all processes together.
        selection: epochs, seeds and the rest.

    Raises:
        UsageError: a batch has fewer images than there are processes.

    """
    together = processes().count
    images = data.images[Phase.TRAINING]
    if min(batch, images % batch or batch) < together:
        msg = f"a batch of {min(batch, images % batch or batch)} images is too small for {together} processes"
        raise UsageError(msg)
    shortened = chosen.shortened(selection.epochs or chosen.epochs)

    def training(network: Case, mode: Mode, seed: int) -> Case:
        _, channels, height, width = network.input.shape
        trained = TrainingSet(
            batch=batch,
            channels=channels,
            height=height,
            width=width,
            channels_last=selection.channels_last,
            num_classes=data.dataset.classes,
            dataset=data.dataset.name,
            digest=data.digest,
            images=images,
            test_images=data.images[Phase.EVALUATION],
            recipe=chosen.name,
            settings=shortened.settings,
            epochs=shortened.epochs,
            seed=seed,
            most_steps=selection.most_steps,
            amp=selection.amp,
            processes=together,
        )
        direction = Direction.FORWARD_BACKWARD
        return replace(network, suite=NAME, input=trained, direction=direction, mode=mode, timing=Timing.HOT)

    return [
        training(network, mode, seed)
        for seed in range(selection.seeds)
        for network in networks
        for mode in selection.modes
    ]


def prepare(
    case: Case, registry: Registry, folder: Path | None = None, checkpoints: Checkpoints | None = None
) -> Trained:
    """Return the training of a case; what it takes is built when it begins.

    Args:
        case: works on a training set.
        registry: has its implementation.
        folder: in which data sets are looked for first.
        checkpoints: of the run; None: it keeps none.

    """
    from bench.prepared import Trained

    return Trained(train=partial(_train, case, registry, folder, checkpoints))


def _train(
    case: Case, registry: Registry, folder: Path | None, checkpoints: Checkpoints | None, beat: Callable[[], None]
) -> Training:
    from training.course import Lessons, carry_through
    from training.images import load
    from training.keeping import InFolder, Nowhere
    from training.pipeline import InputPipeline

    trained = case.input
    if not isinstance(trained, TrainingSet):
        msg = f"{trained} is no training set"
        raise TypeError(msg)
    chosen = recipe(trained.recipe, trained.dataset).shortened(trained.epochs)
    if chosen.settings != trained.settings:
        msg = f"the recipe {trained.recipe!r} was planned as: {trained.settings}; it is another now: start another run"
        raise StoreError(msg)

    def pipeline(*, train: bool) -> InputPipeline:
        return InputPipeline(
            source=load(trained.dataset, train=train, digest=trained.digest, folder=folder),
            batch_size=trained.batch,
            channels=trained.channels,
            size=trained.height,
            seed=trained.seed,
            train=train,
            augmentation=chosen.augmentation,
            standardized=chosen.standardized,
        )

    train, test = pipeline(train=True), pipeline(train=False)
    lessons = Lessons(train=train, test=test, epochs=trained.epochs, steps=trained.steps)
    keeper = Nowhere() if checkpoints is None else InFolder(case, checkpoints, writes=processes().rank == 0)
    return carry_through(_learner(case, trained, registry, chosen), lessons, keeper, beat)


def _learner(case: Case, trained: TrainingSet, registry: Registry, chosen: Recipe) -> Learner:
    import torch

    from training.building import initialize
    from training.learner import Learner

    from .build import Compiled, build_module, require_kernels

    device = processes().device(case.device)
    network = build_module(replace(case, device=device), registry, trained.seed)
    require_kernels(network, device)
    # With the generator as building left it: seeded.
    initialize(network, chosen)
    return Learner(
        network=network,
        eager=network.module if isinstance(network, Compiled) else network,
        recipe=chosen,
        device=device,
        dtype=getattr(torch, case.dtype),
        channels_last=trained.channels_last,
        amp=trained.amp,
        processes=processes(),
    )
