"""What is known of the pieces of a session, as a file each, and all of it as one Markdown document and one archive."""

from __future__ import annotations

import json
import tarfile
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from reporting import describe
from reporting.to_markdown import escape
from reporting.units import format_bytes, format_seconds
from results.durable import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

STATE, LOG, SUMMARY = "piece.json", "log.txt", "summary.md"
#: A file that is larger does not come back from some machines.
LARGEST_PACK_BYTES = 16 * 2**20


class Status(StrEnum):
    """How a piece ended."""

    DONE = "done"
    FAILED = "failed"
    """Its process ended with an error."""
    TIMED_OUT = "timed out"
    """It was killed at its limit, with all that it had started."""
    CUT_OFF = "cut off"
    """The session ended in it. Stands in the file while it runs, and stays there if the session is killed."""
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of a piece."""

    piece: str
    asks: str
    ground: str
    """What measured: the GPU by name, or that it was simulated."""
    status: Status = Status.NOT_REACHED
    seconds: float = 0.0
    """Of all attempts together."""
    attempts: int = 0
    short: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()


def read_state(folder: Path, known: State) -> State:
    """Return what was written of a piece, or what is known without."""
    file = folder / STATE
    if not file.exists():
        return known
    facts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    kept = {name: tuple(facts[name]) for name in ("short", "figures")}
    return replace(known, **{**facts, **kept, "status": Status(facts["status"])})


def write_state(folder: Path, state: State) -> None:
    """Write it, as a whole or not at all."""
    replace_file(folder / STATE, json.dumps(asdict(state), indent=1) + "\n")


def summary(ground: str, states: Sequence[State]) -> str:
    """Return what fell short, then all figures, then what was not reached."""
    short = [f"- {state.piece}: {escape(words)}" for state in states for words in (*_ending(state), *state.short)]
    reached = [state for state in states if state.attempts]
    figures = [
        f"### {state.piece}: {state.asks}\n\n{state.status.capitalize()}, {format_seconds(state.seconds)}"
        f"{_attempts(state)}, on {escape(state.ground)}."
        + "".join(f"\n\n{block.strip(chr(10))}" for block in state.figures)
        for state in reached
    ]
    missing = [f"- {state.piece}: {state.asks}" for state in states if state.status is Status.NOT_REACHED]
    sections = (
        f"# GPU session: {escape(ground)}",
        f"## What fell short\n\n{_listed(short, 'Nothing.' if reached else 'Nothing was reached.')}",
        "## Figures",
        *figures,
        f"## Not reached\n\n{_listed(missing, 'Everything was reached.')}",
    )
    return "\n\n".join(sections) + "\n"


def _ending(state: State) -> Iterable[str]:
    """Yield how a piece ended, if it did not come to its end."""
    if state.attempts and state.status is not Status.DONE:
        yield f"{state.status} after {format_seconds(state.seconds)}; {state.piece}/{LOG} has what it said"


def _attempts(state: State) -> str:
    return f" in {describe.plural(state.attempts, 'attempt')}" if state.attempts > 1 else ""


def _listed(lines: Sequence[str], otherwise: str) -> str:
    return "\n".join(lines) or otherwise


def pack(folder: Path, archive: Path) -> str:
    """Put a session's folder into one file; return what is wrong with it, or nothing.

    Raises:
        OSError: the disk is full or fails; the archive of before stays.

    """
    growing = archive.with_name(f"{archive.name}.part")
    with tarfile.open(growing, "w:gz") as file:
        file.add(folder, arcname=folder.name)
    growing.replace(archive)
    size = archive.stat().st_size
    return f"{archive} has {format_bytes(size)}, more than comes back from some machines" * (size > LARGEST_PACK_BYTES)
