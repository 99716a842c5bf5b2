"""The steps of a run: its plan, the noise of the machine, and the measurement."""

from __future__ import annotations

import secrets
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attn_impls.plugins import absolute
from bench.errors import NoiseWarning
from results.blocks import blocks_of
from results.checkpoints import Checkpoints
from results.records import SCHEMA_VERSION, Failed, FailureKind, Latency, Measured, Plan, Run, When
from suites import epoch, latency, operators
from suites.prepare import Preparer
from suites.sweep import Sweep, plan_sweep

from .limits import Limits
from .sharding import part_of
from .trusting import files_now, measured_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bench.events import Event, Starved
    from bench.measure import Instruments
    from bench.worker import Setup
    from results.records import Case, NoiseFloor, PluginFile, Sampled, Subject, Timing
    from suites.request import Place, Request

SEED = 0
#: The suites whose cases are timed.
TIMED = frozenset({epoch.NAME, latency.NAME, operators.NAME})


def _unheard(event: Starved) -> None:
    """Tell nobody."""


def start(request: Request, limits: Limits | None = None) -> Run:
    """Turn a request into a run without outcomes: the plan, and where it will be carried out.

    Args:
        request: what the user asked for.
        limits: how long it may take; by default those of the table.

    Raises:
        UsageError: something asked for does not exist, or no case is left.

    """
    return start_sweep(Sweep(requests=(request,)), limits or Limits())


def start_sweep(sweep: Sweep, limits: Limits, place: Place | None = None) -> Run:
    """Turn several requests into one run (arguments and errors as for ``start``).

    Args:
        sweep: what the user asked for.
        limits: how long it may take.
        place: where it will be carried out; None: here.

    """
    names, cases, threads = plan_sweep(sweep, place)
    request = sweep.requests[0]
    whole = Plan(
        suites=names,
        blocks=blocks_of(cases),
        budget_s=limits.budget_s,
        precision=limits.precision,
        seed=SEED,
        time_limit_s=limits.time_limit_s,
        plugins=tuple(absolute(plugin) for plugin in request.plugins),
        data=None if request.data is None else str(Path(request.data).absolute()),
        checkpoint_steps=limits.checkpoint_steps,
        checkpoint_bytes=None if limits.checkpoint_mb is None else round(limits.checkpoint_mb * 1e6),
    )
    return start_plan(part_of(whole, limits.shard), threads, files_now(request.plugins))


def start_plan(planned: Plan, threads: int, plugin_files: tuple[PluginFile, ...] = ()) -> Run:
    """Return the run of a plan, without outcomes, in this environment.

    Args:
        planned: what to measure.
        threads: CPU threads that it will use.
        plugin_files: what its plug-ins have executed; nothing else is executed of them from here on.

    """
    from bench import environment

    now = datetime.now(UTC)
    return Run(
        schema_version=SCHEMA_VERSION,
        run_id="-".join((f"{now:%Y-%m-%dT%H-%M-%S}", *planned.suites, *_part_words(planned), secrets.token_hex(2))),
        started_at=now.isoformat(timespec="seconds"),
        plan=planned,
        environment=environment.describe(threads),
        plugin_files=plugin_files,
    )


def _part_words(planned: Plan) -> tuple[str, ...]:
    """Return which part of a plan this is, as a folder's name has it."""
    shard = planned.shard
    return () if shard is None else (f"{shard.number}of{shard.of}",)


def is_any_timed(cases: Iterable[Case]) -> bool:
    """Return whether any of these cases is timed."""
    return any(case.suite in TIMED for case in cases)


def noise_floors(
    cases: Iterable[Case], hear: Callable[[Starved], object] = _unheard, *, when: When = When.BEFORE
) -> tuple[NoiseFloor, ...]:
    """Return the noise of this machine, some 1.5 s of A/A comparison for each device, timing and kind that is timed.

    Where there is none, a NoiseWarning says why: the cases themselves may fare better, or tell more.

    Args:
        cases: that are timed.
        hear: is told at once if threads wait for cores meanwhile.
        when: on which side of the run this is.

    """
    from bench.noise import NoFloor, Place, noise_floors

    places: dict[tuple[str, Timing, Subject], Place] = {}
    for case in cases:
        if case.suite in TIMED:
            # The threads are one choice for all cases of a device.
            place = Place(case.device, case.timing, case.threads, case.subject)
            places.setdefault((case.device, case.timing, case.subject), place)
    found = noise_floors(tuple(places.values()), hear) if places else ()
    for lacking in found:
        if isinstance(lacking, NoFloor):
            where = f"{lacking.place.device}, {lacking.place.timing}"
            warnings.warn(f"no noise floor of {where}: {lacking.why}", NoiseWarning, stacklevel=2)
    return tuple(replace(floor, when=when) for floor in found if not isinstance(floor, NoFloor))


def carry_out(
    started: Run,
    *,
    noted: Mapping[Case, tuple[Sampled, ...]] | None = None,
    measuring: Instruments | None = None,
    folder: Path | None = None,
) -> Iterator[Event]:
    """Measure what a run's plan has no outcome of yet; yields every event as it happens, exactly one outcome a case.

    Args:
        started: plan, and outcomes so far.
        noted: samples that were taken before of cases without an outcome.
        measuring: what builds, times and watches the cases in the worker; the real instruments by default.
        folder: of the run, in which trainings have their checkpoints; None: they have none.

    Raises:
        WorkerLostError: worker processes do not come up.

    """
    from bench.executors.isolated import IsolatedExecutor
    from bench.executors.process import ProcessWorker
    from bench.session import run_plan

    planned = started.plan
    done = {outcome.case: outcome for outcome in started.outcomes}
    first_round = _next_round(started, noted or {})
    checkpoints = None if folder is None else _checkpoints(planned, folder)
    preparer = Preparer(planned.plugins, planned.data, checkpoints, measured_files(started))
    setup = setup_of(planned, preparer, measuring)
    with IsolatedExecutor(
        lambda: ProcessWorker(setup), time_limit_s=planned.time_limit_s, first_round=first_round
    ) as executor:
        yield from run_plan(
            [
                block.only(left)
                for block in planned.blocks
                if (left := [case for case in block.cases if case not in done])
            ],
            executor,
            out_of_memory=[
                case
                for case, outcome in done.items()
                if isinstance(outcome, Failed) and outcome.kind is FailureKind.OUT_OF_MEMORY
            ],
            earlier=noted,
        )


def setup_of(planned: Plan, preparer: Preparer, measuring: Instruments | None = None, *, fresh: bool = False) -> Setup:
    """Return what a worker process has to know to measure a plan.

    Args:
        planned: the plan.
        preparer: builds its cases.
        measuring: what builds, times and watches them; the real instruments by default.
        fresh: whether each block gets a process of its own.

    """
    from bench.instruments import instruments
    from bench.measure import Settings
    from bench.stopping import PrecisionOrBudget
    from bench.worker import Setup
    from suites.surroundings import kept

    settings = Settings(
        stop=PrecisionOrBudget(precision=planned.precision, budget_s=planned.budget_s),
        budget_s=planned.budget_s,
        seed=planned.seed,
        # Whether or not anybody looks on: what is shown must not change how it is measured.
        pauses=True,
    )
    devices = frozenset(case.device for case in planned.cases)
    return Setup(instruments=measuring or instruments(preparer, kept), settings=settings, devices=devices, fresh=fresh)


def _next_round(started: Run, noted: Mapping[Case, tuple[Sampled, ...]]) -> int:
    """Return the round after all that samples were taken in: those of different processes are never paired."""
    before = [sampled.round for samples in noted.values() for sampled in samples]
    timed = (outcome.result for outcome in started.outcomes if isinstance(outcome, Measured))
    before += [max(latency.samples.rounds) for latency in timed if isinstance(latency, Latency)]
    return max(before, default=-1) + 1


def _checkpoints(planned: Plan, folder: Path) -> Checkpoints:
    return Checkpoints(
        folder=str(folder.absolute()),
        every_steps=planned.checkpoint_steps,
        most_bytes=planned.checkpoint_bytes,
    )
