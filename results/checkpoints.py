"""Checkpoints in a run's folder: what they belong to stands in their first line, before what torch has saved.

A checkpoint is replaced as a whole. One that belongs to something else is refused with one line, and left as it is.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .cases import Case  # noqa: TC001 - msgspec reads type hints when the program runs
from .durable import make_folder, read_regular, replace_file
from .folder import StoreError, reason
from .inputs import TrainingSet
from .keys import content_key
from .record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "checkpoints"
SUFFIX = ".checkpoint"
#: Raised when a reader of the old layout would misread the new one.
VERSION = 1


class _Header(Record, frozen=True, kw_only=True):
    """The first line of a checkpoint."""

    version: int
    torch: str
    case: Case
    payload_bytes: int
    payload_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoints:
    """Where checkpoints of a run are, how often they are written, and how large they may become."""

    folder: str
    """Of the run."""
    every_steps: int | None = None
    """None: after every epoch."""
    most_bytes: int | None = None
    """None: of any size."""

    def file(self, case: Case) -> Path:
        """Return the file of a case. Another source, other data or a changed recipe have the same, and are refused."""
        return checkpoint_file(Path(self.folder), case)


def checkpoint_file(folder: Path, case: Case) -> Path:
    """Return where in a run's folder the checkpoint of a case is."""
    trained = case.input
    if isinstance(trained, TrainingSet):
        trained = msgspec.structs.replace(trained, digest=None, recipe="", settings="")
    key = content_key(msgspec.structs.replace(case, source="", input=trained))
    return folder / FOLDER / f"{key}{SUFFIX}"


def write_checkpoint(file: Path, case: Case, torch: str, payload: bytes) -> int:
    """Replace a checkpoint; return the bytes of the file.

    Raises:
        StoreError: the disk is full or fails; the checkpoint before stays.

    """
    header = _Header(
        version=VERSION,
        torch=torch,
        case=case,
        payload_bytes=len(payload),
        payload_sha256=hashlib.sha256(payload).hexdigest(),
    )
    content = msgspec.json.encode(header) + b"\n" + payload
    try:
        make_folder(file.parent)
        replace_file(file, content)
    except OSError as error:
        msg = f"cannot write {file}: {reason(error)}; the checkpoint before is kept: make room and resume"
        raise StoreError(msg) from error
    return len(content)


def read_checkpoint(file: Path, case: Case, torch: str) -> bytes | None:
    """Return what torch has saved of a case; None if there is no checkpoint.

    Raises:
        StoreError: the checkpoint belongs to something else, or is damaged.

    """
    try:
        line, _, payload = read_regular(file).partition(b"\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        msg = f"cannot read {file}: {reason(error)}; mend that and resume"
        raise StoreError(msg) from error
    try:
        version = msgspec.json.decode(line, type=_Version).version
        header = msgspec.json.decode(line, type=_Header) if version == VERSION else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        msg = f"{file} is no checkpoint, or damaged; remove it, and its training begins again"
        raise StoreError(msg) from None
    if header is None:
        raise _foreign(file, f"another version of checkpoints ({version}, here {VERSION})")
    for other in _differences(header, case, torch):
        raise _foreign(file, other)
    if len(payload) != header.payload_bytes or hashlib.sha256(payload).hexdigest() != header.payload_sha256:
        msg = f"{file} is truncated or damaged; remove it, and its training begins again"
        raise StoreError(msg)
    return payload


def forget(folder: Path, case: Case) -> None:
    """Remove the checkpoint of a case whose outcome is on the disk."""
    if isinstance(case.input, TrainingSet):
        checkpoint_file(folder, case).unlink(missing_ok=True)


def remove_if_empty(folder: Path) -> None:
    """Remove the folder of checkpoints of a run, unless a case has one as it was before a change of its source."""
    with suppress(OSError):
        (folder / FOLDER).rmdir()


class _Version(msgspec.Struct):
    version: int


def _differences(header: _Header, case: Case, torch: str) -> Iterator[str]:
    if header.torch != torch:
        yield f"another torch ({header.torch}, here {torch})"
    was, now = header.case, case
    if was == now:
        return
    if isinstance(was.input, TrainingSet) and isinstance(now.input, TrainingSet):
        if (was.input.recipe, was.input.settings) != (now.input.recipe, now.input.settings):
            yield f"another recipe ({was.input.recipe}: {was.input.settings})"
        if was.input.digest != now.input.digest:
            yield f"other data (digest {was.input.digest or 'fake'}, here {now.input.digest or 'fake'})"
    if was.source != now.source:
        yield f"another source of {now.implementation!r} or its backbone"
    yield "another case"


def _foreign(file: Path, what: str) -> StoreError:
    return StoreError(f"{file} is of {what}; restore that, or remove the file and its training begins again")
