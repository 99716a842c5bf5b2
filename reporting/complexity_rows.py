"""Counts -> the rows of one block: how big each network is, and on which operators the counting rules disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.ledger import disagreements
from results.records import PLAIN, Complexity, Measured
from results.unseen import unseen_operators

from . import describe
from .cells import BLANK, EMPTY, Kind, Missing, Quantity
from .naming import within
from .stacking import Part
from .table import number, text
from .units import format_millions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from results.records import Block, Case, Outcome, Run, Unit

    from .cells import Cell

    #: (rule, unit), in the order in which they are met.
    Rules = tuple[tuple[str, Unit], ...]

#: Stands where a rule could not count; a note says why.
NOT_COUNTED = Missing("failed")
UNSEEN_WORDS = "No rule counts these operators, which ran (elements that they worked on, M)"
#: Of the operators that no rule counts, so many are named in a row's note.
NAMED = 3


def counted_blocks(run: Run) -> tuple[Block, ...]:
    """Return the blocks in which anything was counted, in plan order."""
    blocks = run.index.blocks_with(Complexity)
    return tuple(block for block in blocks if run.index.results(block.cases, Complexity))


def size_rows(run: Run, block: Block) -> Part:
    """Return the sizes of the networks of a block."""
    group = describe.plain_first(block.cases)
    known = [run.index.outcomes[case] for case in group if case in run.index.outcomes]
    counted = run.index.results(group, Complexity)
    rules = _rules(counted.values())
    plain = next((counted[case] for case in counted if case.implementation == PLAIN), None)
    names = describe.labels(group)
    return Part(
        block.shared,
        columns=(
            text("attention"),
            number("parameters (M)"),
            *([] if plain is None else [number("Δ plain (M)")]),
            *(number(f"{_rule_name(rule)} {unit}s (M)") for rule, unit in rules),
        ),
        rows=tuple((names[outcome.case], *_size_cells(outcome, plain, rules)) for outcome in known),
        notes=(*_failure_notes(counted, names), *_unseen_notes(counted, names)),
    )


def _failure_notes(counted: Mapping[Case, Complexity], names: Mapping[Case, str]) -> tuple[str, ...]:
    """Return which rules could not count which rows, and why; equal causes once."""
    causes: dict[tuple[str, str], list[str]] = {}
    for case, complexity in counted.items():
        for failure in complexity.failures:
            causes.setdefault((failure.rule, failure.error), []).append(names[case])
    return tuple(
        f"{_rule_name(rule)} could not count {within(rows)}: {describe.shortened(error)}"
        for (rule, error), rows in causes.items()
    )


def _unseen_notes(counted: Mapping[Case, Complexity], names: Mapping[Case, str]) -> tuple[str, ...]:
    """Return the operators that ran and that are in no column, where there is much of them."""
    rows = [
        f"{names[case]} ({', '.join(f'{each.operator} {format_millions(each.count)}' for each in unseen[:NAMED])})"
        for case, complexity in counted.items()
        if (unseen := unseen_operators(complexity))
    ]
    return (f"{UNSEEN_WORDS}: {within(rows)}.",) if rows else ()


def _size_cells(outcome: Outcome, plain: Complexity | None, rules: Rules) -> tuple[Cell, ...]:
    if not isinstance(outcome, Measured):
        return (describe.no_figure(outcome), *([BLANK] * (len(rules) + (plain is not None))))
    complexity = outcome.result
    if not isinstance(complexity, Complexity):
        return tuple([EMPTY] * (1 + len(rules) + (plain is not None)))
    more = (
        EMPTY
        if plain is None or plain is complexity
        else Quantity(value=complexity.parameters - plain.parameters, kind=Kind.OPERATIONS_MORE)
    )
    cells: dict[str, Cell] = {count.rule: _operations(count.total) for count in complexity.counts}
    cells |= {failure.rule: NOT_COUNTED for failure in complexity.failures}
    return (
        _operations(complexity.parameters),
        *([] if plain is None else [more]),
        *(cells.get(rule, EMPTY) for rule, _ in rules),
    )


def operator_rows(run: Run, block: Block) -> Part:
    """Return the operators of a block that the rules do not count alike."""
    group = describe.plain_first(block.cases)
    here = run.index.results(group, Complexity)
    rules = _rules(here.values())
    names = describe.labels(group)
    plain = [found for case, each in here.items() if case.implementation == PLAIN for found in disagreements(each)]
    rows = [
        (names[case], found.operator, *(_count(dict(found.counts), rule) for rule, _ in rules))
        for case, complexity in here.items()
        for found in disagreements(complexity)
        # What is the network's own stands once.
        if case.implementation == PLAIN or found not in plain
    ]
    return Part(
        block.shared,
        columns=(
            text("attention"),
            text("operator"),
            *(number(f"{_rule_name(rule)} {unit}s (M)") for rule, unit in rules),
        ),
        rows=tuple(rows),
    )


def _count(counts: Mapping[str, int], rule: str) -> Cell:
    return _operations(counts[rule]) if rule in counts else EMPTY


def _operations(total: int) -> Quantity:
    return Quantity(value=total, kind=Kind.OPERATIONS)


def _rules(complexities: Iterable[Complexity]) -> Rules:
    """Return each rule once; one that failed has its column too."""
    listed = list(complexities)
    counted = ((count.rule, count.unit) for each in listed for count in each.counts)
    failed = ((failure.rule, failure.unit) for each in listed for failure in each.failures)
    return tuple(dict.fromkeys((*counted, *failed)))


def _rule_name(rule: str) -> str:
    return rule.replace("_", " ")
