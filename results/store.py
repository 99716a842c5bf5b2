"""Writing a run: every outcome is on the disk before the next is measured.

One process writes a run at a time; one that is killed at any moment loses at most the outcome that it was writing.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from .checkpoints import forget, remove_if_empty
from .codec import CodecError
from .folder import StoreError, StoreWarning, assemble, read_records, reason, record_line
from .journal import SAMPLES, Journal
from .keys import content_key
from .open_run import OpenRun
from .outcomes import with_short_words

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from .records import Block, Case, Outcome, Run, Sampled


class RunStore(OpenRun):
    """A run that is being written; made by ``create`` or ``resume``, and closed at the end of its ``with`` block."""

    def __init__(self, folder: Path, header: Run, descriptor: int) -> None:
        """Take over an open, locked ``records.jsonl``; for ``create`` and ``resume``."""
        super().__init__(folder, header, descriptor)
        self._planned = _by_key(header.plan.cases)
        self._outcomes: dict[str, Outcome] = {}
        self._journal = Journal(folder)

    @classmethod
    def create(cls, folder: str | PathLike[str], run: Run) -> Self:
        """Begin a run in a new folder; the outcomes that ``run`` already has are written too.

        Raises:
            StoreError: the folder exists or cannot be written.

        """
        store = cls.begin(folder, replace(run, outcomes=()))
        try:
            for outcome in run.outcomes:
                store.append(outcome)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def resume(cls, folder: str | PathLike[str]) -> Self:
        """Go on with a run. A last line that was torn when its process died is cut off, with a StoreWarning.

        Raises:
            StoreError: not the folder of a run, damaged, not writable, or being written by another process.

        """
        return cls.reopen(folder)

    @property
    def run(self) -> Run:
        """The run with the outcomes so far."""
        return assemble(self._header, self._outcomes)

    def missing(self) -> tuple[Case, ...]:
        """Return the cases of the plan that have no outcome, each once, in plan order."""
        return tuple(case for key, case in self._planned.items() if key not in self._outcomes)

    def append(self, outcome: Outcome) -> None:
        """Write an outcome; it is on the disk when this returns.

        Raises:
            StoreError: the disk is full or fails (earlier outcomes stay as they are, and it can be tried again), or
                the case is not planned, or already has an outcome.

        """
        key, outcome = content_key(outcome.case), with_short_words(outcome)
        where = f"{self.folder}: {_name(outcome.case)}"
        if key in self._outcomes:
            msg = f"{where} already has an outcome; measure only what is missing"
            raise StoreError(msg)
        if key not in self._planned:
            msg = f"{where} is not in the plan of this run; start another run for it"
            raise StoreError(msg)
        try:
            line = record_line(outcome)
        except CodecError as error:
            msg = f"{where}: {error}"
            raise StoreError(msg) from error
        self._write(line)
        self._outcomes[key] = outcome
        forget(self.folder, outcome.case)

    def note(self, sampled: Sampled) -> None:
        """Note a sample of a case that is not finished, for a resume to go on from.

        Raises:
            StoreError: the disk is full or fails.

        """
        try:
            self._journal.note(sampled)
        except OSError as error:
            raise self._disk_error(SAMPLES, error) from error

    def noted(self) -> dict[Case, tuple[Sampled, ...]]:
        """Return the samples that were noted of the missing cases.

        Raises:
            StoreError: the file that has them cannot be read, or is no regular one.

        """
        try:
            return self._journal.read(self.missing())
        except OSError as error:
            msg = f"cannot read {self.folder / SAMPLES}: {reason(error)}; remove it to take its samples again"
            raise StoreError(msg) from error

    def finish(self) -> None:
        """Tidy up if every case has its outcome."""
        if not self.missing():
            self._journal.remove()
            remove_if_empty(self.folder)

    def replan(self, blocks: tuple[Block, ...], audit: tuple[str, ...] = ()) -> None:
        """Plan other cases, as after a change of an implementation, which makes it another case.

        Args:
            blocks: all that are planned now.
            audit: what was found in them, in place of what was found before.

        Outcomes of cases that are no longer planned stay in the file, but are not in ``run``.

        Raises:
            StoreError: the disk is full or fails; the old plan stays.

        """
        self._replace_header(replace(self._header, plan=replace(self._header.plan, blocks=blocks), audit=audit))
        self._planned = _by_key(self._header.plan.cases)

    def _take_over_records(self) -> None:
        records = read_records(self.folder, self._header)
        for note in records.notes:
            # The line to blame is the one that calls resume.
            warnings.warn(note, StoreWarning, stacklevel=4)
        self._outcomes = dict(records.outcomes)
        self._end = records.intact_bytes
        self._write(b"" if records.ends_line else b"\n")


def _by_key(cases: tuple[Case, ...]) -> dict[str, Case]:
    return {content_key(case): case for case in cases}


def _name(case: Case) -> str:
    return f"{case.implementation} ({case.suite}, {case.host or case.subject}, {case.direction})"
