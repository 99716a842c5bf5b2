"""Samples of cases that are not finished, so that a run that is killed goes on from the last sample.

``samples.jsonl`` is a help, not a record: its lines are written without waiting for the disk, a torn one is left out,
and the file is removed when the run is complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from .keys import content_key
from .records import Case, Sampled

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SAMPLES = "samples.jsonl"


class _Noted(NamedTuple):
    """One line: a sample, with the key of its case."""

    key: str
    round: int
    seconds: float
    calls: int


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
            OSError: the disk is full or fails.

        """
        key = self._keys.get(sampled.case)
        if key is None:
            key = self._keys[sampled.case] = content_key(sampled.case)
        line = msgspec.json.encode(_Noted(key, sampled.round, sampled.seconds, sampled.calls))
        # Opened each time: a handle kept would have to be closed wherever a run can end.
        with self._path.open("ab") as file:
            file.write(line + b"\n")

    def read(self, cases: Iterable[Case]) -> dict[Case, tuple[Sampled, ...]]:
        """Return what is noted of these cases, in the order taken."""
        if not self._path.exists():
            return {}
        by_key: dict[str, list[_Noted]] = {}
        for line in self._path.read_bytes().splitlines():
            try:
                noted = msgspec.json.decode(line, type=_Noted)
            except (msgspec.DecodeError, UnicodeDecodeError):
                # Torn when its process was killed: that sample is taken again.
                continue
            by_key.setdefault(noted.key, []).append(noted)
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
