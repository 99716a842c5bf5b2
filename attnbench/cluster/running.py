"""``attnbench run --on ray``: the plan is made here, measured on the machines of a cluster, and written here alone."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from bench.cluster.crew import NobodyLeftError
from bench.cluster.ray_crew import RayCrew
from bench.cluster.ray_nodes import START, candidates, connected, slots
from bench.errors import UsageError, WorkerLostError
from bench.termination import (
    SignalledKeyboardInterrupt,
    asked_to_end,
    termination_as_interrupt,
    uninterrupted,
)
from reporting.describe import plural
from results import StoreError, baselines
from results.cluster_folder import Cluster, load_cluster
from results.cluster_store import ClusterStore
from results.records import SCHEMA_VERSION
from results.text import message

from ..audit_before import audit_planned, warn_of
from ..recording import summarize
from .desk import Desk, chosen_kinds, device_names, devices_of
from .drifting import drift_words
from .kept import Keeper
from .kinds import Kinds, hardware
from .kinds_written import KINDS, runs_by_kind, write_kinds_anew
from .luggage import packed
from .measuring import Parties, measure_blocks
from .planning import planned_for, refuse_unplaceable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.cluster.ray_nodes import Node
    from results.records import Run

    from ..asking import Asked
    from ..output import Output
    from ..where import Where
    from .kinds import Kind


def run_on_cluster(wanted: Asked, where: Where, output: Output, *, out: Path | None, below: Path | None) -> Run:
    """Carry out a new run on a cluster, and return it: of several kinds of machines, that of the first.

    Args:
        wanted: what is to be measured.
        where: on which machines.
        output: what is printed.
        out: a folder that is made for it.
        below: without ``out``, where a folder is made; None: nothing stays.

    Raises:
        UsageError: there is no such cluster, no machine for a block, or something that was chosen does not exist.
        StoreError: a folder that cannot be used.
        WorkerLostError: all machines were lost.

    """
    with connected(where.address) as ray:
        nodes = slots_of(ray)
        planned = planned_for(wanted, have_gpus=any(node.gpus for node in nodes))
        # As far as Ray knows: at once, before any machine is asked.
        known = [device_names(node.gpus) for node in nodes if candidates(nodes, where.pattern)(node)]
        refuse_unplaceable(planned.plan.blocks, {"": known}, each=False)
        found = audit_planned(planned.plan, planned.plan.cases, output)
        warn_of(found, notes=output.progress)
        planned = replace(planned, audit=tuple(message(str(each)) for each in found))
        kinds = Kinds(baselines.run_device(planned))
        with crew_of(ray, planned, where, kinds, output) as (crew, desk):
            measuring = _chosen(crew, desk, planned, where, output)
            with _folder(out, below, planned.run_id) as folder:
                cluster = Cluster(
                    schema_version=SCHEMA_VERSION,
                    run_id=planned.run_id,
                    started_at=planned.started_at,
                    plan=planned.plan,
                    kind=where.pattern or None,
                    kinds=None if measuring is None else tuple(kind.name for kind in measuring),
                    plugin_files=planned.plugin_files,
                    audit=planned.audit,
                )
                with ClusterStore.create(folder, cluster) as store:
                    return record_on_cluster(store, Parties(crew, desk, output), planned)


def record_on_cluster(store: ClusterStore, parties: Parties, planned: Run) -> Run:
    """Measure what a cluster's run lacks, and write a run for each kind of machine, also when it is interrupted.

    Raises:
        StoreError: the disk is full or fails.
        WorkerLostError: all machines were lost.

    """
    output, folder = parties.output, store.folder
    try:
        with termination_as_interrupt(), _in_our_words():
            measure_blocks(store, Keeper(store, planned), parties, planned.plan)
    except BaseException as error:
        # What ended the run is what the user must hear of, not that the disk has no room either.
        with uninterrupted(), contextlib.suppress(StoreError):
            parties.crew.close()
            store.complete()
        kept = f"what was measured is kept; go on: attnbench run --resume {folder} --on ray"
        if isinstance(error, SignalledKeyboardInterrupt):
            error.remedy = kept
        else:
            output.say(f"W{kept[1:]}")
        raise
    with uninterrupted():
        parties.crew.close()
        store.complete()
        _, machines = load_cluster(folder)
        runs = runs_by_kind(machines)
        write_kinds_anew(runs, folder)
    for name, run in runs.items():
        if len(runs) > 1:
            output.say(f"{name}: {hardware(run.environment)}")
        summarize(run, output, f": {folder / KINDS / name / 'report.md'} says why")
    if told := drift_words(machines, folder):
        output.say(told)
    output.say(_closing_words(folder, runs))
    return next(iter(runs.values()))


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    """Raise what a signal has asked for, of which Ray makes an interrupt of its own; and that nobody is left."""
    try:
        yield
    except NobodyLeftError as error:
        raise WorkerLostError(str(error)) from error
    except SignalledKeyboardInterrupt:
        raise
    except KeyboardInterrupt as error:
        stopped_by = asked_to_end()
        if stopped_by is None:
            raise
        raise stopped_by from error


def _closing_words(folder: Path, runs: dict[str, Run]) -> str:
    names = ", ".join(f"{KINDS}/{name}/" for name in runs)
    again = f"attnbench report {folder / KINDS / next(iter(runs))}"
    if len(runs) > 1:
        again = f"attnbench compare {folder / KINDS}/*/"
    return f"Wrote {folder}/ ({names}; each machine's own: machines/*/). Again: {again}"


def slots_of(ray: Any) -> tuple[Node, ...]:
    """Return the machines that have a slot (UsageError: there is none)."""
    nodes = slots(ray)
    if not nodes:
        msg = f"no machine of the cluster has a slot for attnbench; start machines with: {START}"
        raise UsageError(msg)
    return nodes


@contextlib.contextmanager
def crew_of(ray: Any, planned: Run, where: Where, kinds: Kinds, output: Output) -> Iterator[tuple[RayCrew, Desk]]:
    """Start a supervisor on each machine; none of them is left."""
    luggage = packed(planned.plan.plugins, planned.plugin_files)
    desk = Desk(planned, luggage, where.pattern, kinds, output)
    crew = RayCrew(ray, desk, candidates(slots(ray), where.pattern))
    try:
        with _in_our_words():
            yield crew, desk
    finally:
        with uninterrupted():
            crew.close()


def _chosen(crew: RayCrew, desk: Desk, planned: Run, where: Where, output: Output) -> tuple[Kind, ...] | None:
    """Wait for the machines that are there, and return the kinds that measure all; None: each block once.

    Raises:
        UsageError: none of them is meant, or none has what a block needs.

    """
    greeted = crew.greet()
    there = desk.seen(greeted)
    measuring = chosen_kinds(there, each_kind=bool(where.each_kind), spread=bool(where.spread), pattern=where.pattern)
    devices = {
        kind.name: [devices_of(environment) for environment in desk.environments(greeted, kind)] for kind in there
    }
    refuse_unplaceable(planned.plan.blocks, devices, each=measuring is not None)
    say_planned(planned, {kind: len(devices[kind.name]) for kind in there}, output)
    return measuring


def say_planned(planned: Run, counts: dict[Kind, int], output: Output) -> None:
    """Say what is planned, and how many machines of each kind there are."""
    if output.progress:
        cases, blocks = plural(len(planned.plan.cases), "case"), plural(len(planned.plan.blocks), "block")
        machines = "; ".join(f"{count} x {hardware(kind.environment)}" for kind, count in counts.items())
        output.say(f"{cases} in {blocks} on {plural(sum(counts.values()), 'machine')}: {machines}")


@contextlib.contextmanager
def _folder(out: Path | None, below: Path | None, name: str) -> Iterator[Path]:
    """Give the folder of the run; one that nobody has asked for is gone afterwards."""
    if out is not None:
        yield out
    elif below is not None:
        yield below / name
    else:
        with tempfile.TemporaryDirectory(prefix="attnbench-") as temporary:
            yield Path(temporary) / name
