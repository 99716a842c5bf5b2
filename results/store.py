"""Writing a run: every outcome is on the disk before the next is measured.

One process writes a run at a time. ``records.jsonl`` only ever grows by whole lines, and ``run.json`` is replaced as a
whole, so a process that is killed at any moment loses at most the outcome it was writing.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from .checkpoints import FOLDER as CHECKPOINTS
from .checkpoints import forget, remove_if_empty
from .codec import CodecError
from .durable import open_locked, remove_unfinished, replace_file, write_at
from .folder import (
    HEADER,
    RECORDS,
    StoreError,
    StoreWarning,
    assemble,
    header_text,
    read_header,
    read_records,
    reason,
    record_line,
)
from .journal import SAMPLES, Journal
from .keys import content_key
from .outcomes import with_short_words

if TYPE_CHECKING:
    from os import PathLike

    from .records import Block, Case, NoiseFloor, Outcome, PluginFile, Run, Sampled


class RunStore:
    """A run that is being written; made by ``create`` or ``resume``, and closed at the end of its ``with`` block."""

    def __init__(self, folder: Path, header: Run, descriptor: int) -> None:
        """Take over an open, locked ``records.jsonl``; for ``create`` and ``resume``."""
        self.folder = folder
        self._header = header
        self._planned = _by_key(header.plan.cases)
        self._descriptor: int | None = descriptor
        self._outcomes: dict[str, Outcome] = {}
        self._journal = Journal(folder)
        self._end = 0

    @classmethod
    def create(cls, folder: str | PathLike[str], run: Run) -> Self:
        """Begin a run in a new folder; the outcomes that ``run`` already has are written too.

        Raises:
            StoreError: the folder exists or cannot be written.

        """
        folder = Path(folder)
        try:
            folder.mkdir(parents=True)
            descriptor = _open(folder, os.O_CREAT | os.O_EXCL)
        except FileExistsError as error:
            msg = f"{folder} exists; choose another folder, or resume the run in it"
            raise StoreError(msg) from error
        except OSError as error:
            msg = f"cannot write to {folder}: {reason(error)}; choose another folder"
            raise StoreError(msg) from error
        store = cls(folder, replace(run, outcomes=()), descriptor)
        try:
            # After records.jsonl, so that a folder with a header has everything.
            store._write_header(store._header)
        except BaseException:
            store.close()
            (folder / RECORDS).unlink(missing_ok=True)
            folder.rmdir()
            raise
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
        folder = Path(folder)
        read_header(folder)
        try:
            descriptor = _open(folder)
        except FileNotFoundError:
            msg = f"{folder}: not a run, it has no {RECORDS}; give the folder of a run"
            raise StoreError(msg) from None
        except OSError as error:
            msg = f"cannot write to {folder / RECORDS}: {reason(error)}; copy the run to a place that can be written"
            raise StoreError(msg) from error
        try:
            # Read again: only now can nobody else change it.
            store = cls(folder, read_header(folder), descriptor)
            remove_unfinished(folder, folder / CHECKPOINTS)
            store._take_over_records()
        except BaseException:
            os.close(descriptor)
            raise
        return store

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Let other processes write the run. Closing twice does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

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

    def trust(self, files: tuple[PluginFile, ...]) -> None:
        """Record that these files of plug-ins are measured from here on (errors as in ``replan``)."""
        if files != self._header.plugin_files:
            self._replace_header(replace(self._header, plugin_files=files))

    def go_on_with(self, code: str) -> None:
        """Record that another version or commit of attnbench measures from here on (errors as in ``replan``)."""
        self._add("resumed_with", code)

    def add_noise_floors(self, floors: tuple[NoiseFloor, ...]) -> None:
        """Record how noisy the machine is in this session (errors as in ``replan``)."""
        self._add("noise_floors", *floors)

    def add_finding(self, line: str) -> None:
        """Record what the audit before the run did not see, once (errors as in ``replan``)."""
        if line not in self._header.audit:
            self._add("audit", line)

    def add_disturbance(self, line: str) -> None:
        """Record what disturbs the machine while cases are timed, once (errors as in ``replan``)."""
        if line not in self._header.disturbances:
            self._add("disturbances", line)

    def _add(self, field: str, *more: object) -> None:
        if more:
            self._replace_header(replace(self._header, **{field: (*getattr(self._header, field), *more)}))

    def _replace_header(self, header: Run) -> None:
        self._writable()
        self._write_header(header)
        self._header = header

    def _writable(self) -> int:
        if self._descriptor is None:
            msg = f"{self.folder}: the run is closed; resume it to write more"
            raise StoreError(msg)
        return self._descriptor

    def _take_over_records(self) -> None:
        records = read_records(self.folder, self._header)
        for note in records.notes:
            # The line to blame is the one that calls resume.
            warnings.warn(note, StoreWarning, stacklevel=3)
        self._outcomes = dict(records.outcomes)
        self._end = records.intact_bytes
        self._write(b"" if records.ends_line else b"\n")

    def _write(self, data: bytes) -> None:
        try:
            write_at(self._writable(), self._end, data)
        except OSError as error:
            raise self._disk_error(RECORDS, error) from error
        self._end += len(data)

    def _write_header(self, header: Run) -> None:
        try:
            replace_file(self.folder / HEADER, header_text(header))
        except CodecError as error:
            msg = f"{self.folder / HEADER}: {error}"
            raise StoreError(msg) from error
        except OSError as error:
            raise self._disk_error(HEADER, error) from error

    def _disk_error(self, name: str, error: OSError) -> StoreError:
        path = self.folder / name
        return StoreError(f"cannot write {path}: {reason(error)}; earlier outcomes are kept: make room and resume")


def _open(folder: Path, flags: int = 0) -> int:
    try:
        return open_locked(folder / RECORDS, flags)
    except BlockingIOError:
        msg = f"{folder} is being written by another process; wait for it to end, or choose another folder"
        raise StoreError(msg) from None


def _by_key(cases: tuple[Case, ...]) -> dict[str, Case]:
    return {content_key(case): case for case in cases}


def _name(case: Case) -> str:
    return f"{case.implementation} ({case.suite}, {case.host or case.subject}, {case.direction})"
