"""Baselines: runs that are kept, by name, for later ones to be checked against.

A baseline is a folder like a run's, with ``run.json`` and ``records.jsonl`` alone: small enough to be committed, and
readable by whatever reads runs. It is a copy: the run may be deleted.
"""

from __future__ import annotations

import difflib
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from .folder import StoreError, load, read_header, reason
from .records import Failed
from .store import RunStore

if TYPE_CHECKING:
    from .records import Environment, Run

#: Where baselines are, below the folder in which the user stands.
BASELINES = Path("results", "baselines")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
#: What vendors write into the names of their products.
MARKS = re.compile(r"\((r|tm)\)|@.*", re.IGNORECASE)


def machine_name(environment: Environment, device: str) -> str:
    """Return the name of a machine's baseline: its device and its processor, in letters, digits and hyphens."""
    index = int(device.partition(":")[2] or 0)
    accelerators = environment.accelerators
    first = accelerators[index].name if device != "cpu" and index < len(accelerators) else device.partition(":")[0]
    text = MARKS.sub(" ", f"{first} {environment.cpu}").lower()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def run_device(run: Run) -> str:
    """Return the device that a run is about: its first GPU, or the CPU. Counting is done on the CPU in any case."""
    devices = dict.fromkeys(case.device for case in run.plan.cases)
    return next((device for device in devices if device != "cpu"), "cpu")


def save(run: Run, name: str, *, below: Path = BASELINES, overwrite: bool = False) -> Path:
    """Keep a run as a baseline, and return its folder. Tracebacks, with the paths of a machine, are left out.

    Raises:
        StoreError: the name is none, the run is not finished or has no figures, there is such a baseline, or it cannot
            be written.

    """
    _check_name(name)
    _check_finished(run)
    folder = below / name
    if folder.exists() and not overwrite:
        msg = f"there is a baseline {name!r} already; give another --name, or --replace it"
        raise StoreError(msg)
    outcomes = tuple(replace(each, traceback="") if isinstance(each, Failed) else each for each in run.outcomes)
    # Of another name until it is whole.
    unfinished = below / f".{name}.{secrets.token_hex(4)}"
    try:
        with RunStore.create(unfinished, replace(run, outcomes=outcomes)):
            pass
        if folder.exists():
            shutil.rmtree(folder)
        unfinished.rename(folder)
    except OSError as error:
        msg = f"cannot write {folder}: {reason(error)}; make room, or go to a folder that can be written"
        raise StoreError(msg) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def names(below: Path = BASELINES) -> tuple[str, ...]:
    """Return the names of all baselines, in the order of the alphabet; damaged ones too."""
    with suppress(FileNotFoundError):
        return tuple(sorted(each.name for each in below.iterdir() if each.is_dir() and NAME.fullmatch(each.name)))
    return ()


def read(name_or_folder: str, *, below: Path = BASELINES) -> Run:
    """Read a baseline by its name, or any run by its folder.

    Raises:
        StoreError: there is none, or it is damaged.

    """
    known = names(below)
    if name_or_folder in known:
        return load(below / name_or_folder)
    if Path(name_or_folder).is_dir():
        return load(name_or_folder)
    raise StoreError(_missing(name_or_folder, known))


def header(name: str, *, below: Path = BASELINES) -> Run:
    """Read what a baseline was made of and where, without its outcomes (errors as in ``read``)."""
    return read_header(below / name)


def _missing(wanted: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(wanted, known, n=1)
    there = f"did you mean {close[0]!r}? " if close else f"there are {', '.join(known)}; " if known else ""
    return f"no baseline for {wanted!r}; {there}make one with: attnbench baseline set RUN"


def _check_name(name: str) -> None:
    if NAME.fullmatch(name) is None:
        msg = f"{name!r} is no name of a baseline; use letters, digits, '.', '-', '+' and '_'"
        raise StoreError(msg)


def _check_finished(run: Run) -> None:
    missing = len(run.plan.cases) - len({outcome.case for outcome in run.outcomes})
    if missing:
        msg = f"{run.run_id} lacks {missing} of {len(run.plan.cases)} cases; go on first: attnbench run --resume RUN"
        raise StoreError(msg)
    if all(isinstance(outcome, Failed) for outcome in run.outcomes):
        msg = f"nothing could be measured in {run.run_id}; measure again before you keep it"
        raise StoreError(msg)
