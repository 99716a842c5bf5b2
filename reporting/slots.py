"""Where in the networks of a run attentions stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import describe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from results.records import Case


def slots_of(cases: Iterable[Case]) -> tuple[str, ...]:
    """Return a note a network, as ``Slots in resnet18_cifar: block_output (se), spatial_conv (sk/softmax)``."""
    together: dict[str | None, dict[tuple[str, str | None], Case]] = {}
    for case in cases:
        together.setdefault(case.host, {}).setdefault((describe.name(case), case.slot), case)
    return tuple(note for group in together.values() for note in describe.slot_notes(list(group.values())))
