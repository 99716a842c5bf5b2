"""Blocks during which a machine became faster or slower: they are named, and left out on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from reporting.describe import plural
from reporting.units import format_chosen_share

from ..progress.forecast import TIMED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from results.cluster_folder import Measured

#: By so much a machine may change during a block before it is said.
TOLD = 0.05


def drifting(machines: Mapping[str, Measured], most: float) -> dict[str, tuple[int, ...]]:
    """Return the places of blocks during which a machine changed by more than a share, by machine."""
    found = {
        name: tuple(place for place, drift in sorted(measured.drifts.items()) if drift.relative > most)
        for name, measured in machines.items()
    }
    return {name: places for name, places in found.items() if places}


def without(machines: Mapping[str, Measured], most: float) -> dict[str, Measured]:
    """Return what machines have measured, but for blocks during which they changed by more than a share."""
    left_out = drifting(machines, most)
    return {name: _without(measured, left_out.get(name, ())) for name, measured in machines.items()}


def drift_words(machines: Mapping[str, Measured], folder: Path) -> str:
    """Return in how many timed blocks the machine changed, and what to do about it; empty: in none."""
    timed = {name: _timed(measured) for name, measured in machines.items()}
    places = [place for name, found in drifting(machines, TOLD).items() for place in found if place in timed[name]]
    if not places:
        return ""
    known = sum(len(measured.drifts.keys() & timed[name]) for name, measured in machines.items())
    share = format_chosen_share(TOLD)
    return (
        f"in {len(places)} of {plural(known, 'block')} the machine became more than {share} faster or slower; "
        f"to leave them out: attnbench merge {folder} --without-drifting {share} --out DIR"
    )


def _timed(measured: Measured) -> frozenset[int]:
    """Return the places of blocks that are timed: where bytes are counted, the speed does not matter."""
    plan = measured.run.plan
    places = range(len(plan.blocks)) if plan.shard is None else plan.shard.places
    return frozenset(place for place, block in zip(places, plan.blocks, strict=True) if block.shared.suite in TIMED)


def _without(measured: Measured, places: tuple[int, ...]) -> Measured:
    """Return what a machine has measured, but for some blocks."""
    if not places or measured.run.plan.shard is None:
        return measured
    shard = measured.run.plan.shard
    kept = [
        (place, block)
        for place, block in zip(shard.places, measured.run.plan.blocks, strict=True)
        if place not in places
    ]
    blocks = tuple(block for _, block in kept)
    plan = replace(measured.run.plan, blocks=blocks, shard=replace(shard, places=tuple(place for place, _ in kept)))
    cases = {case for block in blocks for case in block.cases}
    outcomes = tuple(outcome for outcome in measured.run.outcomes if outcome.case in cases)
    return measured._replace(run=replace(measured.run, plan=plan, outcomes=outcomes))
