"""Damage the folder of a run in many ways, and let every reader and writer have it.

No reader may end in a traceback or hang, nothing outside the folder may change, and no number that was altered may be
believed without a word.

python benchmarks/fuzz_runs.py [--mutations 2000] [--seed 0]
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import fuzzing
from fuzzed_run import write_run
from fuzzing import HangError, limited
from mutations import MUTATIONS, altered_number

from attnbench.comparing import compare
from attnbench.exchange import export_benchmarks
from attnbench.over_time import history
from attnbench.reports import report, write_documents
from bench.errors import UsageError
from results import StoreError, StoreWarning, load
from results.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable

#: A reader that takes longer hangs: the run has a dozen cases.
LIMIT_S = 30


def resumed(folder: Path) -> None:
    """Go on with a run, as far as that needs no measuring."""
    with RunStore.resume(folder) as store:
        store.noted()
        store.finish()
        write_documents(folder, store.run)


READERS: dict[str, Callable[[Path], object]] = {
    "report": report,
    "csv": lambda folder: report(folder, "csv"),
    "frame": lambda folder: load(folder).to_frame(),
    "compare": lambda folder: compare(folder, folder.parent / "whole"),
    "history": lambda folder: history(folder, folder.parent / "whole"),
    "export": export_benchmarks,
    "resume": resumed,
}


def fuzz(mutations: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Return how often what happened, and what must not happen, a line each."""
    counts: Counter[str] = Counter(dict.fromkeys(("mutations", "refused", "noticed", "read", "outside"), 0))
    broken: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        whole, folder, outside = (Path(place) / name for name in ("whole", "folder", "outside"))
        write_run(whole)
        for number in range(mutations):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(outside, ignore_errors=True)
            outside.mkdir()
            shutil.copytree(whole, folder)
            draw = random.Random(f"{seed}/{number}")
            mutate = draw.choice(MUTATIONS)
            mutate(folder, draw)
            before = _contents(outside, whole)
            counts["mutations"] += 1
            where = f"{seed}/{number} {mutate.__name__}"
            for name, read in READERS.items():
                said = _attempt(read, folder)
                if said not in ("refused", "noticed", "read"):
                    broken.append(f"{where}, {name}: {said}")
                elif said == "read" and mutate is altered_number:
                    broken.append(f"{where}, {name}: believed without a word")
                counts[said if said in counts else "broken"] += 1
            if _contents(outside, whole) != before:
                counts["outside"] += 1
                broken.append(f"{where}: changed something outside the folder")
    return counts, broken


def _attempt(read: Callable[[Path], object], folder: Path) -> str:
    """Return ``refused`` in one line, ``noticed`` with a warning, ``read``, or the end of a traceback."""
    try:
        with limited(LIMIT_S), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            read(folder)
    except (StoreError, UsageError) as error:
        return "refused" if "\n" not in str(error) else f"several lines: {str(error)!r}"
    except HangError:
        return "HangError"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error)[:200]!r} at {frame.filename}:{frame.lineno}"
    return "noticed" if any(issubclass(each.category, StoreWarning) for each in warned) else "read"


def _contents(*folders: Path) -> dict[str, tuple[bytes, int]]:
    """Return what regular files hold, and what they may be done with."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {os.fspath(path): (path.read_bytes(), path.stat().st_mode) for path in files}


if __name__ == "__main__":
    fuzzing.run(__doc__, "mutations", 2000, fuzz)
