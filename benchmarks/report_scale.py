"""How long the report and the page of a run take, how much memory, and how large they are, as the run grows.

Run it with ``python benchmarks/report_scale.py [--outcomes 500 10000 100000]``. Each run is made up: latencies of 30
samples in blocks of 17 cases or so, 600 blocks for 10,000 outcomes. It is written once; reading it and making a
document of it happen in a process of its own. Judged are the time of reading and rendering, the highest memory, and
the size of the page.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from results.blocks import blocks_of
from results.folder import header_text, record_line
from results.records import (
    PLAIN,
    SCHEMA_VERSION,
    Case,
    Environment,
    Images,
    Latency,
    Measured,
    Plan,
    Run,
    Samples,
    StopReason,
)

SAMPLES = 30
CASES_EACH = 17
MEGABYTE = 1e6


class Limits(NamedTuple):
    """What is wanted at most."""

    seconds: float
    """Of wall time."""
    memory_bytes: int
    page_bytes: float


#: By number of outcomes. The page of many outcomes has the first rows of each table, and says how many it leaves out.
LIMITS = {
    500: Limits(15.0, 2 * 2**30, 3 * MEGABYTE),
    10_000: Limits(6.0, 2 * 2**30, 10 * MEGABYTE),
    100_000: Limits(60.0, 2 * 2**30, 10 * MEGABYTE),
}
DOCUMENTS = ("report.md", "report.html")


def outcome(case: Case, drawn: random.Random) -> Measured:
    """Return made-up times of a case."""
    samples = Samples(
        seconds=tuple(drawn.lognormvariate(-5, 0.02) for _ in range(SAMPLES)),
        rounds=tuple(range(SAMPLES)),
        calls_per_sample=1,
        warmup_calls=10,
        warmup_s=0.1,
        stop=StopReason.PRECISION,
        precision=0.02,
        clock="made up",
        overhead_s=1e-7,
    )
    return Measured(case=case, result=Latency(samples=samples))


def cases(count: int) -> list[Case]:
    """Return so many cases: the plain network first in each block, then attentions."""
    return [
        Case(
            suite="latency",
            implementation=PLAIN if index % CASES_EACH == 0 else f"attention_{index % CASES_EACH}",
            source="0" * 12,
            host=f"network_{index // CASES_EACH}",
            slot=None if index % CASES_EACH == 0 else "block_output",
            input=Images(batch=4, channels=3, height=32, width=32, num_classes=100),
            threads=2,
        )
        for index in range(count)
    ]


def write(folder: Path, count: int) -> None:
    """Write a run of so many outcomes; without waiting for the disk after each, as measuring does."""
    drawn, planned = random.Random(0), cases(count)
    run = Run(
        schema_version=SCHEMA_VERSION,
        run_id="made up",
        started_at="2026-01-01T00:00:00+00:00",
        plan=Plan(
            suites=("latency",), blocks=blocks_of(planned), budget_s=1.5, precision=0.02, seed=0, time_limit_s=300.0
        ),
        environment=Environment(
            attnbench="0",
            commit=None,
            python="",
            torch="",
            torchvision="",
            system="",
            cpu="made up",
            cores=2,
            threads=2,
            memory_bytes=None,
        ),
    )
    folder.mkdir()
    (folder / "run.json").write_text(header_text(run))
    with (folder / "records.jsonl").open("wb") as file:
        file.writelines(record_line(outcome(case, drawn)) for case in planned)


def make_document(folder: Path, document: str) -> None:
    """Read a run and make one of its documents; print what that took as JSON."""
    from reporting.page.to_html import document_html
    from reporting.report import detailed_document, report
    from results import load

    began = time.perf_counter()
    run = load(folder)
    read = time.perf_counter()
    text = report(run) if document == DOCUMENTS[0] else document_html(detailed_document(run))
    done = time.perf_counter()
    taken = {
        "seconds": done - began,
        "reading_s": read - began,
        "text_bytes": len(text.encode()),
        "memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(taken))


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outcomes", type=int, nargs="+", default=list(LIMITS))
    parser.add_argument("--documents", choices=DOCUMENTS, nargs="+", default=list(DOCUMENTS))
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder is not None:
        make_document(options.folder, options.documents[0])
        return
    for count in options.outcomes:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "run"
            write(folder, count)
            for document in options.documents:
                done = subprocess.run(
                    [sys.executable, __file__, "--folder", str(folder), "--documents", document],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                print(words(count, document, json.loads(done.stdout)), flush=True)


def words(count: int, document: str, taken: dict[str, float]) -> str:
    """Return what a document of so many outcomes took, and whether that is little enough."""
    found = (
        f"{count} outcomes, {document}: {taken['seconds']:.1f} s, {taken['reading_s']:.1f} s of them reading, "
        f"at most {taken['memory_bytes'] / 2**20:.0f} MiB, {taken['text_bytes'] / MEGABYTE:.1f} MB of text"
    )
    limits = LIMITS.get(count)
    if limits is None:
        return found
    small = document == DOCUMENTS[0] or taken["text_bytes"] <= limits.page_bytes
    holds = taken["seconds"] <= limits.seconds and taken["memory_bytes"] <= limits.memory_bytes and small
    return f"{found}: {'holds' if holds else 'FALLS SHORT'}"


if __name__ == "__main__":
    main()
