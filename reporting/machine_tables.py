"""Runs of several machines -> machines as columns, each with ratios to its own baseline, and where an order turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.blocks import compared_in
from results.comparison import same_case
from results.orderings import Order, orderings
from results.records import PLAIN, Latency

from . import describe
from .block_times import BlockTimes
from .cells import BLANK
from .document import Section
from .environment_tables import run_letters
from .table import Table, number, text
from .to_markdown import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.orderings import Ordering
    from results.records import Block, Case, Run

    from .cells import Cell

#: What a machine is, beside its software.
OF_HARDWARE = ("cpu", "cores", "accelerators", "threads")
#: Orders that turn and are named; the others are counted.
MOST_NAMED = 12
WORDS = (
    "Each ratio is of paired samples on one machine, [95% interval]; nothing is divided by what another machine took."
)


def are_of_machines(runs: Sequence[Run]) -> bool:
    """Return whether runs were made on machines that are not alike; another version is another run, not a machine."""
    first = runs[0].environment
    return any(getattr(first, name) != getattr(run.environment, name) for run in runs[1:] for name in OF_HARDWARE)


def machines_section(runs: Sequence[Run]) -> Section:
    """Return what machines that are not alike say of the same cases, and where they disagree."""
    return Section(title="Machine by machine", paragraphs=_sentences(runs), tables=_tables(runs))


def _tables(runs: Sequence[Run]) -> tuple[Table, ...]:
    """Return one table a block that several machines have timed: a row a case, two columns a machine."""
    blocks: dict[Case, dict[int, Block]] = {}
    for place, run in enumerate(runs):
        for block in run.index.blocks_with(Latency):
            blocks.setdefault(compared_in(same_case(block.shared)), {})[place] = block
    return tuple(_table(runs, found) for found in blocks.values() if len(found) > 1)


def _table(runs: Sequence[Run], blocks: dict[int, Block]) -> Table:
    letters = run_letters(runs)
    times = {place: BlockTimes(runs[place], block) for place, block in blocks.items()}
    cells: dict[Case, dict[tuple[int, str], Cell]] = {}
    for place, found in times.items():
        for outcome in found.known:
            row = cells.setdefault(same_case(outcome.case), {})
            row[place, "latency"] = found.latency(outcome)
            row[place, "ratio"] = found.ratio(outcome.case)
    first = next(iter(blocks.values())).shared
    names = describe.labels(tuple(cells))
    divided = [place for place in times if times[place].baseline is not None]
    columns = [
        (place, quantity) for place in times for quantity in ("latency", *(["ratio"] if place in divided else []))
    ]
    return Table(
        title=describe.title(same_case(first)),
        caption=WORDS,
        columns=(
            text("attention"),
            *(
                number(f"{letters[place]} {'latency' if quantity == 'latency' else '÷ its baseline'}")
                for place, quantity in columns
            ),
        ),
        rows=tuple(
            (names[case], *(row.get(column, BLANK) for column in columns))
            for case, row in sorted(cells.items(), key=lambda each: each[0].implementation != PLAIN)
        ),
    )


def _sentences(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return on how many machines an order holds, and which orders turn, in Markdown."""
    found = orderings(runs)
    if not found:
        return ("On no two machines can cases be put in order: not timed together, or a machine was unfit.",)
    letters = run_letters(runs)
    holds, turns = [each for each in found if each.holds], [each for each in found if each.turns]
    unsure = len(found) - len(holds) - len(turns)
    words = (
        f"Of {describe.plural(len(found), 'pair')} of cases, {len(holds)} have the same order on every machine, "
        f"{len(turns)} turn, and {unsure} are not told apart on one machine or more."
    )
    lines = [f"- {escape(_turn(each, letters))}" for each in turns[:MOST_NAMED]]
    if len(turns) > MOST_NAMED:
        lines.append(f"- and {len(turns) - MOST_NAMED} more")
    return (words, *(["\n".join(lines)] if lines else []))


def _turn(found: Ordering, letters: Sequence[str]) -> str:
    names = describe.labels((found.one, found.other))
    sides = {
        order: ", ".join(letter for letter, each in zip(letters, found.orders, strict=True) if each is order)
        for order in (Order.FASTER, Order.SLOWER)
    }
    return (
        f"{names[found.one]} is faster than {names[found.other]} on {sides[Order.FASTER]} and slower on "
        f"{sides[Order.SLOWER]}: {describe.title(found.one)}"
    )
