"""What attaching costs: every network with an attention against the same network without, sizes and paired times."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from results.compare import baseline_of
from results.records import Measured, Unit
from results.stats import difference, ratio

from . import describe
from .table import EMPTY, Table, number, text
from .units import format_ratio, format_signed_millions, format_signed_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.records import Case, Complexity, Failed, Run, Skipped
    from results.stats import Difference, Ratio

NAME = "marginal"
#: Rules whose differences are shown, by what one count stands for: exact products and sums, and the rule that most
#: papers' scripts use.
RULES = {"torch": Unit.FLOP, "fvcore": Unit.MAC}
CAPTION = (
    "Each network less the plain one; sizes of one image, M = 1e6; times of a call, the median of paired differences "
    "and ratios [its 95% interval]"
)
FEW_ROUNDS = f"{EMPTY}: fewer than six rounds in common with the plain network."


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one attention adds to one network, in one direction."""

    case: Case
    label: str
    counted: Complexity | None
    plain_counted: Complexity | None
    added: Difference | None
    factor: Ratio | None
    """None if one of the two was not timed."""
    untimed: Skipped | Failed | None
    """Why the attention was not timed."""

    @property
    def parameters(self) -> int | None:
        """Parameters more than the plain network's."""
        if self.counted is None or self.plain_counted is None:
            return None
        return self.counted.parameters - self.plain_counted.parameters

    def operations(self, rule: str) -> int | None:
        """Return the operations by this rule more than the plain network's, or None if it did not count both."""
        if self.counted is None or self.plain_counted is None:
            return None
        totals = [{count.rule: count.total for count in each.counts} for each in (self.counted, self.plain_counted)]
        return totals[0][rule] - totals[1][rule] if all(rule in each for each in totals) else None


def costs(run: Run) -> dict[tuple[Case, ...], tuple[Cost, ...]]:
    """Return by group of cases that take turns what each attention costs; the plain network is left out.

    What failed or was skipped is in its group, if anything was timed at all.
    """
    outcomes = {outcome.case: outcome for outcome in run.outcomes}
    measured = {case: outcome for case, outcome in outcomes.items() if isinstance(outcome, Measured)}
    counted = {_network(case): each.complexity for case, each in measured.items() if each.complexity is not None}
    timed = {case: each.samples for case, each in measured.items() if each.samples is not None}
    suites = {case.suite for case in timed}
    known = [case for case in run.plan.cases if case.host is not None and case.suite in suites and case in outcomes]
    found = {}
    for group in describe.groups(known):
        plain = baseline_of(group)
        if plain is not None:
            labels = _labels(group)
            found[group] = tuple(
                Cost(
                    case=case,
                    label=labels[case],
                    counted=counted.get(_network(case)),
                    plain_counted=counted.get(_network(plain)),
                    added=difference(timed[case], timed[plain]) if {case, plain} <= timed.keys() else None,
                    factor=ratio(timed[case], timed[plain]) if {case, plain} <= timed.keys() else None,
                    untimed=None if isinstance(outcome := outcomes[case], Measured) else outcome,
                )
                for case in group
                if case != plain
            )
    return found


def _labels(group: Sequence[Case]) -> dict[Case, str]:
    """Return what a row is called; the slot has a column of its own."""
    anywhere = {case: replace(case, slot=None) for case in group}
    labels = describe.labels(tuple(dict.fromkeys(anywhere.values())))
    return {case: labels[anywhere[case]] for case in group}


def _network(case: Case) -> tuple[object, ...]:
    """Return what a count and a time of the same network have in common."""
    return (case.host, case.slot, case.implementation, case.source, case.options, case.num_classes, case.shape[1:])


def marginal_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a host and direction."""
    return tuple(_table(run, group, found) for group, found in costs(run).items() if found)


def _table(run: Run, group: tuple[Case, ...], found: tuple[Cost, ...]) -> Table:
    shared = group[0]
    counted = {count.rule for cost in found if cost.counted is not None for count in cost.counted.counts}
    rules = [rule for rule in RULES if rule in counted]
    return Table(
        title=describe.title(shared),
        caption="; ".join(
            (
                CAPTION,
                describe.input_words(shared),
                describe.machine(run.environment, shared),
            )
        )
        + ".",
        columns=(
            text("attention"),
            text("slot"),
            number("Δ parameters (M)"),
            *(number(f"Δ {rule} {RULES[rule]}s (M)") for rule in rules),
            number("Δ latency"),
            number("÷ plain"),
        ),
        rows=tuple(
            (
                cost.label,
                cost.case.slot or "",
                _millions(cost.parameters),
                *(_millions(cost.operations(rule)) for rule in rules),
                _seconds(cost.added) if cost.untimed is None else describe.outcome_words(cost.untimed),
                _factor(cost),
            )
            for cost in found
        ),
        notes=(FEW_ROUNDS,) if any(cost.added is None and cost.untimed is None for cost in found) else (),
    )


def _millions(count: int | None) -> str:
    return EMPTY if count is None else format_signed_millions(count)


def _seconds(added: Difference | None) -> str:
    return EMPTY if added is None else format_signed_seconds(added.seconds, added.low_s, added.high_s)


def _factor(cost: Cost) -> str:
    if cost.factor is None:
        return EMPTY if cost.untimed is None else ""
    return format_ratio(cost.factor.value, cost.factor.low, cost.factor.high)


CSV_COLUMNS = (
    "host",
    "slot",
    "implementation",
    "shape",
    "num_classes",
    "dtype",
    "device",
    "threads",
    "direction",
    "status",
    "delta_parameters",
    *(f"delta_{unit.lower()}s_{rule}" for rule, unit in RULES.items()),
    "delta_latency_s",
    "delta_latency_low_s",
    "delta_latency_high_s",
    "ratio",
    "ratio_low",
    "ratio_high",
    "pairs",
    "error",
)


def marginal_csv(run: Run) -> str:
    """Return one line an attention, host and direction: SI base units, full digits."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for found in costs(run).values():
        writer.writerows(_line(cost) for cost in found)
    return lines.getvalue()


def _line(cost: Cost) -> list[object]:
    case, added, factor = cost.case, cost.added, cost.factor
    return [
        case.host,
        case.slot,
        case.implementation,
        "x".join(map(str, case.shape)),
        case.num_classes,
        case.dtype,
        case.device,
        case.threads,
        str(case.direction),
        "measured" if cost.untimed is None else type(cost.untimed).__name__.lower(),
        cost.parameters,
        *(cost.operations(rule) for rule in RULES),
        *((added.seconds, added.low_s, added.high_s) if added is not None else (None, None, None)),
        *((factor.value, factor.low, factor.high, factor.pairs) if factor is not None else (None, None, None, None)),
        "" if cost.untimed is None else describe.outcome_words(cost.untimed),
    ]
