"""``attnbench.history``, and ``attnbench history``: runs over time, and where their figures change."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import UsageError, refuse
from results import Run, StoreError, StoreWarning, load
from results.folder import HEADER
from results.history import P_VALUE

from .documents import CSV
from .printed import Printed, formats

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

#: The last: what github-action-benchmark reads as ``customSmallerIsBetter``, of the newest run.
OWN = (CSV, "github")
FORMATS = formats(*OWN)


def history(
    *runs_or_folders: Run | str | PathLike[str],
    format: str = "md",  # noqa: A002 - as the option
    p_value: float = P_VALUE,
    columns: Sequence[str] = (),
) -> str:
    """Return the figures of runs in the order of time, and where they change, as ``attnbench history`` prints it.

    Args:
        runs_or_folders: runs, their folders, or folders with runs somewhere below them. A damaged run below a folder is
            left out, with a StoreWarning.
        format: ``md``; ``csv``, a row a figure and run; or ``github``: the newest run in the layout
            ``customSmallerIsBetter`` of github-action-benchmark.
        p_value: how often, at most, a measured series without a change is said to have one; between 0 and 1. The
            smaller it is, the more runs a change takes to be found.
        columns: of the tables or the CSV, in this order; none: all of them.

    Raises:
        StoreError: a folder that was named is a damaged run.
        UsageError: there is no run, no such format or column, or no such p-value.

    """
    if format not in FORMATS:
        refuse("format", format, FORMATS)
    return printed_history(runs_or_folders, p_value).text(format, columns)


def printed_history(runs_or_folders: Sequence[Run | str | PathLike[str]], p_value: float) -> Printed:
    """Return what there is to print of runs over time (arguments and errors as for ``history``)."""
    if not 0 < p_value < 1:
        msg = f"a p-value of {p_value:g} is not possible; give a number between 0 and 1"
        raise UsageError(msg)
    runs = [run for given in runs_or_folders for run in ([given] if isinstance(given, Run) else _runs_in(Path(given)))]
    if not runs:
        names = ", ".join(map(str, runs_or_folders)) or "nothing given"
        msg = f"{names}: no run there; give folders that attnbench run wrote, or a folder of them"
        raise UsageError(msg)
    from results.history import history as over_time

    found = over_time(runs, p_value)
    from reporting.history_document import history_document
    from reporting.history_files import github_json, history_csv

    return Printed(
        document=lambda: history_document(found),
        data={CSV: lambda: history_csv(found), "github": lambda: github_json(found)},
    )


def _runs_in(folder: Path) -> Iterator[Run]:
    """Yield the run in a folder, or the runs below it."""
    if (folder / HEADER).is_file() or not folder.is_dir():
        yield load(folder)
        return
    for header in sorted(folder.rglob(HEADER)):
        try:
            yield load(header.parent)
        except StoreError as error:
            warnings.warn(f"left out: {error}", StoreWarning, stacklevel=3)
