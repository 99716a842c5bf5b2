"""What a piece of a session has left in its folder -> what fell short, and figures. Also of a piece that was killed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import recorded_tests as tests

from reporting.table import Table, number, text
from reporting.to_markdown import to_markdown
from reporting.units import format_factor, format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


#: Files of the pieces.
TESTS, CLOCK, OUTPUT, RUN = "tests.jsonl", "clock.json", "output.txt", "run"

#: cudaEventElapsedTime resolves about half a microsecond (CUDA runtime API, event management).
LONGEST_STEP_S = 0.5e-6
#: Beyond that the shortest cases, of some 10 us, are mostly the clock's own time.
LONGEST_EMPTY_CALL_S = 10e-6
#: How far from 1 the ratio of two timers may be: over all cases, and of one.
AGREEMENT, AGREEMENT_OF_ONE = 0.05, 0.1
#: One line in a summary.
WIDEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What came of a piece."""

    short: tuple[str, ...] = ()
    """What is not as it should be, one line each."""
    figures: tuple[str, ...] = ()
    """Paragraphs and tables in Markdown."""


def one_line(words: str) -> str:
    """Return text on one line, cut where it gets long."""
    line = " ".join(words.split())
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…"


def of_tests(folder: Path) -> Findings:
    """Return what came of each test: failures by their first line, skips by their reason."""
    records = tests.read_records(folder / TESTS)
    if not records:
        return Findings(short=("no test was run",))
    short = []
    for outcome in (tests.FAILED, tests.NOT_COLLECTED, tests.STARTED):
        for words, names in _by_words(records.values(), outcome):
            short.append(f"{'killed in' if outcome == tests.STARTED else outcome}: {names}{words and f': {words}'}")
    counted = ", ".join(f"{number_of} {outcome}" for outcome, number_of in tests.counts(records).items())
    slowest = sorted(records.values(), key=lambda record: -record.seconds)[:5]
    lines = [f"- skipped: {names}: {words}" for words, names in _by_words(records.values(), tests.SKIPPED)]
    lines += [f"- {format_seconds(record.seconds)}: {record.test}" for record in slowest if record.seconds >= 1]
    listed = ("\n".join(map(one_line, lines)),) if lines else ()
    return Findings(short=tuple(map(one_line, short)), figures=(f"{counted}.", *listed))


def _by_words(records: Iterable[tests.TestRecord], outcome: str) -> Iterator[tuple[str, str]]:
    """Yield each first line of a message, and the tests that have it: the first by name."""
    found: dict[str, list[str]] = {}
    for record in records:
        if record.outcome == outcome:
            found.setdefault(tests.first_line(record.message) if record.message else "", []).append(record.test)
    for words, names in found.items():
        yield words, names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def of_clock(folder: Path) -> Findings:
    """Return the step of each clock, and what an empty call takes by it."""
    file = folder / CLOCK
    clocks = json.loads(file.read_text(encoding="utf-8"))["clocks"] if file.exists() else []
    short = [
        f"{each['timing']}: {what} of {format_seconds(each[key])}, expected at most {format_seconds(most)}"
        for each in clocks
        for key, what, most in (
            ("resolution_s", "a step", LONGEST_STEP_S),
            ("overhead_s", "an empty call", LONGEST_EMPTY_CALL_S),
        )
        if each[key] > most
    ]
    table = Table(
        title="Step of the clock, and what it shows for an empty call",
        columns=(text("timing"), number("step"), number("empty call"), text("clock")),
        rows=tuple(
            (each["timing"], format_seconds(each["resolution_s"]), format_seconds(each["overhead_s"]), each["clock"])
            for each in clocks
        ),
    )
    return Findings(short=tuple(short), figures=(to_markdown(table),) if clocks else ())


def of_fused(folder: Path) -> Findings:
    """Return what fused_cuda.py demands and did not get, and all that it printed."""
    lines = _printed(folder)
    judged = [line for line in lines if line.startswith(("holds", "FALLS SHORT"))]
    short = [line for line in judged if not line.startswith("holds")] if judged else ["it ended before its verdicts"]
    return Findings(short=tuple(map(one_line, short)), figures=_quoted(lines))


#: A line of agreement.py: the case, the other timer's median, the ratio.
AGREED = re.compile(r"(?P<name>.+?) +[\d.]+ us +(?P<ratio>[\d.]+)")


def of_agreement(folder: Path) -> Findings:
    """Return where our median and another timer's differ."""
    lines = _printed(folder)
    ratios = {found["name"]: float(found["ratio"]) for line in lines if (found := AGREED.fullmatch(line))}
    if not ratios:
        return Findings(short=("it ended before its figures",), figures=_quoted(lines))
    apart = {name: ratio for name, ratio in ratios.items() if abs(ratio - 1) > AGREEMENT_OF_ONE}
    short = [f"{name}: {ratio} of the other timer's" for name, ratio in apart.items()]
    if abs(median(ratios.values()) - 1) > AGREEMENT:
        short.insert(0, f"the median ratio over the cases is {format_factor(median(ratios.values()))}")
    return Findings(short=tuple(short), figures=_quoted(lines))


def _printed(folder: Path) -> list[str]:
    file = folder / OUTPUT
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _quoted(lines: list[str]) -> tuple[str, ...]:
    return ("\n".join(f"    {line}" for line in lines),) if lines else ()
