"""The networks of many tables, counted by two processes."""

from __future__ import annotations

from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from attn_impls import builtin
from attnbench import counting
from attnbench.counting import from_the_last, rebuilder_of
from attnbench.paper_tables import paper_table
from bench.beside import Beside
from suites.papers.rebuild import Rebuilder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suites.papers.rebuild import Counted


class Nearby:
    """Counts in this process, all at once, when it is first asked."""

    def __init__(self, generator: object, tables: Sequence[tuple[str, int]]) -> None:
        assert generator is from_the_last
        self._left: list[Counted] = list(from_the_last(tables))
        self.closed = False
        STARTED.append(self)

    def new(self) -> list[Counted]:
        found, self._left = self._left, []
        return found

    def close(self) -> None:
        self.closed = True


STARTED: list[Nearby] = []
#: A table whose lines have the names of the columns above them.
FIRST = True


@pytest.fixture(autouse=True)
def nearby(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores, and no process."""
    STARTED.clear()
    monkeypatch.setattr("bench.beside.Beside", Nearby)
    monkeypatch.setattr(counting, "usable_cores", lambda: 2)
    monkeypatch.setattr(counting, "SEVERAL", 2)


def test_the_last_row_of_the_last_table_is_counted_first() -> None:
    """And what is yielded has all that was counted: sizes alone where the table has nothing else."""
    found = list(from_the_last([("bam", 1), ("senet", 15)]))
    assert [(each.network.implementation, each.network.slot) for each in found] == [
        ("se:bias=false,reduction=16", "after_spatial"),
        ("bam", "stage_output@2,3,4"),
    ]
    assert found[0].counts["parameters"] == 25_714_216
    assert {"macs", "torchstat", "ptflops"} <= found[0].counts.keys()
    assert found[1].counts.keys() == {"parameters", "parameters_and_statistics"}
    assert found[1].counts["parameters"] == 25_915_099


def test_another_process_counts_the_same() -> None:
    """What it has counted arrives here as it was."""
    wanted = [("bam", 1), ("senet", 15)]
    found: list[Counted] = []
    # It may have failed.
    ends_s = monotonic() + 120
    with closing(Beside["Counted"](from_the_last, wanted)) as beside:
        while len(found) < len(wanted) and monotonic() < ends_s:
            found += beside.new()
    assert found == list(from_the_last(wanted))


def test_what_the_other_process_counted_is_not_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables are the same as with one process, which is not there any more afterwards."""
    wanted = [("bam", 1), ("cbam", 1)]
    alone = Rebuilder(builtin())
    expected = [paper_table(*each, alone).csv(FIRST) for each in wanted]
    with rebuilder_of(wanted) as rebuilder:
        monkeypatch.setattr("suites.papers.rebuild._build", None)
        assert [paper_table(*each, rebuilder).csv(FIRST) for each in wanted] == expected
        assert [each.closed for each in STARTED] == [False]
    assert [each.closed for each in STARTED] == [True]


@pytest.mark.parametrize(
    ("wanted", "cores"),
    [
        ([("senet", 10), ("senet", 16)], 2),
        ([("bam", 1), ("psk", 3)], 2),
        ([("bam", 1), ("cbam", 1)], 1),
    ],
)
def test_one_process_is_enough(wanted: list[tuple[str, int]], cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the tables of one paper, where only one has networks, and on one core."""
    monkeypatch.setattr(counting, "usable_cores", lambda: cores)
    with rebuilder_of(wanted):
        assert STARTED == []
