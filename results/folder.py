"""A run on disk, and reading it: ``run.json`` says what was planned and where, ``records.jsonl`` what came of it.

Each line of ``records.jsonl`` is one outcome: ``{"digest": .., "schema_version": .., "key": .., "outcome": {..}}``. The
digest is that of all that follows, in the line and in ``run.json``: what was altered since is refused. A process that
is killed while it writes leaves a torn last line; it is left out, with a StoreWarning. Of several outcomes of one case
the first counts, the only one that a run can have written; the others, pasted in by hand, are left out with a
StoreWarning.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.structs import replace

from .codec import CodecError, NotJsonError, VersionError, check_version, decode, encode
from .collector import at_rest
from .durable import read_regular
from .keys import content_key
from .ranges import Line  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Versioned
from .records import SCHEMA_VERSION, Outcome, Run
from .seals import START, sealed, unsealed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from os import PathLike

HEADER = "run.json"
RECORDS = "records.jsonl"

ALTERED = "was altered: its digest is not that of what it says"

#: What is sealed.
R = TypeVar("R", bound=Versioned)


class StoreError(Exception):
    """A run cannot be read or written: one line, which says what to do."""


class StoreWarning(UserWarning):
    """A run was read, but something in its folder was left out."""


class _Line(Versioned, frozen=True, kw_only=True):
    """One line of ``records.jsonl``."""

    key: Line
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What ``records.jsonl`` holds."""

    outcomes: Mapping[str, Outcome]
    """Content key -> outcome, in the order recorded."""
    intact_bytes: int
    """Where a torn last line begins; the size of the file if there is none."""
    ends_line: bool
    """Whether the intact part ends with a newline, or holds nothing."""
    notes: tuple[str, ...]
    """What was left out, and why."""


def load(folder: str | PathLike[str], *, stacklevel: int = 2) -> Run:
    """Read a run, finished or not; another process may be writing it.

    Args:
        folder: of the run.
        stacklevel: whom warnings blame: 2 is who calls this, as of ``warnings.warn``.

    Raises:
        StoreError: not the folder of a run, written by a newer version, or damaged elsewhere than in its last line.

    """
    header = read_header(Path(folder))
    records = read_records(Path(folder), header)
    for note in records.notes:
        warnings.warn(note, StoreWarning, stacklevel=stacklevel)
    return assemble(header, records.outcomes)


def assemble(header: Run, outcomes: Mapping[str, Outcome]) -> Run:
    """Return the run with the outcomes of the cases it plans; others belong to an earlier plan."""
    planned = {content_key(case) for case in header.plan.cases}
    return replace(header, outcomes=tuple(outcome for key, outcome in outcomes.items() if key in planned))


def read_header(folder: Path) -> Run:
    """Read ``run.json``: a run without its outcomes (errors as in ``load``)."""
    if not folder.is_dir():
        msg = f"{folder}: no such folder; give the folder of a run"
        raise StoreError(msg)
    return read_sealed(folder / HEADER, Run, "not a run", "give the folder of a run")


def read_sealed(path: Path, kind: type[R], without: str, remedy: str) -> R:
    """Read a file that holds one record.

    Args:
        path: of the file.
        kind: of the record.
        without: what its folder is if there is no such file.
        remedy: what to do then.

    Raises:
        StoreError: there is no such file, it was written by a newer version, or it is damaged.

    """
    data = _read(path, without, remedy)
    try:
        record, intact = _opened(kind, data)
    except NotJsonError as error:
        msg = f"{path}: is not JSON; restore it, or measure again into another folder"
        raise StoreError(msg) from error
    except CodecError as error:
        msg = f"{path}: {error}"
        raise StoreError(msg) from error
    if not intact:
        msg = f"{path}: {ALTERED}; restore it, or measure again into another folder"
        raise StoreError(msg)
    return record


@at_rest()
def read_records(folder: Path, header: Run) -> Records:
    """Read ``records.jsonl``, the outcomes of what a header plans (errors as in ``load``)."""
    path = folder / RECORDS
    lines = _read(path, "not a run", "give the folder of a run").splitlines(keepends=True)
    # A view is asked for like a suite, and has cases of others.
    suites = {*header.plan.suites, *(case.suite for case in header.plan.cases)}
    outcomes: dict[str, Outcome] = {}
    notes: list[str] = []
    intact_bytes, ends_line = 0, True
    for number, line in enumerate(lines, start=1):
        try:
            key, outcome = _record(path, number, line, suites)
        except NotJsonError as error:
            if number == len(lines) and _is_torn(line):
                notes.append(f"{path}, line {number}: cut off while it was written; its case counts as not measured")
                break
            raise _bad_line(path, number, "is not JSON") from error
        except VersionError as error:
            msg = f"{path}, line {number}: {error}"
            raise StoreError(msg) from error
        except CodecError as error:
            raise _bad_line(path, number, str(error)) from error
        if key in outcomes:
            notes.append(f"{path}, line {number}: a second outcome of the same case; the first counts")
        outcomes.setdefault(key, outcome)
        intact_bytes += len(line)
        ends_line = line.endswith(b"\n")
    return Records(outcomes=outcomes, intact_bytes=intact_bytes, ends_line=ends_line, notes=tuple(notes))


def _is_torn(line: bytes) -> bool:
    """Whether a line that is not JSON begins as a record does; a power cut can leave zeros in place of the rest."""
    return START.startswith(line.rstrip(b"\0")[: len(START)])


def header_text(run: Run) -> str:
    """Return what ``run.json`` holds of a run: all but its outcomes.

    Raises:
        CodecError: a value that cannot be stored.

    """
    return sealed_text(replace(run, outcomes=()))


def sealed_text(record: Versioned) -> str:
    """Return what a file holds of a record: laid out, for people, with its digest (errors as in ``header_text``)."""
    return sealed(msgspec.json.format(encode(record), indent=1)).decode() + "\n"


def record_line(outcome: Outcome) -> bytes:
    """Return the line that ``records.jsonl`` holds of an outcome (errors as in ``header_text``)."""
    line = _Line(schema_version=SCHEMA_VERSION, key=content_key(outcome.case), outcome=outcome)
    return sealed(encode(line)) + b"\n"


def reason(error: OSError) -> str:
    """Return what the system said, in its words and without the errno."""
    return error.strerror or str(error)


def _record(path: Path, number: int, data: bytes, suites: Collection[str]) -> tuple[str, Outcome]:
    """Return the key and the outcome of a line (errors as in ``codec.decode``)."""
    line, intact = _opened(_Line, data)
    outcome, key = line.outcome, content_key(line.outcome.case)
    if line.key != key:
        raise _bad_line(path, number, "was changed: its key does not belong to its case")
    if not intact:
        raise _bad_line(path, number, ALTERED)
    if outcome.case.suite not in suites:
        problem = f"outcome.case.suite: {outcome.case.suite} is not among those of {HEADER}: {sorted(suites)}"
        raise _bad_line(path, number, problem)
    return key, outcome


def _opened(kind: type[R], data: bytes) -> tuple[R, bool]:
    """Return the record in sealed data, and whether it is as it was sealed (errors as in ``codec.decode``)."""
    content, intact = unsealed(data)
    try:
        record = decode(kind, content)
    except CodecError:
        # Of a field that another version knows, the version is what there is to say.
        check_version(content)
        raise
    if record.schema_version != SCHEMA_VERSION:
        check_version(content)
    return record, intact


def _bad_line(path: Path, number: int, problem: str) -> StoreError:
    remedy = "restore the file, or remove the line to measure its case again"
    return StoreError(f"{path}, line {number}: {problem}; {remedy}")


def _read(path: Path, without: str, remedy: str) -> bytes:
    try:
        return read_regular(path)
    except FileNotFoundError:
        msg = f"{path.parent}: {without}, it has no {path.name}; {remedy}"
        raise StoreError(msg) from None
    except OSError as error:
        msg = f"cannot read {path}: {reason(error)}"
        raise StoreError(msg) from error
