"""Measure on a disk that fills up at another write each time; check that its run names that and goes on to its end.

The disk is a tmpfs of a few pages, mounted for it: only root can run this, on Linux.

python benchmarks/full_disk.py [--sizes 16]
"""

from __future__ import annotations

import argparse
import json
import mmap
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from results import load
from results.folder import RECORDS

PLAN = ("latency", "--host", "none", "--impl", "s*", "--impl", "p*", "--device", "cpu", "--budget", "0.05")
MOUNT, UNMOUNT = "/usr/bin/mount", "/usr/bin/umount"
ENOUGH = 4096 * mmap.PAGESIZE


def main() -> None:
    """Print what each size of disk left; exit with 1 if a case is lost, there twice, or the disk is not named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, default=16)
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        # The first page is the folder's own.
        for pages in range(2, 2 + options.sizes):
            _call(MOUNT, "-t", "tmpfs", "-o", f"size={pages * mmap.PAGESIZE}", "tmpfs", temporary)
            try:
                wrong += bool(_fill(Path(temporary), pages))
            finally:
                _call(UNMOUNT, temporary)
    print(f"{options.sizes} sizes of disk: {wrong} with a case that is lost or there twice, or without the cause")
    sys.exit(bool(wrong))


def _fill(disk: Path, pages: int) -> list[str]:
    """Run until the disk is full, make room, and go on; return what is wrong."""
    folder = disk / "run"
    status, said = _run(*PLAN, "--out", str(folder))
    faults = []
    if status not in (0, 2) or "Traceback" in said:
        faults.append(f"status {status}: {said[-300:]!r}")
    if status == 2 and "No space left" not in said:
        faults.append(f"does not say why: {said!r}")
    kept = _keys(folder)
    _call(MOUNT, "-o", f"remount,size={ENOUGH}", str(disk))
    again = ("--resume", str(folder)) if (folder / "run.json").exists() else (*PLAN, "--out", str(folder))
    if status:
        if not (folder / "run.json").exists() and folder.exists():
            faults.append(f"a folder without a run: {sorted(each.name for each in folder.iterdir())}")
            return _print(pages, status, len(kept), faults)
        resumed, said = _run(*again)
        if resumed:
            faults.append(f"went on with status {resumed}: {said!r}")
            return _print(pages, status, len(kept), faults)
    keys, planned = _keys(folder), len(load(folder).plan.cases)
    if len(keys) != planned or any(count > 1 for count in keys.values()):
        faults.append(f"{planned} cases, records {sorted(keys.values())}")
    if not kept.keys() <= keys.keys():
        faults.append("a record was lost")
    return _print(pages, status, len(kept), faults)


def _print(pages: int, status: int, kept: int, faults: list[str]) -> list[str]:
    wrong = "".join(f"; WRONG: {fault}" for fault in faults)
    print(f"{pages:3} pages: status {status}, {kept} outcomes kept{wrong}")
    return faults


def _call(*command: str) -> None:
    subprocess.run(command, check=True)


def _run(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "attnbench", "run", "--quiet", *arguments]
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    return finished.returncode, (finished.stdout + finished.stderr).strip()


def _keys(folder: Path) -> Counter[str]:
    """Return how often each case has a whole line; the last one may be torn."""
    file = folder / RECORDS
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return Counter(json.loads(line)["key"] for line in lines)


if __name__ == "__main__":
    main()
