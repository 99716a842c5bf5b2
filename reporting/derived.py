"""Tables that a paper derived from another one: counts of wins, recounted from the printed accuracies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .conformance_text import cited, title_of, to_lines
from .published import PublishedRow, PublishedTable, Source, load_wins
from .table import Table, number, text
from .verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    #: (challenger, reference)
    Pair = tuple[PublishedRow, PublishedRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """How often one comparison holds: printed by the paper, and counted again."""

    comparison: str
    published: int
    recounted: int

    @property
    def verdict(self) -> Verdict:
        """Match, or differs."""
        return Verdict.MATCH if self.published == self.recounted else Verdict.DIFFERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A derived table, recounted."""

    source: Source
    origin: Source
    """Of the table that the figures were recounted from."""
    compared: int
    """How many accuracies were compared in all, ties included."""
    recounts: tuple[Recount, ...]


def derive_table3(table2: PublishedTable) -> Derived:
    """Recount PSK's Table 3: the same network with HardSoftmax and with Softmax."""
    pairs = [
        (challenger, reference)
        for challenger in table2.rows
        for reference in table2.rows
        if (challenger.normalizer, reference.normalizer) == ("hard_softmax", "softmax")
        and (challenger.host, challenger.attention) == (reference.host, reference.attention)
    ]
    return _recount(table2, pairs, number=3)


def derive_table5(table2: PublishedTable) -> Derived:
    """Recount PSK's Table 5: PSK with standard 1x1 convolutions and SK with HardSoftmax, in the same backbone."""
    pairs = [
        (challenger, reference)
        for challenger in table2.rows
        for reference in table2.rows
        if challenger.attention == "psk_standard"
        and (reference.attention, reference.normalizer) == ("sk", "hard_softmax")
        and challenger.host == reference.host
    ]
    return _recount(table2, pairs, number=5)


def derived_table(derived: Derived) -> Table:
    """Return published beside recounted."""
    return Table(
        title=title_of(derived.source, what="recounted"),
        caption=(
            f"{cited(derived.source)}\n"
            f"Recounted from {derived.compared} pairs of accuracies printed in Table {derived.origin.table}."
        ),
        columns=(text("Comparison"), number("published"), number("recounted")),
        rows=tuple(
            (
                recount.comparison,
                str(recount.published),
                f"{recount.recounted} {'✓' if recount.verdict is Verdict.MATCH else '✗'}",
            )
            for recount in derived.recounts
        ),
    )


def derived_csv(derived: Derived, *, header: bool = True) -> str:
    """Return one line a comparison, with the columns of every table's cells."""
    return to_lines(
        (
            {
                "paper": derived.source.paper,
                "table": derived.source.table,
                "row": recount.comparison,
                "metric": "wins",
                "published": recount.published,
                "measured": recount.recounted,
                "exact": recount.recounted,
                "counter": f"Table {derived.origin.table}",
                "verdict": recount.verdict,
            }
            for recount in derived.recounts
        ),
        header=header,
    )


def _recount(table: PublishedTable, pairs: Sequence[Pair], *, number: int) -> Derived:
    wins = load_wins("psk", number)
    gains = [
        challenger.printed[column] - reference.printed[column]
        for challenger, reference in pairs
        for column in table.as_published
    ]
    return Derived(
        source=wins.source,
        origin=table.source,
        compared=len(gains),
        recounts=(
            Recount(
                comparison=f"{wins.challenger} > {wins.reference}",
                published=wins.outperforming,
                recounted=sum(gain > 0 for gain in gains),
            ),
            Recount(
                comparison=f"{wins.challenger} < {wins.reference}",
                published=wins.underperforming,
                recounted=sum(gain < 0 for gain in gains),
            ),
        ),
    )


#: By paper and table: how it is derived, and from which table.
RECOUNTS: dict[tuple[str, int], tuple[Callable[[PublishedTable], Derived], int]] = {
    ("psk", 3): (derive_table3, 2),
    ("psk", 5): (derive_table5, 2),
}
