"""A run's folder that one process writes: what ``run.json`` says, and whole pieces at the end of ``records.jsonl``.

``records.jsonl`` only ever grows by whole pieces, and ``run.json`` is replaced as a whole, so a process that is killed
at any moment loses at most the piece that it was writing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from .checkpoints import FOLDER as CHECKPOINTS
from .codec import CodecError
from .durable import open_locked, remove_unfinished, replace_file, write_at
from .folder import HEADER, RECORDS, StoreError, header_text, read_header, reason
from .locking import begin_locked, lock_again

if TYPE_CHECKING:
    from os import PathLike

    from .records import NoiseFloor, PluginFile, Run


class OpenRun:
    """A run that is being written: its header, and the end of its records; closed at the end of its ``with`` block."""

    def __init__(self, folder: Path, header: Run, descriptor: int) -> None:
        """Take over an open, locked ``records.jsonl``; for ``begin`` and ``reopen``."""
        self.folder = folder
        self._header = header
        self._descriptor: int | None = descriptor
        self._end = 0

    @classmethod
    def begin(cls, folder: str | PathLike[str], header: Run) -> Self:
        """Begin a run in a new folder, which has no outcomes.

        Raises:
            StoreError: the folder exists or cannot be written.

        """
        folder = Path(folder)
        opened = cls(folder, header, begin_locked(folder, RECORDS))
        try:
            # After records.jsonl, so that a folder with a header has everything.
            opened._write_header(header)
        except BaseException:
            opened.close()
            (folder / RECORDS).unlink(missing_ok=True)
            folder.rmdir()
            raise
        return opened

    @classmethod
    def reopen(cls, folder: str | PathLike[str]) -> Self:
        """Go on with a run.

        Raises:
            StoreError: not the folder of a run, damaged, not writable, or being written by another process.

        """
        folder = Path(folder)
        read_header(folder)
        descriptor = lock_again(folder, RECORDS)
        try:
            # Read again: only now can nobody else change it.
            opened = cls(folder, read_header(folder), descriptor)
            remove_unfinished(folder, folder / CHECKPOINTS)
            opened._take_over_records()
        except BaseException:
            os.close(descriptor)
            raise
        return opened

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

    def _take_over_records(self) -> None:
        """Find the end of the records, and what is in them; by default whoever reopens the run does it."""

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

    def _write(self, data: bytes) -> None:
        try:
            write_at(self._writable(), self._end, data)
        except OSError as error:
            raise self._disk_error(RECORDS, error) from error
        self._end += len(data)

    def _replace_records(self, data: bytes) -> None:
        """Give the run other records, all at once."""
        path = self.folder / RECORDS
        before = self._writable()
        try:
            replace_file(path, data)
            self._descriptor = open_locked(path)
        except OSError as error:
            raise self._disk_error(RECORDS, error) from error
        os.close(before)
        self._end = len(data)

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
