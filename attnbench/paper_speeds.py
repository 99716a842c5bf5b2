"""A published table of speeds -> a run that measures its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from attn_impls import builtin
from bench.errors import UsageError
from reporting.published.speeds import Calls, Epochs
from results.blocks import Block
from results.records import Plan
from suites import choices
from suites.papers.rebuild import Network, Rebuilder
from suites.papers.timed import Place, call_case
from suites.request import requested

from .limits import LIMITS, Limits
from .measuring import SEED, start_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reporting.published.speeds import PublishedSpeeds, Row
    from results.records import Case, Run

#: Seconds of sampling a case: enough for six calls of a ResNet-152 on two CPU cores, with the overdraft that slow cases
#: may take.
BUDGET_S = 10.0
#: Papers print differences of 2%, which a median that is known to 2% does not show.
PRECISION = 0.005


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
        chosen: values or their texts, by the names of axes and limits: device, dtype, threads, budget.

    Raises:
        UsageError: something that was chosen does not exist, or is not possible; or there are several of it.

    """
    limits = Limits(**{"budget_s": BUDGET_S, "precision": PRECISION} | _limits(chosen))
    place = _place(chosen)
    registry = builtin()
    rebuilder = Rebuilder(registry)
    rows = (*published.rows, *published.added)
    networks = {row.name: _network(published, row) for row in rows}
    missing = {name: why for name, network in networks.items() if (why := rebuilder.missing(network))}
    cases: dict[tuple[str, str], Case] = {}
    for column in published.columns:
        for row in rows:
            if column.how is not None and row.name not in missing:
                cases[column.key, row.name] = _case(column.how, networks[row.name], row, place)
    planned = Plan(
        suites=tuple(dict.fromkeys(case.suite for case in cases.values())),
        blocks=tuple(_blocks(published, cases)),
        budget_s=limits.budget_s,
        precision=limits.precision,
        seed=SEED,
        time_limit_s=limits.time_limit_s,
    )
    return SpeedPlan(published=published, run=start_plan(planned, place.threads), cases=cases, missing=missing)


def _limits(chosen: Mapping[str, object]) -> dict[str, float]:
    return {limit.name: limit.take(chosen[limit.name]) for limit in LIMITS if chosen.get(limit.name) is not None}


def _place(chosen: Mapping[str, object]) -> Place:
    request = requested((), chosen)
    devices, dtypes = choices.devices(request.devices), choices.dtypes(request.dtypes)
    for flag, values in (("--device", devices), ("--dtype", dtypes)):
        if len(values) > 1:
            msg = f"a table of speeds is measured with one {flag}, not with {', '.join(values)}; choose one"
            raise UsageError(msg)
    import torch

    return Place(device=devices[0], dtype=dtypes[0], threads=request.threads or torch.get_num_threads())


def _network(published: PublishedSpeeds, row: Row) -> Network:
    return Network(
        host=row.host,
        implementation=row.implementation,
        slot=row.slot,
        image_size=published.image_size,
        num_classes=published.num_classes,
    )


def _case(how: Calls | Epochs, network: Network, row: Row, place: Place) -> Case:
    match how:
        case Calls():
            there = Place(device=how.device or place.device, dtype=place.dtype, threads=place.threads)
            return call_case(
                network,
                builtin(),
                there,
                direction=how.direction,
                batch=_batch(how, there.device),
                mode=row.mode,
            )
        case Epochs():
            msg = "this table is of epochs, which are not timed here; print it with --as-published"
            raise UsageError(msg)
        case _:
            assert_never(how)


def _batch(how: Calls, device: str) -> int:
    """Return the images of a call: the paper's on one of its devices, or what two CPU cores can do of it."""
    return min(how.batch, choices.BATCH_SIZE_CPU) if device == "cpu" else how.batch


def _blocks(published: PublishedSpeeds, cases: Mapping[tuple[str, str], Case]) -> Iterator[Block]:
    for column in published.columns:
        for first in published.firsts:
            together = tuple(
                cases[column.key, row.name]
                for row in (*published.rows, *published.added)
                if row.first == first and (column.key, row.name) in cases
            )
            if together:
                # The first row is sampled until all others are done: they are divided by it.
                yield Block(cases=together, baseline=0 if (column.key, first) in cases else None)
