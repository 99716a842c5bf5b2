"""A row of a published table of speeds -> the case that times its network: calls of it, or steps of an epoch."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.records import Part
from training.datasets import dataset
from training.finding import find
from training.recipes import recipe

from .. import epoch, latency
from ..selection import Selection, entrants

if TYPE_CHECKING:
    from pathlib import Path

    from attn_impls import Registry
    from results.records import Case, Direction, Mode, Phase

    from ..epoch import Data
    from .rebuild import Network


#: What stands in for a paper's data set that is not here: Debian has a package of it.
STAND_IN = "fashion-mnist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and how all cases of a table are timed."""

    device: str
    dtype: str
    threads: int
    """CPU threads, which count where the device is the CPU."""


def selection_of(network: Network, place: Place, batch: int) -> Selection:
    """Return the choice of one network in batches of so many images: what any suite makes its cases of."""
    return Selection(
        implementations=(network.implementation,) if network.implementation else (),
        hosts=(network.host,),
        slots=(network.slot,) if network.slot else (),
        image_size=network.image_size,
        num_classes=network.num_classes,
        devices=(place.device,),
        dtypes=(place.dtype,),
        threads=place.threads,
        batch_sizes=(batch,),
    )


def call_case(
    network: Network, registry: Registry, place: Place, *, direction: Direction, batch: int, mode: Mode
) -> Case:
    """Return the case that times calls of a network.

    Args:
        network: as the table's row describes it.
        registry: what its names are looked up in.
        place: where.
        direction: which part of a step a call runs.
        batch: images a call.
        mode: how the network is executed.

    Raises:
        KeyError: the registry has no such backbone or implementation.

    """
    wanted = (case for case in latency.cases(selection_of(network, place, batch), registry))
    # The plain network comes first, and the attended one, if there is one, last.
    *_, case = (case for case in wanted if case.direction is direction)
    return replace(case, mode=mode)


def data_in_place_of(printed: str, chosen: str | None, folder: Path | None, *, downloads: bool) -> Data:
    """Return the images that stand for a paper's: its own, or where they are not here Fashion-MNIST, or made-up ones.

    Args:
        printed: the paper's data set.
        chosen: the user's in its place; None: nothing was chosen.
        folder: where to look first.
        downloads: whether to get what is missing, into the folder.

    Raises:
        UsageError: there is no such data set, or its files are damaged, or cannot be downloaded.

    """
    lacks = chosen is None and not downloads and find(printed, folder) is None
    name = STAND_IN if lacks and find(STAND_IN, folder) is not None else chosen or printed
    return epoch.data_for(dataset(name), folder, downloads=downloads)


def epoch_case(
    network: Network,
    registry: Registry,
    place: Place,
    data: Data,
    *,
    recipe_name: str,
    phase: Phase,
    batch: int,
    mode: Mode,
) -> Case:
    """Return the case that times steps of an epoch, images loaded and computed with.

    Args:
        network: as the table's row describes it; its classes are those of the data.
        registry: what its names are looked up in.
        place: where.
        data: what it is trained and evaluated on.
        recipe_name: how it is trained.
        phase: what the epoch is of.
        batch: images a step.
        mode: how the network is executed.

    Raises:
        KeyError: the registry has no such backbone or implementation.
        UsageError: the recipe is for no such data.

    """
    selection = dataclasses.replace(selection_of(network, place, batch), num_classes=data.dataset.classes)
    *_, entrant = entrants(selection, registry, network.host)
    placed = replace(entrant, dtype=place.dtype, device=place.device, threads=selection.threads_on(place.device))
    chosen = recipe(recipe_name, data.dataset.name)
    (case,) = epoch.steps([placed], data, chosen, batch, phase, parts=(Part.BOTH,), modes=(mode,))
    return case
