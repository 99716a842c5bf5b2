"""A published table of speeds -> a run that measures its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from attn_impls import builtin
from bench.errors import UsageError
from reporting.published.speeds import Calls, Epochs
from results.blocks import Block
from results.records import Plan
from suites import choices
from suites.papers.rebuild import Network, Rebuilder
from suites.papers.timed import Place, call_case, data_in_place_of, epoch_case
from suites.request import requested

from .limits import LIMITS, Limits
from .measuring import SEED, start_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reporting.published.speeds import Column, PublishedSpeeds, Row
    from results.records import Case, Run
    from suites.epoch import Data
    from suites.request import Request

#: Seconds of sampling a case: enough for six calls of a ResNet-152 on two CPU cores, with the overdraft that slow cases
#: may take.
BUDGET_S = 10.0
#: Papers print differences of 2%, which a median that is known to 2% does not show.
PRECISION = 0.005
#: Images in a step of an epoch that two CPU cores can compute six times in that budget.
STEP_ON_CPU = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedPlan:
    """A run that measures a table of speeds, and which of its cases is which row in which column."""

    published: PublishedSpeeds
    run: Run
    """Without outcomes."""
    cases: Mapping[tuple[str, str], Case]
    """By the key of the column and the name of the row."""
    missing: Mapping[str, str]
    """Row -> why it is not built here."""


def plan_speeds(published: PublishedSpeeds, chosen: Mapping[str, object]) -> SpeedPlan:
    """Plan a run of a table's measured columns: the rows that are divided by the same row are sampled together.

    Args:
        published: the table.
        chosen: values or their texts, by the names of axes and limits: device, dtype, threads, data, and the budget of
            all cases together.

    Raises:
        UsageError: something that was chosen does not exist, or is not possible; or there are several of it.

    """
    limits = _limits(chosen)
    request = requested((), chosen)
    place, data = _place(request), _data(published, request)
    rebuilder = Rebuilder(builtin())
    rows = (*published.rows, *published.added)
    networks = {row.name: _network(published, row) for row in rows}
    missing = {name: why for name, network in networks.items() if (why := rebuilder.missing(network))}
    cases: dict[tuple[str, str], Case] = {}
    for column in published.columns:
        for row in rows:
            if column.how is not None and row.name not in missing:
                cases[column.key, row.name] = _case(column.how, networks[row.name], row, place, data)
    planned = Plan(
        suites=tuple(dict.fromkeys(case.suite for case in cases.values())),
        # Where one data set stands in for two, two columns are one block.
        blocks=tuple(dict.fromkeys(_blocks(published, cases))),
        budget_s=BUDGET_S if chosen.get("budget_s") is None else limits.budget_s / len(set(cases.values())),
        precision=limits.precision,
        seed=SEED,
        time_limit_s=limits.time_limit_s,
        data=None if request.data is None else str(Path(request.data).absolute()),
    )
    return SpeedPlan(published=published, run=start_plan(planned, place.threads), cases=cases, missing=missing)


def _limits(chosen: Mapping[str, object]) -> Limits:
    given = {limit.name: limit.take(chosen[limit.name]) for limit in LIMITS if chosen.get(limit.name) is not None}
    return replace(Limits(precision=PRECISION), **given)


def _place(request: Request) -> Place:
    devices, dtypes = choices.devices(request.devices), choices.dtypes(request.dtypes)
    for flag, values in (("--device", devices), ("--dtype", dtypes), ("--dataset", request.datasets)):
        if len(values) > 1:
            msg = f"a table of speeds is measured with one {flag}, not with {', '.join(values)}; choose one"
            raise UsageError(msg)
    import torch

    return Place(device=devices[0], dtype=dtypes[0], threads=request.threads or torch.get_num_threads())


def _data(published: PublishedSpeeds, request: Request) -> Mapping[str, Data]:
    """Return by the paper's data sets those that its epochs are measured on.

    Raises:
        UsageError: data were chosen for a table without epochs, or there are no such ones.

    """
    wanted = dict.fromkeys(column.how.dataset for column in published.columns if isinstance(column.how, Epochs))
    given = {"--data": request.data, "--dataset": request.datasets, "--download": request.download}
    for flag, value in given.items():
        if value and not wanted:
            msg = f"{flag} is for tables of epochs; these speeds are of calls: leave it out"
            raise UsageError(msg)
    folder = None if request.data is None else Path(request.data)
    chosen = next(iter(request.datasets), None)
    return {name: data_in_place_of(name, chosen, folder, downloads=request.download) for name in wanted}


def _network(published: PublishedSpeeds, row: Row) -> Network:
    return Network(
        host=row.host,
        implementation=row.implementation,
        slot=row.slot,
        image_size=published.image_size,
        num_classes=published.num_classes,
    )


def _case(how: Calls | Epochs, network: Network, row: Row, place: Place, data: Mapping[str, Data]) -> Case:
    match how:
        case Calls(direction=direction, batch=batch, device=device):
            there = Place(device=device or place.device, dtype=place.dtype, threads=place.threads)
            fitting = _fitting(batch, there, choices.BATCH_SIZE_CPU)
            return call_case(network, builtin(), there, direction=direction, batch=fitting, mode=row.mode)
        case Epochs(dataset=dataset, recipe=recipe, phase=phase, batch=batch):
            return epoch_case(
                network,
                builtin(),
                place,
                data[dataset],
                recipe_name=recipe,
                phase=phase,
                batch=_fitting(batch, place, STEP_ON_CPU),
                mode=row.mode,
            )
        case _:
            assert_never(how)


def _fitting(batch: int, place: Place, on_cpu: int) -> int:
    """Return the images of a call: the paper's on one of its devices, or what two CPU cores can do of it."""
    return min(batch, on_cpu) if place.device == "cpu" else batch


def _blocks(published: PublishedSpeeds, cases: Mapping[tuple[str, str], Case]) -> Iterator[Block]:
    for column in published.columns:
        for first in published.firsts:
            yield from _block(published, cases, column, first)


def _block(
    published: PublishedSpeeds, cases: Mapping[tuple[str, str], Case], column: Column, first: str
) -> Iterator[Block]:
    together = tuple(
        cases[column.key, row.name]
        for row in (*published.rows, *published.added)
        if row.first == first and (column.key, row.name) in cases
    )
    if together:
        # The first row is sampled until all others are done: they are divided by it.
        yield Block(cases=together, baseline=0 if (column.key, first) in cases else None)
