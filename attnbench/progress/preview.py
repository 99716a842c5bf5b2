"""What a run will measure, said before torch is imported: that takes seconds in which nothing else is to be seen."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import UsageError
from bench.processor import cpu_name, gpu_names, usable_cores
from reporting.describe import machine, plural
from results.blocks import blocks_of
from results.records import Plan
from suites.catalog import DEFAULT, QUESTIONS
from suites.choices import DEVICE
from suites.request import Place, plan
from suites.sweep import plan_sweep
from training.datasets import DATASETS
from training.recipes import recipe

from ..sharding import part_of
from .forecast import Forecast
from .line import about_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.records import Case, Environment, Run
    from suites.request import Request
    from suites.sweep import Sweep

    from ..limits import Limits

#: Importing torch, before anything is measured.
IMPORT_S = 4.0
#: Suites whose plan looks for images on disk, and may have to fetch them.
ON_DATA = frozenset({"epoch", "train", "pareto"})
#: The first that is set says how many threads torch will use.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Preview:
    """What was said of a run before it was planned."""

    line: str
    counts: tuple[int, int] | None = None
    """Cases and blocks; None where they are not known yet."""


def preview(sweep: Sweep, limits: Limits) -> Preview | None:
    """Return what can be said at once of what a user asks for; None if it will be refused: the plan says why.

    Args:
        sweep: what the user asked for.
        limits: of the run.

    """
    request = sweep.requests[0]
    names = tuple(dict.fromkeys(name for each in sweep.requests for name in each.suites or DEFAULT))
    chosen = tuple(dict.fromkeys(device for each in sweep.requests for device in each.devices))
    folders = (Path(folder) for folder in [request.data] if folder is not None)
    if not QUESTIONS.keys() >= set(names) or not _are_there(chosen):
        return None
    if not all(folder.is_dir() for folder in folders) or not DATASETS.keys() >= set(request.datasets):
        return None
    if request.plugins or any(":" in name for each in sweep.requests for name in each.impls):
        # A plug-in that cannot be loaded, and an option that there is not, is refused in one line.
        return None
    place = Place(devices=_devices(chosen), threads=request.threads or _threads())
    with suppress(UsageError), warnings.catch_warnings():
        # The plan itself will say it again.
        warnings.simplefilter("ignore")
        if ON_DATA.intersection(names):
            for each in sweep.requests:
                _refuse_as_planned(each, place)
            return Preview(f"{_listed(names)} on {hardware_words(chosen)}; looking for the images")
        suites, cases, _ = plan_sweep(sweep, place)
        whole = Plan(
            suites=suites,
            blocks=blocks_of(cases),
            budget_s=limits.budget_s,
            precision=limits.precision,
            seed=0,
            time_limit_s=limits.time_limit_s,
        )
        planned = part_of(whole, limits.shard)
        counts = (len(planned.cases), len(planned.blocks))
        return Preview(f"{_counted(*counts)} on {hardware_words(chosen)} · {_time(planned, IMPORT_S)}", counts)
    return None


def _refuse_as_planned(request: Request, place: Place) -> None:
    """Raise UsageError for what a plan on images would refuse before it looks for them."""
    for name in request.datasets or DATASETS:
        recipe(request.recipe, name)
    # Of networks and attentions, any plan refuses the same.
    plan(replace(request, suites=("complexity",), modes=()), place=place)


def hardware_words(chosen: Sequence[str]) -> str:
    """Return the names of the devices that were chosen, or of the best one here, as the system has them."""
    names = gpu_names()
    found = []
    for device in _devices(chosen):
        index = int(device.partition(":")[2] or 0)
        if device == "cpu":
            found.append(f"{cpu_name()}, {plural(usable_cores(), 'core')}")
        else:
            found.append(names[index] if index < len(names) else device)
    return ", ".join(found)


def can_be_made(folder: Path | None) -> bool:
    """Return whether the folder of a run can be made, as far as a look tells; the run itself says why not."""
    if folder is None:
        return True
    # A link to nowhere is there, and no folder.
    above = next((each for each in folder.absolute().parents if os.path.lexists(each)), None)
    return not folder.exists() and above is not None and above.is_dir() and os.access(above, os.W_OK)


def planned_words(run: Run) -> str:
    """Return the same of a plan that is certain: cases and blocks that are missing, on what, about how long."""
    done = {outcome.case for outcome in run.outcomes}
    missing = [case for case in run.plan.cases if case not in done]
    blocks = sum(any(case not in done for case in block.cases) for block in run.plan.blocks)
    where = ", ".join(dict.fromkeys(_place_words(run.environment, case) for case in missing or run.plan.cases))
    return f"{_counted(len(missing), blocks)} on {where} · {_time(run.plan, 0.0, done)}"


def counts_of(run: Run) -> tuple[int, int]:
    """Return the cases and blocks of a plan."""
    return len(run.plan.cases), len(run.plan.blocks)


def _time(planned: Plan, before_s: float, done: set[Case] | None = None) -> str:
    expected = Forecast(planned, done or ()).whole()
    return about_words(type(expected)(expected.seconds + before_s, expected.at_least))


def _counted(cases: int, blocks: int) -> str:
    return f"{plural(cases, 'case')} in {plural(blocks, 'block')}"


def _place_words(environment: Environment, case: Case) -> str:
    if case.device != "cpu":
        return machine(environment, case)
    threads = environment.threads if case.threads is None else case.threads
    return f"{environment.cpu}, {plural(environment.cores, 'core')}, {plural(threads, 'thread')}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _threads() -> int:
    for name in THREAD_VARIABLES:
        with suppress(KeyError, ValueError):
            return max(1, int(os.environ[name].partition(",")[0]))
    return usable_cores()


def _devices(chosen: Sequence[str]) -> tuple[str, ...]:
    """Return the devices, the best that the driver names if none is chosen."""
    named = chosen or ("cuda" if gpu_names() else "cpu",)
    return tuple(dict.fromkeys(f"{name}:0" if name == "cuda" else name for name in named))


def _are_there(devices: Sequence[str]) -> bool:
    """Return whether the devices that were chosen seem to be there."""
    return all(
        DEVICE.fullmatch(device) and (device == "cpu" or int(device.partition(":")[2] or 0) < len(gpu_names()))
        for device in devices
    )
