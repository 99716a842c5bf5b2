"""The plan of a run on a cluster: made here, for devices that this machine need not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.errors import UsageError
from suites.choices import device_names
from suites.request import Place

from ..measuring import start_sweep

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from results.records import Block, Case, Plan, Run

    from ..asking import Asked

#: In place of the threads that each machine has: the plan leaves them to it.
ANY_THREADS = 1


def planned_for(wanted: Asked, *, have_gpus: bool) -> Run:
    """Return the run that is wanted, as a plan without outcomes; threads are each machine's own unless they are chosen.

    Args:
        wanted: what the user asked for.
        have_gpus: whether any machine of the cluster has a GPU.

    Raises:
        UsageError: something that was chosen does not exist, or is not possible on a cluster.

    """
    if wanted.limits.shard is not None:
        msg = "--shard is for machines that do not know of each other; leave it out with --on ray"
        raise UsageError(msg)
    requests = wanted.sweep.requests
    if len({request.devices for request in requests}) > 1:
        msg = "on a cluster all parts of a sweep name the same devices; make a run of each"
        raise UsageError(msg)
    chosen = requests[0].devices or ("cuda" if have_gpus else "cpu",)
    place = Place(devices=device_names(chosen), threads=ANY_THREADS, is_certain=True)
    started = start_sweep(wanted.sweep, wanted.limits, place)
    return started if requests[0].threads else replace(started, plan=_with_any_threads(started.plan))


def _with_any_threads(plan: Plan) -> Plan:
    return replace(plan, blocks=tuple(block.with_cases(without_threads) for block in plan.blocks))


def without_threads(case: Case) -> Case:
    """Return a case that leaves its threads to the machine."""
    return replace(case, threads=None)


def refuse_unplaceable(blocks: Sequence[Block], kinds: Mapping[str, Iterable[frozenset[str]]], *, each: bool) -> None:
    """See that a machine is there for every block.

    Args:
        blocks: of the plan.
        kinds: the devices of each machine, by the names of kinds.
        each: whether each kind measures the whole plan.

    Raises:
        UsageError: no machine has the devices of a block.

    """
    groups = list(kinds.items()) if each else [("", [found for every in kinds.values() for found in every])]
    for needs in dict.fromkeys(frozenset(case.device for case in block.cases) for block in blocks):
        for name, machines in groups:
            if not any(needs <= there for there in machines):
                what = ", ".join(sorted(needs - {"cpu"})) or "cpu"
                where = f"no machine of kind {name}" if name else "no machine of the cluster"
                msg = f"{where} has {what}; choose --device cpu, or add a machine: see ray status"
                raise UsageError(msg)
