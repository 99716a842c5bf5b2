"""Run -> report.md: everything a run found, what it was measured on, and how to read it."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from results.bandwidth import OPERATORS
from results.ledger import total_explanation
from results.records import PLAIN, Direction, Failed, Measured, Skipped

from . import describe
from .accuracy_tables import WORDS as ACCURACY_WORDS
from .accuracy_tables import accuracy_tables
from .complexity_tables import complexity_tables, operator_tables
from .conjecture import answers
from .latency_tables import latency_groups, latency_table
from .marginal_tables import NAME as MARGINAL
from .marginal_tables import marginal_tables
from .memory_tables import memory_tables
from .operators_tables import WORDS as OPERATORS_WORDS
from .operators_tables import operators_tables
from .overflow_tables import WORDS as OVERFLOW_WORDS
from .overflow_tables import overflow_tables
from .table import Table, text
from .to_markdown import escape, to_markdown
from .units import format_percent, format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from results.records import Run

#: What a call of each direction runs; see Direction.
DIRECTION_WORDS = {
    Direction.FORWARD: "inference: evaluation mode, no graph",
    Direction.BACKWARD: "gradients of all parameters, and of the input except in networks, from a graph made before",
    Direction.FORWARD_BACKWARD: "both, in training mode, as one call",
}

LATENCY_WORDS = (
    "**latency**: the median of the samples, per call, ± half of its 95% interval as a share of the median. An "
    "interval that is wider than asked for, and reaches more than twice as far to one side as to the other, stands in "
    "brackets itself, in the unit of the median. Outliers are further from the middle half of the samples "
    "than three times the range of that half. They are kept: the median does not mind a few of them."
)
SAMPLES_WORDS = (
    "**samples**: taken until the interval is within ± {precision}, or {budget} of sampling are spent on the case. A "
    "slow case may spend four times that on the six samples that an interval takes; what the others are divided by is "
    "sampled for as long as they are. One sample is the mean of several calls where one call is too short for the "
    "clock ({clocks})."
)
RATIO_WORDS = (
    "**ratio (÷)**: the cases of one table take turns in random order (seed {seed}), round after round, in one "
    "process. The ratio is the median over the rounds of one case's time divided by the other's, with its 95% interval "
    "in brackets: what slows the machine down for a while slows both. Figures of two tables were not paired: do not "
    "divide them."
)
COUNTS_WORDS = (
    "**parameters, MAdds, MACs, FLOPs**: of one forward pass with a batch of one, exact, the same on every machine; "
    "M = 1e6. A MAC is a multiplication with its addition; as MAdds or FLOPs these are two. Counters differ in what "
    "they count at all: compare figures of one column only."
)
MEMORY_WORDS = (
    "**memory**: saved for backward are the activations that the forward pass keeps, peak live is the highest total of "
    "tensors that the operators of a call made, parameters and inputs not among them. What an operator holds only "
    "while it runs (the workspace of a convolution) is seen by the CUDA allocator alone: allocated, reserved."
)
TRAFFIC_WORDS = (
    "**traffic**: read and written are what the operators' arguments and results hold, views and empty tensors not, as "
    "if no cache kept anything. Multiply-adds cannot rank modules that compute little, traffic and operators can: "
    "their time goes into moving bytes and launching kernels."
)
CSV_WORDS = "The CSV files next to this report have the same figures with full digits, in seconds, bytes and counts."


def report(run: Run) -> str:
    """Return the whole report as Markdown."""
    parts = (
        f"# {escape(', '.join(run.plan.suites))}: run {escape(run.run_id)}",
        _summary(run),
        *_audit(run),
        *_section("Complexity", complexity_tables(run)),
        *_section("Functions on logits", operators_tables(run), *map(escape, answers(run))),
        *_latency(run),
        *(_section("What attaching costs", marginal_tables(run)) if MARGINAL in run.plan.suites else []),
        *_section("Memory and traffic", (table for table in memory_tables(run) if table.rows)),
        *_section("Overflow frontier", overflow_tables(run)),
        *_section("Errors against float64", accuracy_tables(run)),
        *_section("Failed and skipped cases", _unmeasured(run)),
        "## How to read this report",
        _reading(run),
        # Last, because it is long: for whoever wants to know why two columns differ.
        *_section("Where the counters disagree", operator_tables(run), *_explanations(run)),
        "To render this report again, from the folder that holds it:\n\n    attnbench report .",
    )
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _summary(run: Run) -> str:
    kinds = Counter(type(outcome) for outcome in run.outcomes)
    reached = {outcome.case for outcome in run.outcomes}
    pending = sum(case not in reached for case in run.plan.cases)
    counts = ", ".join(
        (
            f"{kinds[Measured]} measured",
            f"{kinds[Failed]} failed",
            f"{kinds[Skipped]} skipped",
            *([f"{pending} not reached"] if pending else []),
        )
    )
    return escape(
        f"{describe.plural(len(run.plan.cases), 'case')}: {counts}. Started at {run.started_at} (UTC). "
        f"{describe.environment_words(run.environment)}"
        + (f" Resumed with {', then '.join(run.resumed_with)}." if run.resumed_with else "")
    )


def _audit(run: Run) -> list[str]:
    """Return what was found before the run: whoever reads figures must know of what they are."""
    if not run.audit:
        return []
    lines = "\n".join(f"- {escape(line)}" for line in run.audit)
    return [f"Before the run, `attnbench audit` found in the implementations of plug-ins:\n\n{lines}"]


def _section(title: str, tables: Iterable[Table], *paragraphs: str) -> list[str]:
    rendered = [to_markdown(table, heading=3) for table in tables]
    return [f"## {title}", *paragraphs, *rendered] if rendered else []


def _latency(run: Run) -> list[str]:
    groups = sorted(latency_groups(run), key=lambda group: list(Direction).index(group[0].direction))
    tables = [(group[0].direction, latency_table(run, group)) for group in groups]
    reached = [(direction, table) for direction, table in tables if table.rows]
    if not reached:
        return []
    parts = ["## Latency"]
    for direction, found in groupby(reached, key=lambda pair: pair[0]):
        parts += [f"### {direction}", f"{DIRECTION_WORDS[direction].capitalize()}."]
        parts += [to_markdown(table, heading=4) for _, table in found]
    return parts


def _explanations(run: Run) -> list[str]:
    """Return for each plain host how the first rule's total leads to each of the others'."""
    sentences = [
        f"- {outcome.case.host}: {total_explanation(outcome.complexity, first.rule, other.rule)}"
        for outcome in run.outcomes
        if isinstance(outcome, Measured) and outcome.complexity is not None and outcome.case.implementation == PLAIN
        for first, *others in [outcome.complexity.counts]
        for other in others
    ]
    return ["\n".join(map(escape, sentences))] if sentences else []


def _unmeasured(run: Run) -> list[Table]:
    rows = tuple(
        (outcome.case.suite, describe.full_name(outcome.case), describe.outcome_words(outcome))
        for outcome in run.outcomes
        if not isinstance(outcome, Measured)
    )
    if not rows:
        return []
    return [
        Table(
            title=f"{describe.plural(len(rows), 'case')} without a result",
            caption="The records of the run have the whole messages.",
            columns=(text("suite"), text("case"), text("what happened")),
            rows=rows,
        )
    ]


def _reading(run: Run) -> str:
    clocks = dict.fromkeys(
        outcome.samples.clock
        for outcome in run.outcomes
        if isinstance(outcome, Measured) and outcome.samples is not None
    )
    items: list[str] = []
    if clocks:
        items += [
            LATENCY_WORDS,
            SAMPLES_WORDS.format(
                precision=format_percent(run.plan.precision),
                budget=format_seconds(run.plan.budget_s),
                clocks=escape("; ".join(clocks)),
            ),
            RATIO_WORDS.format(seed=run.plan.seed),
            *(f"**{direction}**: {words}." for direction, words in DIRECTION_WORDS.items()),
        ]
    if OPERATORS in run.plan.suites:
        items += OPERATORS_WORDS
    if any(isinstance(outcome, Measured) and outcome.complexity is not None for outcome in run.outcomes):
        items.append(COUNTS_WORDS)
    if any(isinstance(outcome, Measured) and outcome.memory is not None for outcome in run.outcomes):
        items += [MEMORY_WORDS, TRAFFIC_WORDS]
    if any(isinstance(outcome, Measured) and outcome.frontiers is not None for outcome in run.outcomes):
        items += OVERFLOW_WORDS
    if any(isinstance(outcome, Measured) and outcome.errors is not None for outcome in run.outcomes):
        items += ACCURACY_WORDS
    items.append(CSV_WORDS)
    return "\n".join(f"- {item}" for item in items)
