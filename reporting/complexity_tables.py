"""Counts -> tables: how big each network is, and which operators the counting rules disagree on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.ledger import disagreements
from results.records import PLAIN, Measured

from . import describe
from .table import EMPTY, Table, number, text
from .units import format_millions, format_signed_millions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from results.records import Case, Complexity, Outcome, Run, Unit

    #: (rule, unit), in the order in which they are met.
    Rules = tuple[tuple[str, Unit], ...]


def complexity_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a host: parameters, what they are more than the plain host's, and a column for each rule."""
    by_case = {outcome.case: outcome for outcome in run.outcomes}
    return tuple(_sizes(group, by_case) for group in _counted_groups(run))


def operator_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a host: the operators on which the rules do not agree, with the count of every rule."""
    counted = _counted(run.outcomes)
    tables = (_operators(group, counted) for group in _counted_groups(run))
    return tuple(table for table in tables if table.rows)


def _counted(outcomes: Iterable[Outcome]) -> dict[Case, Complexity]:
    return {
        outcome.case: outcome.complexity
        for outcome in outcomes
        if isinstance(outcome, Measured) and outcome.complexity is not None
    }


def _counted_groups(run: Run) -> tuple[tuple[Case, ...], ...]:
    counted = _counted(run.outcomes)
    return tuple(
        tuple(sorted(group, key=lambda case: case.implementation != PLAIN))
        for group in describe.groups(run.plan.cases)
        if any(case in counted for case in group)
    )


def _sizes(group: Sequence[Case], by_case: Mapping[Case, Outcome]) -> Table:
    known = [by_case[case] for case in group if case in by_case]
    counted = _counted(known)
    rules = _rules(counted.values())
    plain = next((counted[case] for case in counted if case.implementation == PLAIN), None)
    names = describe.labels(group)
    return Table(
        title=_title(group[0]),
        caption=f"{describe.input_words(group[0]).capitalize()}; sizes for a batch of one, M = 1e6.",
        columns=(
            text("attention"),
            number("parameters (M)"),
            *([] if plain is None else [number("Δ plain (M)")]),
            *(number(f"{_rule_name(rule)} {unit}s (M)") for rule, unit in rules),
        ),
        rows=tuple((names[outcome.case], *_size_cells(outcome, plain, rules)) for outcome in known),
        notes=describe.slot_notes(group),
    )


def _size_cells(outcome: Outcome, plain: Complexity | None, rules: Rules) -> tuple[str, ...]:
    if not isinstance(outcome, Measured):
        return (describe.outcome_words(outcome), *([""] * (len(rules) + (plain is not None))))
    complexity = outcome.complexity
    if complexity is None:
        return tuple([EMPTY] * (1 + len(rules) + (plain is not None)))
    more = (
        EMPTY
        if plain is None or plain is complexity
        else format_signed_millions(complexity.parameters - plain.parameters)
    )
    totals = {count.rule: count.total for count in complexity.counts}
    return (
        format_millions(complexity.parameters),
        *([] if plain is None else [more]),
        *(format_millions(totals[rule]) if rule in totals else EMPTY for rule, _ in rules),
    )


def _operators(group: Sequence[Case], counted: Mapping[Case, Complexity]) -> Table:
    here = {case: counted[case] for case in group if case in counted}
    rules = _rules(here.values())
    names = describe.labels(group)
    rows = [
        (names[case], found.operator, *(_count(dict(found.counts), rule) for rule, _ in rules))
        for case, complexity in here.items()
        for found in disagreements(complexity)
    ]
    return Table(
        title=_title(group[0]),
        caption=(
            f"{describe.input_words(group[0]).capitalize()}; operators that do not count the same "
            "by every rule, a MAC taken as two; each rule in its own unit, M = 1e6."
        ),
        columns=(
            text("attention"),
            text("operator"),
            *(number(f"{_rule_name(rule)} {unit}s (M)") for rule, unit in rules),
        ),
        rows=tuple(rows),
    )


def _count(counts: Mapping[str, int], rule: str) -> str:
    return format_millions(counts[rule]) if rule in counts else EMPTY


def _rules(complexities: Iterable[Complexity]) -> Rules:
    return tuple(dict.fromkeys((count.rule, count.unit) for each in complexities for count in each.counts))


def _rule_name(rule: str) -> str:
    return rule.replace("_", " ")


def _title(case: Case) -> str:
    return case.host or describe.NOUNS[case.subject]
