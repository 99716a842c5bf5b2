"""Samples of cases that are not finished, so that a run that is killed goes on from the last sample.

``samples.jsonl`` is a help, not a record: its lines are written without waiting for the disk, and the file is removed
when the run is complete. A line that is torn or altered, has a number out of its range, or is of a round that is not
after the one before, is left out: its sample is taken again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .codec import CodecError, decode
from .durable import append, read_regular
from .keys import content_key
from .ranges import Line, Seconds, Size, Whole  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record
from .records import Case, Sampled
from .seals import sealed, unsealed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SAMPLES = "samples.jsonl"


class _Noted(Record, frozen=True, kw_only=True):
    """One line: a sample, with the key of its case."""

    key: Line
    round: Whole
    seconds: Seconds
    calls: Size


class Journal:
    """Appends samples to a run's folder. Nothing is opened before the first one."""

    def __init__(self, folder: Path) -> None:
        """Write into this folder."""
        self._path = folder / SAMPLES
        # Keys are digests of whole cases: worked out once a case, not once a sample.
        self._keys: dict[Case, str] = {}

    def note(self, sampled: Sampled) -> None:
        """Append one sample.

        Raises:
            OSError: the disk is full or fails, or the file is no regular one.

        """
        key = self._keys.get(sampled.case)
        if key is None:
            key = self._keys[sampled.case] = content_key(sampled.case)
        noted = _Noted(key=key, round=sampled.round, seconds=sampled.seconds, calls=sampled.calls)
        # Opened each time: a handle kept would have to be closed wherever a run can end.
        append(self._path, sealed(msgspec.json.encode(noted)) + b"\n")

    def read(self, cases: Iterable[Case]) -> dict[Case, tuple[Sampled, ...]]:
        """Return what is noted of these cases, in the order taken.

        Raises:
            OSError: the file cannot be read, or is no regular one.

        """
        by_key: dict[str, list[_Noted]] = {}
        for noted in self._lines():
            before = by_key.setdefault(noted.key, [])
            if not before or noted.round > before[-1].round:
                before.append(noted)
        return {
            case: tuple(
                Sampled(case=case, round=noted.round, seconds=noted.seconds, calls=noted.calls)
                for noted in by_key[content_key(case)]
            )
            for case in cases
            if content_key(case) in by_key
        }

    def remove(self) -> None:
        """Remove the file: the records have everything."""
        self._path.unlink(missing_ok=True)

    def _lines(self) -> Iterable[_Noted]:
        try:
            lines = read_regular(self._path).split(b"\n")
        except FileNotFoundError:
            return
        for line in lines:
            content, intact = unsealed(line)
            if not intact:
                continue
            try:
                yield decode(_Noted, content)
            except CodecError:
                continue
