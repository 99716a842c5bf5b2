"""Go on with a run on a cluster: what is missing is measured on whatever machines there are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import environment
from bench.cluster.ray_nodes import connected
from bench.errors import UsageError
from results import baselines
from results.cluster_store import ClusterStore
from results.records import SCHEMA_VERSION, Run
from suites import choices
from suites.selection import as_it_is_now

from ..trusting import measured_files, refuse_other_plugins
from .desk import devices_of
from .kinds import Kind, Kinds
from .measuring import Parties
from .planning import refuse_unplaceable
from .running import crew_of, record_on_cluster, say_planned, slots_of

if TYPE_CHECKING:
    from pathlib import Path

    from attn_impls import Registry
    from bench.cluster.ray_crew import RayCrew
    from results.records import Case

    from ..output import Output
    from ..where import Where
    from .desk import Desk


def resume_on_cluster(folder: Path, where: Where, output: Output) -> Run:
    """Measure what a run lacks, and return it: of several kinds of machines, that of the first.

    Args:
        folder: of the run.
        where: on which machines.
        output: what is printed.

    Raises:
        UsageError: there is no such cluster, or what the run measures is gone or is another by now.
        StoreError: not such a run, damaged, or being written by another process.
        WorkerLostError: all machines were lost.

    """
    with connected(where.address) as ray, ClusterStore.resume(folder) as store:
        slots_of(ray)
        planned = _planned(store)
        refuse_other_plugins(planned, folder)
        known = choices.registry(planned.plan.plugins, measured_files(planned))
        for case in dict.fromkeys(planned.plan.cases):
            _refuse_changed(case, known, folder)
        earlier = {store_of.kind: store_of.header.environment for store_of in store.machines.values()}
        kinds = Kinds(baselines.run_device(planned), (Kind(name, environment) for name, environment in earlier.items()))
        with crew_of(ray, planned, where, kinds, output) as (crew, desk):
            _choose(crew, desk, store, planned, output)
            return record_on_cluster(store, Parties(crew, desk, output), planned)


def _planned(store: ClusterStore) -> Run:
    cluster = store.cluster
    return Run(
        schema_version=SCHEMA_VERSION,
        run_id=cluster.run_id,
        started_at=cluster.started_at,
        plan=cluster.plan,
        # Of this machine: each that measures has its own in its place.
        environment=environment.describe(1),
        plugin_files=cluster.plugin_files,
        audit=cluster.audit,
    )


def _refuse_changed(case: Case, known: Registry, folder: Path) -> None:
    try:
        now = as_it_is_now(case, known)
    except (KeyError, ValueError):
        msg = f"{folder} measures {case.implementation!r}, which is not there any more; start another run"
        raise UsageError(msg) from None
    if now != case:
        msg = f"the source of {case.implementation!r} is another than {folder} has measured; start another run"
        raise UsageError(msg)


def _choose(crew: RayCrew, desk: Desk, store: ClusterStore, planned: Run, output: Output) -> None:
    """Wait for the machines that are there, and let those take part that the run is of.

    Raises:
        UsageError: none of them is, or none has what a block needs.

    """
    greeted, asked = crew.greet(), store.cluster
    there = desk.seen(greeted)
    if asked.kinds is not None:
        there = tuple(kind for kind in there if kind.name in asked.kinds)
        lacking = [name for name in asked.kinds if name not in {kind.name for kind in there}]
        if lacking:
            output.say(f"no machine is there of kind {', '.join(lacking)}: what these lack stays missing")
        desk.admit_only(there)
    if not there:
        msg = f"no machine of the cluster is of a kind that {store.folder} is of; see which there are: ray status"
        raise UsageError(msg)
    devices = {kind.name: [devices_of(each) for each in desk.environments(greeted, kind)] for kind in there}
    done = {place for place, _ in store.completed}
    left = [block for place, block in enumerate(planned.plan.blocks) if place not in done]
    refuse_unplaceable(left, devices, each=asked.kinds is not None)
    say_planned(planned, {kind: len(devices[kind.name]) for kind in there}, output)
    output.say(f"{len(left)} of {len(planned.plan.blocks)} blocks are missing")
