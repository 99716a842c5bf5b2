"""A sweep of thirty good cases and ten that fail, each in another way: prints the outcomes and checks their causes.

Run it with ``python benchmarks/faults.py``.
"""

from __future__ import annotations

import runpy
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import load
from results.records import Failed, Measured, Run

PLUGIN = Path(__file__).parent / "misbehaving.py"
ARGUMENTS = ("--host", "none", "--impl", "bad/*", "--impl", "good/*", "--direction", "forward", "--device", "cpu")


def sweep(folder: Path, *, budget_s: float = 0.05, time_limit_s: float = 5.0) -> Run:
    """Run the sweep as a user would; return what it left.

    Raises:
        CalledProcessError: the run itself failed.

    """
    command = [sys.executable, "-m", "attnbench", "run", "latency", *ARGUMENTS, "--plugin", str(PLUGIN), "--quiet"]
    command += ["--budget", str(budget_s), "--time-limit", str(time_limit_s), "--out", str(folder)]
    subprocess.run(command, check=True)
    return load(folder)


def expected_kinds(plugin: Path = PLUGIN) -> dict[str, str]:
    """Return implementation -> kind of failure, from the plug-in itself."""
    expected = runpy.run_path(str(plugin))["EXPECTED"]
    return {f"bad/{cls.__name__}": kind for cls, kind in expected.items()}


def main() -> None:
    """Print one line a failure, and the totals; exit with 1 if a cause is not the expected one."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        run = sweep(Path(folder) / "run")
        seconds = time.perf_counter() - started
    failures = [outcome for outcome in run.outcomes if isinstance(outcome, Failed)]
    for failure in failures:
        print(f"{failure.case.implementation:26} {failure.kind:14} {failure.error[:90]}")
    measured = sum(isinstance(outcome, Measured) for outcome in run.outcomes)
    print(f"{len(run.outcomes)} outcomes: {measured} measured, {len(failures)} failed, in {seconds:.0f} s")
    causes = {failure.case.implementation: failure.kind.value for failure in failures}
    right = causes == expected_kinds() and measured + len(failures) == len(run.plan.cases)
    sys.exit(0 if right else f"expected {expected_kinds()}, found {causes}")


if __name__ == "__main__":
    main()
