"""The networks of many tables, counted by two processes: this one from the first table on, another from the last."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.processor import usable_cores
from reporting.published import Kind, kind_of, load_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suites.papers.rebuild import Counted, Rebuilder

#: Papers from which on another process, which takes seconds to start, is worth it.
SEVERAL = 4


@contextmanager
def rebuilder_of(wanted: Sequence[tuple[str, int]]) -> Iterator[Rebuilder]:
    """Give what counts the networks of tables, with a second process where there are many tables and two cores.

    Both meet somewhere in the middle: there each network that this process comes to has been counted.

    Args:
        wanted: papers and numbers of tables, in the order in which they are printed.

    """
    from attn_impls import builtin
    from bench.beside import Beside
    from suites.papers.rebuild import Rebuilder

    counted = [each for each in wanted if kind_of(*each) is Kind.COUNTS]
    if len({paper for paper, _ in counted}) < SEVERAL or usable_cores() == 1:
        yield Rebuilder(builtin())
        return
    beside: Beside[Counted] = Beside(from_the_last, counted)
    try:
        yield Rebuilder(builtin(), elsewhere=beside.new)
    finally:
        beside.close()


def from_the_last(tables: Sequence[tuple[str, int]]) -> Iterator[Counted]:
    """Count the networks of tables from the last row of the last table on, and yield what was counted of each.

    Each row is judged as if it were a table: for that all is counted that may explain its figures.
    """
    from attn_impls import builtin
    from suites.papers.rebuild import Rebuilder

    from .rebuilt import judge

    found: list[Counted] = []
    rebuilder = Rebuilder(builtin(), told=found.append)
    for paper, number in reversed(tables):
        table = load_table(paper, number)
        for row in reversed(table.rows):
            judge(replace(table, rows=(row,)), rebuilder)
            yield from found
            found.clear()
