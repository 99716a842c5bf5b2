"""``attnbench.compare``, and ``attnbench compare``: several runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from bench.errors import UsageError, refuse
from results import Run, load

from .documents import CSV
from .printed import Printed, formats

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from pandas import DataFrame

    from results.comparison import Comparison

#: Its JSON is its own: a figure and a run a row.
OWN = (CSV, "json")
FORMATS = formats(*OWN)
#: For Python alone: a pandas.DataFrame.
FRAME = "frame"
FEWEST = 2


@overload
def compare(  # type: ignore[overload-overlap]  # the one format that is no text
    *runs: Run | str | PathLike[str], format: Literal["frame"], columns: Sequence[str] = ()
) -> DataFrame: ...


@overload
def compare(*runs: Run | str | PathLike[str], format: str = "md", columns: Sequence[str] = ()) -> str: ...


def compare(
    *runs: Run | str | PathLike[str],
    format: str = "md",  # noqa: A002 - as the option
    columns: Sequence[str] = (),
) -> str | DataFrame:
    """Return every figure of two or more runs side by side, as ``attnbench compare`` prints it. Nothing is measured.

    A ratio to the baseline inside each run is paired, and compared with its interval. A time is not: its ratio between
    two runs holds the machine's drift too, and is marked.

    Args:
        runs: runs, or the folders that they were written to; the others are held against the first.
        format: ``md``; ``csv``, a row a figure and a run that is held against the first; ``json``; or ``frame``: the
            rows of the CSV as a pandas.DataFrame.
        columns: of the tables or the CSV, in this order; none: all of them.

    Raises:
        StoreError: not the folder of a run, or a damaged one.
        UsageError: fewer than two runs, runs that have no case in common, or there is no such format
            or column.

    """
    if format not in (*FORMATS, FRAME):
        refuse("format", format, (*FORMATS, FRAME))
    if format == FRAME:
        from reporting.comparison_frame import comparison_frame

        return comparison_frame(_compared(runs))
    return printed_comparison(runs).text(format, columns)


def printed_comparison(runs: Sequence[Run | str | PathLike[str]]) -> Printed:
    """Return what there is to print of several runs (arguments and errors as for ``compare``)."""
    found = _compared(runs)
    from reporting.comparison_document import comparison_document
    from reporting.comparison_files import comparison_csv, comparison_json

    return Printed(
        document=lambda: comparison_document(found),
        data={CSV: lambda: comparison_csv(found), "json": lambda: comparison_json(found)},
    )


def _compared(runs: Sequence[Run | str | PathLike[str]]) -> Comparison:
    if len(runs) < FEWEST:
        msg = "one run has nothing beside it; give two or more: attnbench compare RUN RUN"
        raise UsageError(msg)
    loaded = [run if isinstance(run, Run) else load(run) for run in runs]
    from results.comparison import compare as compared

    found = compared(loaded)
    if not (found.rows or found.without_figures):
        names = ", ".join(run.run_id for run in loaded)
        msg = f"{names}: no case in common; compare runs of the same suites, networks and inputs"
        raise UsageError(msg)
    return found
