"""How long does an epoch take: training and evaluation, of which loading images is a part?"""

from __future__ import annotations

import dataclasses
import warnings
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from bench.errors import UsageError
from results.records import Batches, Direction, Mode, Part, Phase, Timing
from training.datasets import dataset
from training.finding import FakeDataWarning, download, find, get_words
from training.recipes import recipe

from .selection import NO_HOST, Defaults, entrants

if TYPE_CHECKING:
    from attn_impls import Registry
    from bench.prepared import Timed
    from results.records import Case
    from training.datasets import DataSet
    from training.recipes import Recipe

    from .selection import Selection

NAME = "epoch"
#: The smaller of the PSK paper's networks, on the data that Debian has.
HOSTS, DATASETS = ("mobilenet_v3_small",), ("fashion-mnist",)
#: What a step of each phase runs.
DIRECTIONS = {Phase.TRAINING: Direction.FORWARD_BACKWARD, Phase.EVALUATION: Direction.FORWARD}


class Data(NamedTuple):
    """The images of a plan."""

    dataset: DataSet
    digest: str | None
    """None: made up."""
    images: dict[Phase, int]
    """In an epoch of each phase."""


def defaults(registry: Registry) -> Defaults:
    """Return one network; the batch is the recipe's."""
    del registry
    return Defaults(hosts=HOSTS, batch_sizes=())


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return the parts of a step of every network; all parts of all networks of a table are sampled in turns.

    Raises:
        UsageError: no such data set or recipe, damaged files, or classes that the data set does not have.

    """
    folder = None if selection.data is None else Path(selection.data)
    found = []
    for name in dict.fromkeys(selection.datasets or DATASETS):
        wanted, chosen = dataset(name), recipe(selection.recipe, name)
        if selection.num_classes not in {None, wanted.classes}:
            msg = f"--num-classes {selection.num_classes}: {name} has {wanted.classes} classes; leave it out"
            raise UsageError(msg)
        data = data_for(wanted, folder, downloads=selection.download)
        for device, dtype, host in product(selection.devices, selection.dtypes, selection.hosts):
            if host == NO_HOST:
                continue
            networks = entrants(dataclasses.replace(selection, num_classes=wanted.classes), registry, host)
            placed = [
                replace(network, dtype=dtype, device=device, threads=selection.threads_on(device))
                for network in networks
            ]
            sizes = selection.batch_sizes or (chosen.batch_size_of(host),)
            for batch, phase in product(sizes, selection.phases):
                found += steps(placed, data, chosen, batch, phase, parts=selection.parts, modes=selection.modes)
    return [replace(case, input=case.input.laid_out(channels_last=selection.channels_last)) for case in found]


def data_for(wanted: DataSet, folder: Path | None, *, downloads: bool = False) -> Data:
    """Return what a data set's cases work on: its files, or made-up images, of which a FakeDataWarning tells.

    Args:
        wanted: the data set.
        folder: where to look first.
        downloads: into that folder, if the data set is nowhere.

    Raises:
        UsageError: files are damaged, or cannot be downloaded.

    """
    if downloads and folder is None:
        msg = "--download needs a folder: --data DIR"
        raise UsageError(msg)
    found = download(wanted.name, folder) if downloads and folder is not None else find(wanted.name, folder)
    if found is not None:
        train, test = found.counts()
        return Data(wanted, found.digest(), {Phase.TRAINING: train, Phase.EVALUATION: test})
    warnings.warn(
        f"{wanted.name} is not here: made-up images stand in for it; to get it: {get_words(wanted, folder)}",
        FakeDataWarning,
        stacklevel=2,
    )
    return Data(wanted, None, {Phase.TRAINING: wanted.train_images, Phase.EVALUATION: wanted.test_images})


def steps(
    networks: list[Case],
    data: Data,
    chosen: Recipe,
    batch: int,
    phase: Phase,
    *,
    parts: tuple[Part, ...] = tuple(Part),
    modes: tuple[Mode, ...] = (Mode.EAGER,),
) -> list[Case]:
    """Return the cases of one table: the parts of a step of these networks, and the loader alone, which all share.

    Args:
        networks: cases on images, with device and dtype, the plain one first.
        data: what they work on.
        chosen: how they are trained.
        batch: images in a step.
        phase: training or evaluation.
        parts: which parts of the step.
        modes: how the networks are executed.

    """

    def step(network: Case, part: Part, mode: Mode) -> Case:
        images = network.input
        _, channels, height, width = images.shape
        batches = Batches(
            batch=batch,
            channels=channels,
            height=height,
            width=width,
            num_classes=data.dataset.classes,
            dataset=data.dataset.name,
            digest=data.digest,
            images=data.images[phase],
            recipe=chosen.name,
            phase=phase,
            part=part,
        )
        return replace(network, suite=NAME, input=batches, direction=DIRECTIONS[phase], mode=mode, timing=Timing.HOT)

    computed = [part for part in (Part.BOTH, Part.COMPUTING) if part in parts]
    found = [step(network, part, mode) for network in networks for mode in modes for part in computed]
    # Last: the baseline of the table is its first plain network.
    loader = [step(networks[0], Part.LOADER, Mode.EAGER)] if networks and Part.LOADER in parts else []
    return [*found, *loader]


def prepare(case: Case, registry: Registry, folder: Path | None = None) -> Timed:
    """Build the network and its input pipeline, and the step that is timed.

    Args:
        case: works on batches.
        registry: has its implementation.
        folder: in which data sets are looked for first.

    """
    from bench.prepared import Timed

    from .steps import step_of

    return Timed(call=step_of(case, registry, folder))
