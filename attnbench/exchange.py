"""``attnbench import`` and ``attnbench export``: runs from and to the files of pytest-benchmark."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import results
from bench.errors import UsageError
from results import StoreWarning
from results.benchmark_files import exported, imported
from results.pytest_benchmark import BenchmarkError

from .python_run import Run, load
from .run_folder import write_run

if TYPE_CHECKING:
    from os import PathLike


def import_benchmarks(file: str | PathLike[str], out: str | PathLike[str] | None = None) -> Run:
    """Return the run that a JSON file of pytest-benchmark holds, as ``attnbench import`` writes it.

    A benchmark is imported if ``extra_info["attnbench"]["case"]`` says what was timed. ``pytest --attnbench``, the
    fixture ``attention_benchmark`` and ``attnbench export`` write it. Parameters and multiply-adds become cases of the
    suite complexity. Other benchmarks are left out, with a StoreWarning.

    Args:
        file: what ``pytest --benchmark-json`` or ``attnbench export`` wrote.
        out: a folder, which must not exist; it gets the files of a run. Without it nothing is written.

    Raises:
        UsageError: no such file, no JSON of pytest-benchmark, or no benchmark that can be imported.
        StoreError: a folder that cannot be used.

    """
    path = Path(file)
    if path.exists() and not path.is_file():
        # A pipe would have this wait for whoever writes into it.
        msg = f"cannot read {path}: no regular file; give what pytest --benchmark-json wrote"
        raise UsageError(msg)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        msg = f"cannot read {path}: {reason}; give what pytest --benchmark-json wrote"
        raise UsageError(msg) from None
    try:
        run, left_out = imported(text, str(path))
    except BenchmarkError as error:
        raise UsageError(str(error)) from None
    for line in left_out:
        warnings.warn(f"left out: {line}", StoreWarning, stacklevel=2)
    if out is not None:
        write_run(Path(out), run)
    return Run.of(run)


def export_benchmarks(run_or_folder: results.Run | str | PathLike[str]) -> str:
    """Return the latencies of a run as JSON of pytest-benchmark, as ``attnbench export --pytest-benchmark`` prints it.

    Args:
        run_or_folder: a run, or the folder that it was written to.

    Raises:
        StoreError: not the folder of a run, or a damaged one.
        UsageError: the run has no latencies.

    """
    run = run_or_folder if isinstance(run_or_folder, results.Run) else load(run_or_folder)
    from results.records import Latency

    if not run.index.has(Latency):
        msg = (
            f"{run.run_id} has no latencies, and pytest-benchmark knows nothing else; export a run of the suite latency"
        )
        raise UsageError(msg)
    return exported(run)
