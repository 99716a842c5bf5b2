"""Functions on logits -> tables over all shapes: how each did against PyTorch's softmax."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from results.bandwidth import OPERATORS, copy_of, is_copy, speed
from results.compare import OP_BASELINE, comparison_group
from results.contest import Contestant, contest, contestant_of
from results.records import Measured

from . import describe
from .table import EMPTY, Table, number, text
from .units import format_factor, format_gb_per_s, format_mean, format_ratio, format_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.contest import Contest
    from results.records import Case, Environment, Run

SOFTMAX = Contestant(implementation=OP_BASELINE)
SPEED_WORDS = (
    "**GB/s**: the least that a function on logits must move, in 1e9 bytes, over the median time. Forward: read the "
    "logits, write the result; with backward also read the result and its gradient, write the logits' gradient. "
    "**÷ copy**: that over what a copy into existing memory reaches, paired; its 95% interval in brackets."
)
CONTEST_WORDS = (
    "**÷ softmax**, over several shapes: the geometric mean of the paired ratios, with the interval that follows from "
    "theirs; least and most of them; and on how many shapes the whole interval is below 1 (faster) or above (slower)."
)
WORDS = (SPEED_WORDS, CONTEST_WORDS)


def operators_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a direction, dtype and device; its rows are functions, its figures over all shapes."""
    return tuple(_table(run.environment, outcomes) for outcomes in by_direction(run))


def by_direction(run: Run) -> list[list[Measured]]:
    """Return lists of the timed outcomes of functions on logits that differ in function and shape alone, as planned."""
    found: dict[Case, list[Measured]] = {}
    by_case = {outcome.case: outcome for outcome in run.outcomes}
    for case in run.plan.cases:
        outcome = by_case.get(case)
        if case.suite == OPERATORS and isinstance(outcome, Measured) and outcome.samples is not None:
            found.setdefault(replace(comparison_group(case), shape=(), dim=None), []).append(outcome)
    return list(found.values())


def _table(environment: Environment, outcomes: Sequence[Measured]) -> Table:
    shared = outcomes[0].case
    shapes = dict.fromkeys((outcome.case.shape, outcome.case.dim) for outcome in outcomes)
    largest = max((shape for shape, _ in shapes), key=prod)
    at_largest = [outcome for outcome in outcomes if outcome.case.shape == largest]
    speeds = {contestant_of(each.case): speed(each, copy_of(at_largest)) for each in at_largest}
    functions = {contestant_of(each.case): describe.name(each.case) for each in outcomes if not is_copy(each.case)}
    rows = []
    for function, name in functions.items():
        found = contest(outcomes, function, SOFTMAX)
        fast = speeds.get(function)
        share = None if fast is None else fast.share_of_copy
        rows.append(
            (
                name,
                *_contest_cells(found if function != SOFTMAX else None),
                EMPTY if fast is None else format_gb_per_s(fast.bytes_per_s),
                EMPTY if share is None else format_ratio(share.value, share.low, share.high),
            )
        )
    words = ("all shapes", shared.direction, shared.dtype, shared.device, *describe.execution_words(shared))
    return Table(
        title=f"{describe.NOUNS[shared.subject]}, {', '.join(words)}",
        caption=(
            f"Time over that of PyTorch's softmax, paired, on {describe.machine(environment, shared)}. "
            f"Shapes: {', '.join(format_shape(shape) for shape, _ in shapes)}."
        ),
        columns=(
            text("function"),
            number("÷ softmax, geometric mean"),
            number("least"),
            number("most"),
            number("faster"),
            number("slower"),
            number(f"GB/s at {format_shape(largest)}"),
            number("÷ copy there"),
        ),
        rows=tuple(rows),
    )


def _contest_cells(found: Contest | None) -> tuple[str, ...]:
    if found is None:
        return ("1", *[""] * 4)
    mean, values = found.mean, [each.value for each in found.ratios.values()]
    return (
        format_mean(mean.value, mean.low, mean.high),
        format_factor(min(values)),
        format_factor(max(values)),
        f"{found.faster} of {len(values)}",
        f"{found.slower} of {len(values)}",
    )
