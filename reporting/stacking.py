"""Tables of several blocks -> one: what they differ in becomes columns, what they share stands in the title."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from results.records import Direction, Subject

from . import describe
from .cells import BLANK, count
from .table import Table, number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from results.records import Case

    from .cells import Cell
    from .table import Column


class Part(NamedTuple):
    """The rows of one block; the first column has their labels."""

    case: Case
    """Any of the block."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    """Exceptions among the rows."""


class Fact(NamedTuple):
    """Something that blocks may differ in."""

    column: Column
    cell: Callable[[Case], Cell]
    words: Callable[[Case], str]
    """As a title or a note has it; empty where it is the usual."""


def network_name(case: Case) -> str:
    """Return the network, or what stands in its place: ``attention alone``."""
    return case.host or case.input.noun


def size_words(case: Case) -> str:
    """Return the size of an input, whatever the batch: ``input 1×3×32×32, 100 classes``; of logits all of it."""
    if case.subject is Subject.OP:
        return describe.logits_words(case.input)
    return describe.input_words(replace(case, input=case.input.with_batch(1)))


def _batch(case: Case) -> int | None:
    return None if case.subject is Subject.OP else case.input.batch


def _batch_cell(case: Case) -> Cell:
    batch = _batch(case)
    return BLANK if batch is None else count(batch)


def _batch_words(case: Case) -> str:
    batch = _batch(case)
    return "" if batch is None else f"batch {batch}"


def _execution(case: Case) -> str:
    return ", ".join(describe.execution_words(case))


def _said(title: str, words: Callable[[Case], str]) -> Fact:
    return Fact(text(title), words, words)


#: In the order of the columns. Of counts, direction, batch and dtype are no facts: they depend on none of these.
NETWORK = _said("network", network_name)
SIZE = _said("input", size_words)
DTYPE = _said("dtype", lambda case: case.dtype)
DEVICE = _said("device", lambda case: case.device)
EXECUTED = _said("executed", _execution)
BATCH = Fact(number("batch"), _batch_cell, _batch_words)
CALLS = (NETWORK, SIZE, DTYPE, DEVICE, EXECUTED, _said("direction", lambda case: case.direction), BATCH)
COUNTS = (NETWORK, SIZE)


class Stack(NamedTuple):
    """Blocks under each other, and which facts tell them apart."""

    parts: tuple[Part, ...]
    apart: tuple[Fact, ...]
    shared: str
    """What they have in common, in words."""

    def table(
        self, *, title: str, caption: str, notes: Iterable[str], document_notes: Iterable[str], names: int = 1
    ) -> Table:
        """Return the rows of all blocks, each behind its label with the facts that tell it apart.

        Args:
            title: before what all share.
            caption: of the table.
            notes: exceptions.
            document_notes: what holds for others too.
            names: so many columns of a part, at its left, name a row.

        """
        # The widest first: its order of columns is that of all.
        widest = sorted(self.parts, key=lambda part: -len(part.columns))
        heads = dict.fromkeys(column for part in widest for column in part.columns[1:])
        first = self.parts[0].columns[0]
        return Table(
            title=", ".join(words for words in (title, self.shared) if words),
            caption=caption,
            columns=(first, *(fact.column for fact in self.apart), *heads),
            rows=tuple(self._row(part, row, tuple(heads)) for part in self.parts for row in part.rows),
            keys=names + len(self.apart),
            notes=tuple(dict.fromkeys(notes)),
            document_notes=tuple(dict.fromkeys(document_notes)),
        )

    def _row(self, part: Part, row: tuple[Cell, ...], heads: Sequence[Column]) -> tuple[Cell, ...]:
        cells = dict(zip(part.columns, row, strict=True))
        return (row[0], *(fact.cell(part.case) for fact in self.apart), *(cells.get(head, BLANK) for head in heads))

    def name(self, label: str, case: Case) -> str:
        """Return what a note calls a row: ``se (resnet18_cifar, forward, batch 4)``."""
        facts = ", ".join(words for fact in self.apart if (words := fact.words(case)))
        return f"{label} ({facts})" if facts else label


def stacks(parts: Iterable[Part], facts: Sequence[Fact]) -> tuple[Stack, ...]:
    """Put blocks under each other, those together that are of the same kind: logit functions, modules, networks.

    Args:
        parts: in plan order; networks stay together, forward comes before backward and small batches before large.
        facts: that may tell them apart.

    """
    kinds: dict[Subject, list[Part]] = {}
    for part in parts:
        if part.rows:
            kinds.setdefault(part.case.subject, []).append(part)
    return tuple(_stack(found, facts) for found in kinds.values())


def _stack(parts: list[Part], facts: Sequence[Fact]) -> Stack:
    apart = tuple(fact for fact in facts if len({fact.words(part.case) for part in parts}) > 1)
    shared = (fact.words(parts[0].case) for fact in facts if fact not in apart)
    networks: dict[str, int] = {}
    for part in parts:
        networks.setdefault(network_name(part.case), len(networks))
    directions = list(Direction)
    ordered = sorted(
        parts,
        key=lambda part: (
            networks[network_name(part.case)],
            directions.index(part.case.direction),
            _batch(part.case) or 0,
        ),
    )
    return Stack(tuple(ordered), apart, ", ".join(words for words in shared if words))
