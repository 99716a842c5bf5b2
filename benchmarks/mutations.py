"""Ways to damage a run's folder, by chance and repeatable: bytes, numbers, fields, files.

A mutation that seals what it changed forges a digest: only ranges and types are left to refuse it.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from results.folder import HEADER, RECORDS
from results.journal import SAMPLES
from results.seals import sealed, unsealed

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

#: As JSON has them.
NUMBERS = (
    *("0", "-1", "1e-320", "1e308", "1e400", "-0.0", "NaN", "Infinity", "9" * 401, "1" + "0" * 19, "0.5", "2", "1e9"),
    *("9223372036854775807", "4611686018427387904", "true", "null", '"1"'),
)
VALUES = (
    *NUMBERS,
    *('""', "[]", "{}", "[[]]", '"../../outside"', '"=1+1"', '"\\u001b[2J\\u202e"', '"\\ud800"', '"@a <b> [c](d)"'),
    *("[" * 2000 + "]" * 2000, '"' + "x" * 100_000 + '"', '"cuda:' + "1" * 5000 + '"', '"none"', '"latency"', '"cpu"'),
)
_NUMBER = re.compile(rb"(?<=[:,\[ ])-?\d+(\.\d+)?(e-?\d+)?(?=[,\]}\n])")
FILES = (HEADER, RECORDS, SAMPLES)
HERE = "HERE"


def flipped_bit(folder: Path, draw: random.Random) -> None:
    """Flip a bit of a file."""
    path = folder / draw.choice(FILES)
    data = bytearray(path.read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)


def moved_bytes(folder: Path, draw: random.Random) -> None:
    """Cut a file, remove or repeat a piece of it, or put foreign bytes into it."""
    path = folder / draw.choice(FILES)
    data = path.read_bytes()
    begin, end = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    pieces = (data[:begin], data[:begin] + data[end:], data[:end] + data[begin:], data[:begin] + draw.randbytes(9))
    path.write_bytes(draw.choice(pieces))


def moved_lines(folder: Path, draw: random.Random) -> None:
    """Put the lines of the records or of the journal into another order, with one of them twice."""
    path = folder / draw.choice((RECORDS, SAMPLES))
    lines = path.read_bytes().splitlines(keepends=True)
    lines.append(draw.choice(lines))
    draw.shuffle(lines)
    path.write_bytes(b"".join(lines))


def altered_number(folder: Path, draw: random.Random) -> None:
    """Put another number in place of one of the plan's or the records'; its digest stays."""
    path = folder / draw.choice((HEADER, RECORDS))
    data = path.read_bytes()
    found = draw.choice([*_NUMBER.finditer(data)])
    other = draw.choice([text for text in (*NUMBERS, str(draw.random())) if text.encode() != found[0]])
    path.write_bytes(data[: found.start()] + other.encode() + data[found.end() :])


def forged_value(folder: Path, draw: random.Random) -> None:
    """Put another value in place of one, or remove or add a field, and seal it."""
    path = folder / draw.choice(FILES)
    parts = [path.read_bytes()] if path.name == HEADER else path.read_bytes().splitlines()
    number = draw.randrange(len(parts))
    facts = json.loads(unsealed(parts[number])[0])
    within, field = draw.choice([*_places(facts)])
    value = draw.choice(VALUES)
    match draw.randrange(8), within:
        case 0, dict():
            del within[field]
        case 1, dict():
            within["wool"] = HERE
        case 2, list():
            within.append(HERE)
        case _:
            within[field] = HERE
    text = json.dumps(facts, separators=(",", ":")).replace(f'"{HERE}"', value)
    parts[number] = sealed(text.encode())
    path.write_bytes(b"\n".join(parts) + b"\n")


def other_file(folder: Path, draw: random.Random) -> None:
    """Put a link, a pipe, a folder, or nothing in place of a file."""
    path = folder / draw.choice((*FILES, "report.md", "latency.csv"))
    outside = folder.parent / "outside" / path.name
    if path.exists() and draw.randrange(2):
        outside.write_bytes(path.read_bytes())
    path.unlink(missing_ok=True)
    match draw.randrange(5):
        case 0:
            path.symlink_to(outside)
        case 1:
            os.mkfifo(path)
        case 2:
            path.mkdir()
        case 3 if outside.exists():
            os.link(outside, path)
        case _:
            pass


MUTATIONS: tuple[Callable[[Path, random.Random], None], ...] = (
    *(flipped_bit, moved_bytes, moved_lines, altered_number, altered_number),
    *(forged_value, forged_value, forged_value, other_file),
)


def _places(facts: Any) -> list[tuple[Any, Any]]:
    """Return everything within, as the object or array that has it and its name or number there."""
    inside = facts.items() if isinstance(facts, dict) else enumerate(facts) if isinstance(facts, list) else ()
    return [place for field, value in inside for place in ((facts, field), *_places(value))]
