"""What attaching costs: every network with an attention against the same network without, sizes and paired times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.records import PLAIN, Complexity, Latency, Measured, Unit
from results.rows import case_row
from results.stats import difference, rounds_in_common

from . import describe
from .cells import BLANK, EMPTY, Kind, Quantity
from .csv_text import csv_lines
from .latency_blocks import call_blocks
from .machine_notes import machine_notes
from .stacking import CALLS, Part, stacks
from .table import number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from results.records import Block, Case, Failed, Outcome, Run, Skipped
    from results.stats import Difference, Ratio

    from .cells import Cell
    from .stacking import Stack
    from .table import Table

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


def costs(run: Run) -> dict[Block, tuple[Cost, ...]]:
    """Return by block what each attention costs; the plain network is left out.

    What failed or was skipped is in its block, if anything was timed at all.
    """
    outcomes = run.index.outcomes
    counted = {_network(case): each for case, each in run.index.results(run.plan.cases, Complexity).items()}
    found = {}
    for block in call_blocks(run):
        plain = block.baseline_among(outcomes.__contains__)
        if plain is None or block.shared.host is None:
            continue
        labels = _labels(block.cases)
        timed = run.index.results(block.cases, Latency)
        costs_here = []
        for case in block.cases:
            if case == plain or case not in outcomes:
                continue
            outcome = outcomes[case]
            both = (timed[case].samples, timed[plain].samples) if {case, plain} <= timed.keys() else None
            costs_here.append(
                Cost(
                    case=case,
                    label=labels[case],
                    counted=counted.get(_network(case)),
                    plain_counted=counted.get(_network(plain)),
                    added=None if both is None else difference(*both),
                    factor=None if both is None else run.index.ratio(case, plain),
                    pairs=None if both is None else rounds_in_common(*both),
                    untimed=None if isinstance(outcome, Measured) else outcome,
                    untimed_plain=_untimed_words(outcomes.get(plain)),
                )
            )
        found[block] = tuple(costs_here)
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
    return (case.host, case.slot, case.implementation, case.source, case.options, case.input.with_batch(1))


def marginal_tables(run: Run) -> tuple[Table, ...]:
    """Return what all attentions cost in all networks, batches and directions, in one table."""
    found = {block.shared: each for block, each in costs(run).items() if each}
    counted = {
        count.rule
        for each in found.values()
        for cost in each
        if cost.counted is not None
        for count in cost.counted.counts
    }
    rules = [rule for rule in RULES if rule in counted]
    stacked = stacks((_part(case, each, rules) for case, each in found.items()), CALLS)
    return tuple(
        stack.table(
            title="Costs",
            caption="; ".join((CAPTION, *dict.fromkeys(describe.machine(run.environment, case) for case in found)))
            + ".",
            notes=(
                *(note for part in stack.parts for note in _notes(found[part.case], stack, part.case)),
                *describe.cell_notes(row for part in stack.parts for row in part.rows),
            ),
            document_notes=[note for case in found for note in machine_notes(run, case)],
            names=2,
        )
        for stack in stacked
    )


def _part(shared: Case, found: Sequence[Cost], rules: Sequence[str]) -> Part:
    rows = tuple(
        (
            cost.label,
            cost.case.slot or "",
            _more(cost.parameters),
            *(_more(cost.operations(rule)) for rule in rules),
            *_time_cells(cost),
        )
        for cost in found
    )
    columns = (
        text("attention"),
        text("slot"),
        number("Δ parameters (M)"),
        *(number(f"Δ {rule} {RULES[rule]}s (M)") for rule in rules),
        number("Δ latency"),
        number("÷ plain"),
    )
    return Part(shared, columns, rows)


def _notes(found: Sequence[Cost], stack: Stack, case: Case) -> tuple[str, ...]:
    why = next((cost.untimed_plain for cost in found if cost.untimed is None), None)
    if why is None:
        return ()
    return (f"No difference in time ({EMPTY.reason}): {stack.name('the plain network', case)} was not timed ({why}).",)


def _more(count: int | None) -> Cell:
    return EMPTY if count is None else Quantity(value=count, kind=Kind.OPERATIONS_MORE)


def _time_cells(cost: Cost) -> tuple[Cell, Cell]:
    if cost.untimed is not None:
        return describe.no_figure(cost.untimed), BLANK
    if cost.untimed_plain is not None:
        return EMPTY, EMPTY
    added = cost.added
    if added is None:
        return describe.UNPAIRED, describe.paired(cost.factor)
    more = Quantity(value=added.seconds, kind=Kind.SECONDS_MORE, low=added.low_s, high=added.high_s)
    return more, describe.paired(cost.factor)


def _operations(rule: str) -> Callable[[Cost], object]:
    return lambda cost: cost.operations(rule)


def _of_case(name: str) -> Callable[[Cost], object]:
    return lambda cost: case_row(cost.case)[name]


#: Column -> what a line has there; None is an empty cell.
CSV_COLUMNS: dict[str, Callable[[Cost], object]] = {
    "host": lambda cost: cost.case.host,
    "slot": lambda cost: cost.case.slot,
    "implementation": lambda cost: cost.case.implementation,
    **{name: _of_case(name) for name in ("options", "input", "batch_size")},
    "shape": lambda cost: "x".join(map(str, cost.case.shape)),
    "num_classes": lambda cost: cost.case.input.num_classes,
    "dtype": lambda cost: cost.case.dtype,
    "device": lambda cost: cost.case.device,
    "threads": lambda cost: cost.case.threads,
    "direction": lambda cost: str(cost.case.direction),
    "status": lambda cost: "measured" if cost.untimed is None else type(cost.untimed).__name__.lower(),
    "delta_parameters": lambda cost: cost.parameters,
    **{f"delta_{unit.lower()}s_{rule}": _operations(rule) for rule, unit in RULES.items()},
    "delta_latency_s": lambda cost: cost.added and cost.added.seconds,
    "delta_latency_low_s": lambda cost: cost.added and cost.added.low_s,
    "delta_latency_high_s": lambda cost: cost.added and cost.added.high_s,
    "reference": lambda cost: PLAIN if cost.factor else None,
    "ratio": lambda cost: cost.factor and cost.factor.value,
    "ratio_low": lambda cost: cost.factor and cost.factor.low,
    "ratio_high": lambda cost: cost.factor and cost.factor.high,
    "pairs": lambda cost: cost.pairs,
    "error": lambda cost: "" if cost.untimed is None else describe.outcome_words(cost.untimed),
}


def marginal_csv(run: Run) -> str:
    """Return one line an attention, backbone and direction: SI base units, full digits."""
    found = (cost for together in costs(run).values() for cost in together)
    return csv_lines(tuple(CSV_COLUMNS), ({name: cell(cost) for name, cell in CSV_COLUMNS.items()} for cost in found))
