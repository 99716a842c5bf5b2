"""A sweep of good cases and more than seventy that fail, each in another way: prints the outcomes, checks their causes.

Run it with ``python benchmarks/faults.py``; patterns of implementations choose some of the faults. It then measures the
good ones alone, twice, and prints how far they are from that beside faults, and how far from each other.
"""

from __future__ import annotations

import runpy
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from results import load
from results.records import Failed, Latency, Measured, Run
from results.stats import ratio

if TYPE_CHECKING:
    from results.stats import Ratio

PLUGIN = Path(__file__).parent / "misbehaving.py"
FURTHER = Path(__file__).parent / "misbehaving_further.py"
ARGUMENTS = ("--host", "none", "--direction", "forward", "--device", "cpu")
GOOD = "good/*"


def sweep(
    folder: Path,
    *,
    patterns: tuple[str, ...] = ("bad/*", GOOD),
    budget_s: float = 0.05,
    time_limit_s: float = 5.0,
) -> Run:
    """Run the sweep as a user would; return what it left.

    Raises:
        CalledProcessError: the run itself failed.

    """
    command = [sys.executable, "-m", "attnbench", "run", "latency", *ARGUMENTS, "--quiet"]
    command += [part for plugin in (PLUGIN, FURTHER) for part in ("--plugin", str(plugin))]
    command += [part for pattern in patterns for part in ("--impl", pattern)]
    command += ["--budget", str(budget_s), "--time-limit", str(time_limit_s), "--out", str(folder)]
    subprocess.run(command, check=True)
    return load(folder)


def expected_kinds(plugin: Path = PLUGIN) -> dict[str, str]:
    """Return implementation -> kind of failure, from the plug-in itself."""
    expected = runpy.run_path(str(plugin))["EXPECTED"]
    return {f"bad/{cls.__name__}": kind for cls, kind in expected.items()}


def expected_causes() -> dict[str, tuple[str, str]]:
    """Return implementation -> kind of failure and words of its error, of both plug-ins."""
    first = {name: (kind, "") for name, kind in expected_kinds().items()}
    further: dict[str, tuple[str, str]] = runpy.run_path(str(FURTHER))["EXPECTED"]
    return first | further


def wrong_causes(run: Run) -> list[str]:
    """Return one line for each outcome that is not the expected one."""
    expected = expected_causes()
    wrong = []
    for outcome in run.outcomes:
        name = outcome.case.implementation
        if isinstance(outcome, Failed):
            kind, words = expected.get(name, ("none", ""))
            if outcome.kind.value != kind or words not in outcome.error:
                wrong.append(f"{name}: {outcome.kind}: {outcome.error[:90]}; expected {kind}: {words}")
        elif name in expected or not isinstance(outcome, Measured):
            wrong.append(f"{name} did not fail")
    if len(run.outcomes) != len(run.plan.cases):
        wrong.append(f"{len(run.plan.cases)} cases have {len(run.outcomes)} outcomes")
    return wrong


def speeds(run: Run) -> dict[str, Ratio]:
    """Return how many times as long each good case takes as the first of them, in the same rounds: they are equals."""
    samples = {
        outcome.case.implementation: outcome.result.samples
        for outcome in run.index.in_plan_order
        if isinstance(outcome, Measured) and isinstance(outcome.result, Latency)
    }
    first = next(iter(samples))
    ratios = {name: ratio(taken, samples[first]) for name, taken in samples.items() if name != first}
    return {name: found for name, found in ratios.items() if found is not None}


def main() -> None:
    """Print one line a failure, and the totals; exit with 1 if a cause is not the expected one."""
    patterns = tuple(sys.argv[1:]) or ("bad/*", "worse/*")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        run = sweep(Path(folder) / "run", patterns=(*patterns, GOOD))
        seconds = time.perf_counter() - started
        alone, again = (sweep(Path(folder) / name, patterns=(GOOD,)) for name in ("alone", "again"))
    failures = [outcome for outcome in run.outcomes if isinstance(outcome, Failed)]
    for failure in failures:
        print(f"{failure.case.implementation:26} {failure.kind:14} {failure.error[:90]}")
    measured = sum(isinstance(outcome, Measured) for outcome in run.outcomes)
    print(f"{len(run.outcomes)} outcomes: {measured} measured, {len(failures)} failed, in {seconds:.0f} s")
    floor = max(found.relative for each in (run, alone, again) for found in each.noise_floors)
    usual = speeds(alone)
    for words, other in (("beside faults", speeds(run)), ("of another run without faults", speeds(again))):
        off = [abs(other[name].value / usual[name].value - 1) for name in usual if name in other]
        apart = sum(
            other[name].low > usual[name].high or other[name].high < usual[name].low for name in usual if name in other
        )
        near = sum(each <= floor for each in off)
        print(
            f"ratios of good cases {words}: {near} of {len(usual)} within the noise floor "
            f"({floor:.1%}) of a run without; off by {statistics.median(off):.1%} (median), {max(off):.1%} (most); "
            f"{apart} intervals lie apart"
        )
    wrong = wrong_causes(run)
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
