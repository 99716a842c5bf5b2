"""``attnbench check --limits``: hold what there is against the limits of a project, without a base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_impls.plugins import absolute
from results.blocks import blocks_of
from results.records import Plan
from suites import choices

from . import measuring
from .check_runs import measure
from .limits import Limits as RunLimits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regression.limits import Limits
    from results.checks import Judged

    from .check_options import CheckOptions
    from .check_runs import Show


def hold_against_limits(
    limits: Limits,
    chosen: Mapping[str, object],
    defaults: Mapping[str, object],
    *,
    plugins: tuple[str, ...],
    options: CheckOptions,
    show: Show,
) -> tuple[Judged, ...]:
    """Measure what limits cover, and judge it.

    Args:
        limits: of the project.
        chosen: values of axes by name; they narrow down what limits name.
        defaults: values of axes where neither a choice nor a limit says anything.
        plugins: whose implementations are measured too.
        options: of the check.
        show: is told of everything that happens.

    Raises:
        UsageError: there are no limits, or one covers nothing.
        WorkerLostError: worker processes do not come up.

    """
    from regression.limit_cases import limit_cases
    from regression.limit_verdicts import judge_limits
    from regression.order import Planned

    found = limit_cases(limits, chosen, defaults, choices.registry(plugins))
    show(Planned(cases=found.cases))
    took = RunLimits(budget_s=options.budget_s, time_limit_s=options.time_limit_s)
    planned = Plan(
        suites=tuple(dict.fromkeys(case.suite for case in found.cases)),
        blocks=blocks_of(found.cases),
        budget_s=took.budget_s,
        precision=took.precision,
        seed=measuring.SEED,
        time_limit_s=took.time_limit_s,
        plugins=tuple(map(absolute, plugins)),
    )
    run = measure(measuring.start_plan(planned, found.threads), show, noise=False)
    return tuple(judge_limits(limits, run))
