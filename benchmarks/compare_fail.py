"""The same question under pytest-benchmark: two runs of the eight cases, and ``--benchmark-compare-fail``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from results import benchmark_names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from results.records import Case

#: pytest-benchmark's words for one benchmark that it lets fail.
FAILED = re.compile(r"^\s*(\S+) \(\S+\) - Field 'median' has failed", re.MULTILINE)
REGRESSED = "Performance has regressed"
#: Leaves the benchmarks of some names.
SELECTING = """NAMES = {names!r}


def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if item.name in NAMES]
"""
#: pytest's: all passed; pytest-benchmark ends a session that has failed its comparison as one that has failing tests.
RAN = frozenset({0, 1})


class CompareFail:
    """Runs benchmarks of two trees one after the other, as CI does with a stored run of the main branch.

    Args:
        folder: of its own.
        cases: what is timed.
        percent: by how much a median may grow.

    """

    def __init__(self, folder: Path, cases: Iterable[Case], percent: float) -> None:
        folder.mkdir()
        self._folder = folder
        self._percent = percent
        self._names = {benchmark_names.name(case): case for case in cases}
        text = SELECTING.format(names=sorted(self._names))
        (folder / "conftest.py").write_text(text, encoding="utf-8")

    def failed(self, base: Path, head: Path) -> tuple[Case, ...]:
        """Return the cases of head that are called slower than base's.

        Raises:
            CalledProcessError: pytest could not run them.

        """
        stored = self._folder / "base.json"
        self._run(base, f"--benchmark-json={stored}")
        fail = f"--benchmark-compare-fail=median:{self._percent:g}%"
        said = self._run(head, f"--benchmark-compare={stored}", fail)
        return tuple(self._names[name.rpartition("::")[2]] for name in dict.fromkeys(FAILED.findall(said)))

    def _run(self, tree: Path, *options: str) -> str:
        cases = self._names.values()
        impls = [option for case in cases for option in ("--impl", case.implementation)]
        size = next(case.shape[-1] for case in cases if case.input.dim is None)
        batch = next(iter(cases)).input.batch
        axes = ["--suite", "latency", "--host", "none", "--batch-size", str(batch), "--image-size", str(size)]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--attnbench", *axes, *impls]
        environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [*command, "--threads", "1", *options],
            cwd=self._folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        # A failed comparison ends the session before it counts its tests.
        if done.returncode not in RAN or not (REGRESSED in said or f"{len(self._names)} passed" in said):
            sys.stderr.write(said)
            done.check_returncode()
            msg = f"pytest ran other tests than these {len(self._names)}"
            raise AssertionError(msg)
        return said
