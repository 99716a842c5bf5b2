"""A row of a published table of speeds -> the case that times its network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from .. import latency
from ..selection import Selection

if TYPE_CHECKING:
    from attn_impls import Registry
    from results.records import Case, Direction, Mode

    from .rebuild import Network


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
