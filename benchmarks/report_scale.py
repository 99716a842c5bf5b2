"""How long a report takes, and how much memory, as a run grows: reading, tables, CSV.

Run it with ``python benchmarks/report_scale.py [--outcomes 10000 100000]``. Each run is made up: latencies of 30
samples in blocks of 17 cases or so, 600 blocks for 10,000 outcomes. It is written once; reading it and making its
report happen in a process of its own. Judged are the time of reading and report, and the highest memory.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
#: Wanted at most: seconds of wall time and bytes, by number of outcomes.
LIMITS = {10_000: (6.0, 2 * 2**30), 100_000: (60.0, 2 * 2**30)}


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


def make_report(folder: Path) -> None:
    """Read a run and make its documents; print the seconds of the report, then of each step."""
    from reporting.report import report
    from reporting.to_csv import suite_csv
    from results import load

    began = time.perf_counter()
    run = load(folder)
    read = time.perf_counter()
    text = report(run)
    reported = time.perf_counter()
    lines = suite_csv(run, "latency")
    done = time.perf_counter()
    print(reported - began)
    steps = f"reading {read - began:.1f} s, report {reported - read:.1f} s, CSV {done - reported:.1f} s"
    print(f"{steps}; {len(text) / 1e6:.1f} and {len(lines) / 1e6:.1f} MB of text")


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outcomes", type=int, nargs="+", default=list(LIMITS))
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder is not None:
        make_report(options.folder)
        return
    for count in options.outcomes:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "run"
            write(folder, count)
            done = subprocess.run(
                [sys.executable, __file__, "--folder", str(folder)], capture_output=True, text=True, check=True
            )
        taken, steps = done.stdout.strip().split("\n")
        seconds = float(taken)
        # Of the largest child so far: sizes grow.
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        limits = LIMITS.get(count)
        judged = "" if limits is None else ", holds" if seconds <= limits[0] and peak <= limits[1] else ", FALLS SHORT"
        memory = f"at most {peak / 2**20:.0f} MiB"
        print(f"{count} outcomes: report in {seconds:.1f} s, {memory}{judged} ({steps})")


if __name__ == "__main__":
    main()
