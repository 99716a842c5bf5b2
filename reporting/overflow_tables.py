"""Frontiers -> tables: at which inputs each function first fails, one table a dtype and direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.numerics_rows import length_of
from results.records import Frontiers, Measured, Subject

from . import describe
from .cells import BLANK, EMPTY, Kind, Quantity, count
from .table import Table, number, text

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from results.records import Frontier, Outcome, Run

    from .cells import Cell

#: What stands in a cell that holds no failure.
NEVER = "never"

FRONTIER_WORDS = (
    "**frontier**: the value of the growing input nearest to 0 at which the output, or the gradient, is of no use; its "
    "neighbour towards 0, in the dtype, is fine, and what lies beyond may be fine again. `never`: fine up to the "
    "largest number of the dtype."
)
SEARCH_WORDS = (
    "**searched**: of rows up to 256 logits in float16 and bfloat16, every number from the dtype's epsilon on; in "
    "float32 and float64, 32 numbers from each power of two to the next, and of longer rows 16, beyond 2^64 a "
    "sixteenth as many; of feature maps, powers of two, beyond 2^64 every sixteenth. The interval before the first "
    "that fails is then narrowed to neighbours."
)
UNSEEN_WORDS = (
    "**not searched**: a failure that comes and goes between two of these numbers. Rows go in many at once, as in a "
    "network: of a single short row, other code of the same operator may fail elsewhere. What is compiled has limits "
    "of its own: `attnbench run overflow --mode compiled`."
)
PATTERN_WORDS = (
    "**patterns**: *one large*: one input grows, the others are 0; *all equal*, *all negative*: all grow together; "
    "*one -inf*: one is masked, the others grow together; *Gaussian*, *attention* (a token's products with all tokens, "
    "its own the largest) and *feature map*: seeded random numbers, the figure is their scale."
)
FIXED_WORDS = (
    "**fixed inputs**: *all -inf*, *one +inf* and *one NaN* (the others are 0) do not grow. NaN may be the right "
    "answer: their columns say what comes out. The CSV has *NaN output* and *inf output*, which no reader takes for an "
    "empty cell or a number."
)
SCORES_WORDS = (
    "**attention between tokens**: scores grow, by their queries, and *values* by themselves; infinite scores and NaN "
    "come from the keys."
)
FAILURE_WORDS = (
    "**failures**: *raises*: there is no result; *NaN*, *inf*: somewhere in it; *all zeros*: every output is 0 where "
    "the exact one is not; *sum*: weights do not sum to 1, or to more than 1 where they may sum to less, beyond "
    "rounding; *no gradient*: all of it is 0 where the exact one is not, for an upstream gradient of +1 and -1 in "
    "turn. Of feature maps the first operator that went wrong is named."
)
WORDS = (FRONTIER_WORDS, SEARCH_WORDS, UNSEEN_WORDS, PATTERN_WORDS, SCORES_WORDS, FIXED_WORDS, FAILURE_WORDS)


def overflow_tables(run: Run) -> tuple[Table, ...]:
    """Return one table a dtype, device and direction; rows are functions and lengths, columns patterns."""
    together: dict[tuple[object, ...], list[Outcome]] = {}
    for block in run.index.blocks_with(Frontiers):
        shared = block.shared
        # All lengths of one function stand together.
        size = None if shared.subject is Subject.OP else shared.input
        where = (size, shared.dtype, shared.device, shared.direction, shared.timing, shared.threads)
        together.setdefault(where, []).extend(run.index.reached(block))
    return tuple(_table(outcomes) for outcomes in together.values() if outcomes)


def _table(outcomes: Sequence[Outcome]) -> Table:
    shared = outcomes[0].case
    first = {describe.name(outcome.case): index for index, outcome in reversed(list(enumerate(outcomes)))}
    ordered = sorted(outcomes, key=lambda outcome: first[describe.name(outcome.case)])
    patterns = list(dict.fromkeys(each.pattern for outcome in outcomes for each in _frontiers(outcome)))
    on_logits = shared.subject is Subject.OP
    noun = shared.input.noun
    return Table(
        title=", ".join((noun, shared.dtype, shared.direction, shared.device, *describe.execution_words(shared))),
        caption="The value nearest to 0 at which it first fails, exact to the dtype's neighbouring number, and how.",
        columns=(
            text("function" if on_logits else "attention"),
            *([number("logits")] if on_logits else []),
            *(number(pattern) for pattern in patterns or [""]),
        ),
        rows=tuple(tuple(_row(alike, patterns)) for alike in _alike(ordered)),
        keys=2 if on_logits else 1,
    )


def _alike(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Put the lengths of a function together that have the same limits."""
    together: dict[Hashable, list[Outcome]] = {}
    for outcome in outcomes:
        limits = _frontiers(outcome) if isinstance(outcome, Measured) else outcome
        together.setdefault((describe.name(outcome.case), limits), []).append(outcome)
    return list(together.values())


def _row(alike: Sequence[Outcome], patterns: Sequence[str]) -> Iterator[Cell]:
    outcome = alike[0]
    yield describe.name(outcome.case)
    length = length_of(outcome.case)
    if length is not None:
        yield count(length) if len(alike) == 1 else ", ".join(str(length_of(each.case)) for each in alike)
    if not isinstance(outcome, Measured):
        yield describe.no_figure(outcome)
        yield from [BLANK] * (len(patterns or [""]) - 1)
        return
    found = {each.pattern: each for each in _frontiers(outcome)}
    for pattern in patterns:
        yield _cell(found[pattern], with_operator=length is None) if pattern in found else EMPTY


def _frontiers(outcome: Outcome) -> tuple[Frontier, ...]:
    found = outcome.result if isinstance(outcome, Measured) else None
    return found.patterns if isinstance(found, Frontiers) else ()


def _cell(frontier: Frontier, *, with_operator: bool) -> Cell:
    if frontier.failure is None:
        return NEVER
    words = f"{frontier.failure}, {frontier.operator}" if with_operator and frontier.operator else str(frontier.failure)
    if frontier.threshold is None:
        return words
    return Quantity(value=frontier.threshold, kind=Kind.INPUT, words=words)
