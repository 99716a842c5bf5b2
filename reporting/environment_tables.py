"""Where runs were made: what differs between their machines, software and plans, in a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.records import Subject, Timing

from .describe import TIMING_WORDS
from .units import format_bytes, format_percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.records import Accelerator, Case, Run

#: Of a plan, what changes how well a figure is known.
OF_PLAN = ("budget_s", "precision", "seed", "plugins")
#: Fields in which whoever reads them would not look for what they are.
CALLED = {"cpu": "processor", "memory_bytes": "memory", "accelerators": "GPU", "budget_s": "budget (s)"}


def run_letters(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return what a column calls each run: ``A``, ``B``, and from the 27th on ``R27``."""
    return tuple(chr(ord("A") + index) if index < 26 else f"R{index + 1}" for index in range(len(runs)))  # noqa: PLR2004


def environment_words(run: Run) -> dict[str, str]:
    """Return field -> what it is, of a run's machine, software and plan."""
    return {
        CALLED.get(name, name.replace("_", " ")): _words(name, getattr(record, name))
        for names, record in ((run.environment.__struct_fields__, run.environment), (OF_PLAN, run.plan))
        for name in names
    }


def environment_differences(runs: Sequence[Run]) -> dict[str, tuple[str, ...]]:
    """Return field -> what it is in each run, of the fields in which any two runs differ."""
    each = [environment_words(run) for run in runs]
    said = {name: tuple(words[name] for words in each) for name in each[0]}
    said["measured on with"] = tuple(", then ".join(run.resumed_with) or "-" for run in runs)
    return {name: words for name, words in said.items() if len(set(words)) > 1}


def difference_line(name: str, words: Sequence[str], letters: Sequence[str]) -> str:
    """Return a difference in one line: ``torch: 2.11.0 (A, C), 2.12.0 (B)``."""
    by_words: dict[str, list[str]] = {}
    for letter, each in zip(letters, words, strict=True):
        by_words.setdefault(each, []).append(letter)
    sides = (f"{each} ({', '.join(found)})" for each, found in by_words.items())
    return f"{name}: {', '.join(sides)}"


def noise_lines(runs: Sequence[Run], letters: Sequence[str]) -> tuple[str, ...]:
    """Return each noise floor beside those of the other runs."""
    places = dict.fromkeys((floor.device, floor.timing, floor.subject) for run in runs for floor in run.noise_floors)
    lines = []
    for device, timing, subject in places:
        floors = [
            max(
                (
                    floor.relative
                    for floor in run.noise_floors
                    if (floor.device, floor.timing, floor.subject) == (device, timing, subject)
                ),
                default=None,
            )
            for run in runs
        ]
        lines.append(f"noise floor of {_place(device, timing, subject)}: {_sides(floors, letters)}")
    return tuple(lines)


def noise_words(runs: Sequence[Run], case: Case, letters: Sequence[str]) -> str:
    """Return the noise floors that hold for a table of times, one a run; empty where no run has one."""
    floors = [None if (floor := run.index.noise_floor(case)) is None else floor.relative for run in runs]
    return f"noise floor {_sides(floors, letters)}" if any(floors) else ""


def _place(device: str, timing: Timing, subject: Subject) -> str:
    words = () if timing is Timing.HOT else (TIMING_WORDS[timing],)
    return ", ".join((device, *words, subject))


def _sides(floors: Sequence[float | None], letters: Sequence[str]) -> str:
    found = ("not measured" if floor is None else f"± {format_percent(floor)}" for floor in floors)
    return ", ".join(f"{letter} {words}" for letter, words in zip(letters, found, strict=True))


def _words(name: str, value: object) -> str:
    match name, value:
        case _, None:
            return "not known"
        case "memory_bytes", int():
            return format_bytes(value)
        case "accelerators", tuple():
            return " and ".join(_accelerator(each) for each in value) or "none"
        case _, tuple():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)


def _accelerator(found: Accelerator) -> str:
    return f"{found.name} {format_bytes(found.memory_bytes)}"
