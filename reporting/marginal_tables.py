"""What attaching costs: every network with an attention against the same network without, sizes and paired times."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from results.compare import baseline_of
from results.records import Measured, Unit
from results.stats import difference, ratio, rounds_in_common

from . import describe
from .machine_notes import machine_notes
from .table import EMPTY, Table, number, text
from .units import format_signed_millions, format_signed_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.records import Case, Complexity, Failed, Outcome, Run, Skipped
    from results.stats import Difference, Ratio

NAME = "marginal"
#: Rules whose differences are shown, by what one count stands for: exact products and sums, and the rule that most
#: papers' scripts use.
RULES = {"torch": Unit.FLOP, "fvcore": Unit.MAC}
CAPTION = (
    "Each network less the plain one; sizes of one image, M = 1e6; times of a call, the median of paired differences "
    "and ratios [its 95% interval]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one attention adds to one network, in one direction."""

    case: Case
    label: str
    counted: Complexity | None
    plain_counted: Complexity | None
    added: Difference | None
    """None, as ``factor``, if one of the two was not timed, or both have too few rounds in common."""
    factor: Ratio | None
    pairs: int | None
    """Rounds in which both were sampled; None if one of them was not timed."""
    untimed: Skipped | Failed | None
    """Why the attention was not timed."""
    untimed_plain: str | None
    """Why the plain network was not timed, in words."""

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
    found = {}
    for group in describe.groups(case for case in run.plan.cases if case.host is not None and case.suite in suites):
        plain = baseline_of(group)
        if plain is None:
            continue
        labels = _labels(group)
        costs_here = []
        for case in group:
            if case == plain or case not in outcomes:
                continue
            outcome = outcomes[case]
            both = (timed[case], timed[plain]) if {case, plain} <= timed.keys() else None
            costs_here.append(
                Cost(
                    case=case,
                    label=labels[case],
                    counted=counted.get(_network(case)),
                    plain_counted=counted.get(_network(plain)),
                    added=None if both is None else difference(*both),
                    factor=None if both is None else ratio(*both),
                    pairs=None if both is None else rounds_in_common(*both),
                    untimed=None if isinstance(outcome, Measured) else outcome,
                    untimed_plain=_untimed_words(outcomes.get(plain)),
                )
            )
        found[group] = tuple(costs_here)
    return found


def _untimed_words(outcome: Outcome | None) -> str | None:
    """Return why a case has no samples; None if it has."""
    if isinstance(outcome, Measured):
        return None
    return "not reached yet" if outcome is None else describe.outcome_words(outcome)


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
    rows = tuple(
        (
            cost.label,
            cost.case.slot or "",
            _millions(cost.parameters),
            *(_millions(cost.operations(rule)) for rule in rules),
            *_time_cells(cost),
        )
        for cost in found
    )
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
        rows=rows,
        notes=(*_notes(found), *describe.cell_notes(rows), *machine_notes(run, shared)),
    )


def _notes(found: Sequence[Cost]) -> tuple[str, ...]:
    why = next((cost.untimed_plain for cost in found if cost.untimed is None), None)
    return () if why is None else (f"No difference in time ({EMPTY}): the plain network was not timed ({why}).",)


def _millions(count: int | None) -> str:
    return EMPTY if count is None else format_signed_millions(count)


def _time_cells(cost: Cost) -> tuple[str, str]:
    if cost.untimed is not None:
        return describe.outcome_words(cost.untimed), ""
    if cost.untimed_plain is not None:
        return EMPTY, EMPTY
    added = cost.added
    seconds = describe.UNPAIRED if added is None else format_signed_seconds(added.seconds, added.low_s, added.high_s)
    return seconds, describe.paired_words(cost.factor)


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
        *((factor.value, factor.low, factor.high) if factor is not None else (None, None, None)),
        cost.pairs,
        "" if cost.untimed is None else describe.outcome_words(cost.untimed),
    ]
