"""What one machine measures of a plan that several share, while it is written: whole blocks, each in one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from .cluster_folder import (
    BLOCKS,
    MACHINE,
    Machine,
    Part,
    drift_line,
    part_of_machine,
    read_machine,
    write_record,
)
from .codec import CodecError
from .durable import append
from .folder import RECORDS, StoreError, read_records, record_line
from .open_run import OpenRun
from .outcomes import with_short_words
from .records import SCHEMA_VERSION
from .whole_blocks import is_of, with_threads

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from .blocks import Block
    from .cluster_folder import Cluster
    from .drift import Drift
    from .outcomes import Outcome
    from .records import Run
    from .whole_blocks import WholeBlocks


class TakenOver(NamedTuple):
    """What a machine had when the whole is gone on with."""

    blocks: Mapping[int, tuple[Outcome, ...]]
    """Its outcomes, by the places of their blocks."""
    notes: tuple[str, ...]
    """What was removed, and why."""


class MachineStore(OpenRun):
    """Appends blocks to a machine's records. Nothing of their outcomes is kept in memory."""

    def __init__(self, folder: Path, header: Run, descriptor: int) -> None:
        """Take over an open, locked ``records.jsonl``; for ``begin_machine`` and ``reopen``."""
        super().__init__(folder, header, descriptor)
        self.kind = ""
        self._threads: dict[int, int | None] = {}

    @classmethod
    def begin_machine(cls, folder: Path, header: Run, kind: str) -> Self:
        """Begin with a machine (errors as of ``OpenRun.begin``)."""
        store = cls.begin(folder, header)
        store.kind = kind
        try:
            # Last: with it the machine counts as begun.
            write_record(folder / MACHINE, Machine(schema_version=SCHEMA_VERSION, kind=kind))
        except BaseException:
            store.close()
            raise
        return store

    def take_over(self, cluster: Cluster, whole: WholeBlocks, taken: Collection[tuple[int, str]]) -> TakenOver:
        """Go on with a machine that was reopened: what is there of blocks that are not whole is removed.

        Args:
            cluster: the whole.
            whole: finds the blocks of outcomes.
            taken: blocks, as ``ClusterStore.completed`` has them, that are kept of another machine: what this one has
                of them is removed too.

        Raises:
            StoreError: the folder is damaged, or cannot be written.

        """
        self.kind = read_machine(self.folder).kind
        records = read_records(self.folder, self._header)
        found = whole.among(records.outcomes.values())
        part = cluster.part_of(self.kind)
        mine = {place: outcomes for place, outcomes in found.whole.items() if (place, part) not in taken}
        notes = list(records.notes)
        cut = len(records.outcomes) - len(found.others) - sum(map(len, mine.values()))
        if cut:
            # What the plan does not have any more stays, as in every run.
            kept = (*found.others, *(outcome for outcomes in mine.values() for outcome in outcomes))
            self._replace_records(b"".join(map(record_line, kept)))
            why = "their blocks are not whole, or another machine has them"
            notes.append(f"{self.folder / RECORDS}: outcomes that are removed, since {why}: {cut}")
        else:
            self._end = records.intact_bytes
            self._write(b"" if records.ends_line else b"\n")
        self._threads = {place: outcomes[0].case.threads for place, outcomes in mine.items()}
        return TakenOver(mine, tuple(notes))

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.folder.name

    @property
    def header(self) -> Run:
        """Its run without outcomes."""
        return self._header

    @property
    def places(self) -> frozenset[int]:
        """Of the blocks that it has measured."""
        return frozenset(self._threads)

    def keep(self, place: int, block: Block, outcomes: tuple[Outcome, ...], drift: Drift | None = None) -> None:
        """Write all that came of a block; it is on the disk when this returns.

        Args:
            place: of the block in the whole plan.
            block: as the plan has it.
            outcomes: one of each case, in its order; their threads may be the machine's own.
            drift: how its speed changed meanwhile.

        Raises:
            StoreError: the disk is full or fails (what was written of the block is removed, and it can be tried again),
                or these are not the outcomes of the block, or it has them already.

        """
        if place in self._threads or not is_of(outcomes, block):
            problem = "has its outcomes already" if place in self._threads else "is not what these outcomes are of"
            msg = f"{self.folder}: block {place} {problem}; measure only what is missing"
            raise StoreError(msg)
        try:
            lines = b"".join(record_line(with_short_words(outcome)) for outcome in outcomes)
        except CodecError as error:
            msg = f"{self.folder}: block {place}: {error}"
            raise StoreError(msg) from error
        if drift is not None:
            # Before the records: with these the block is there, and this file is not waited for.
            self._note(drift_line(place, drift))
        self._write(lines)
        self._threads[place] = outcomes[0].case.threads

    def complete(self, blocks: Sequence[Block], part: Part) -> Run:
        """Make the plan of its run what it has measured, and return it without outcomes.

        Args:
            blocks: of the whole plan.
            part: which of the machines it is.

        Raises:
            StoreError: the disk is full or fails; what was measured is kept.

        """
        mine = {place: with_threads(blocks[place], threads) for place, threads in self._threads.items()}
        self._replace_header(part_of_machine(self._header, mine, part))
        return self._header

    def _note(self, line: bytes) -> None:
        try:
            append(self.folder / BLOCKS, line)
        except OSError as error:
            raise self._disk_error(BLOCKS, error) from error
