"""A run from Python; ``attnbench run`` is a thin layer over this."""

from __future__ import annotations

import math
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from results.records import Plan, Run
from suites.prepare import Preparer
from suites.request import Request, plan

from ..errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.records import Outcome

    from ..events import Event

#: A half-width of 2% tells implementations apart that differ by 5%, on a machine as noisy as most.
PRECISION = 0.02
#: Seconds of sampling for one case: the default plan then takes about two and a half minutes on two cores.
BUDGET_S = 1.5
SEED = 0


def start(request: Request, *, budget_s: float = BUDGET_S, precision: float = PRECISION) -> Run:
    """Turn a request into a run without outcomes: the plan, and where it will be carried out.

    Args:
        request: what the user asked for.
        budget_s: sampling time for one case, in seconds.
        precision: relative half-width of the 95% interval of the median to stop at.

    Raises:
        UsageError: something asked for does not exist, or no case is left.

    """
    if not (math.isfinite(budget_s) and budget_s > 0):
        msg = f"a budget of {budget_s} s is not possible; give seconds above 0"
        raise UsageError(msg)
    names, cases, threads = plan(request)
    from .. import environment

    now = datetime.now(UTC)
    return Run(
        run_id=f"{now:%Y-%m-%dT%H-%M-%S}-{'-'.join(names)}-{secrets.token_hex(2)}",
        started_at=now.isoformat(timespec="seconds"),
        plan=Plan(suites=names, cases=cases, budget_s=budget_s, precision=precision, seed=SEED),
        environment=environment.describe(threads),
    )


def carry_out(started: Run, plugins: Sequence[str] = ()) -> Iterator[Event]:
    """Measure the plan of a run; yields every event as it happens, exactly one outcome a case."""
    from ..clocks import clock_for
    from ..executors.local import LocalExecutor
    from ..measure import Settings
    from ..session import run_plan
    from ..stopping import PrecisionOrBudget

    planned = started.plan
    settings = Settings(
        stop=PrecisionOrBudget(precision=planned.precision, budget_s=planned.budget_s),
        budget_s=planned.budget_s,
        seed=planned.seed,
    )
    yield from run_plan(planned.cases, LocalExecutor(Preparer(tuple(plugins)), clock_for, settings))


def run(
    *suites: str,
    impls: Sequence[str] = (),
    hosts: Sequence[str] = (),
    devices: Sequence[str] = (),
    batch_sizes: Sequence[int] = (),
    dtypes: Sequence[str] = (),
    directions: Sequence[str] = (),
    budget_s: float = BUDGET_S,
    precision: float = PRECISION,
    plugins: Sequence[str] = (),
) -> Run:
    """Measure and return the run; nothing is written.

    Args:
        suites: names from the catalog; all by default.
        impls: names or globs such as ``sk/*``; the PSK paper's variants by default.
        hosts: names of networks; all by default. ``none`` measures the attention alone.
        devices: ``cpu``, ``cuda``, ``cuda:N``; the best one by default.
        batch_sizes: images a call; 4 by default, 32 if only CUDA devices are measured.
        dtypes: ``float32`` by default.
        directions: ``forward``, ``backward``, ``forward+backward``; all by default.
        budget_s: sampling time for one case, in seconds.
        precision: relative half-width of the 95% interval of the median to stop at.
        plugins: Python files with implementations of one's own.

    Raises:
        UsageError: something asked for does not exist.

    """
    request = Request(
        suites=suites,
        impls=tuple(impls),
        hosts=tuple(hosts),
        devices=tuple(devices),
        batch_sizes=tuple(batch_sizes),
        dtypes=tuple(dtypes),
        directions=tuple(directions),
        plugins=tuple(plugins),
    )
    started = start(request, budget_s=budget_s, precision=precision)
    return replace(started, outcomes=tuple(outcomes(carry_out(started, request.plugins))))


def outcomes(events: Iterator[Event]) -> Iterator[Outcome]:
    """Keep the outcomes of a stream of events."""
    from ..events import Started

    for event in events:
        if not isinstance(event, Started):
            yield event
