"""A run as Python users have it: short in a console, its summary in a notebook, and written where they say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Self

import results
from results.records import Failed, Measured, Skipped
from results.text import printable

from .run_folder import write_run

if TYPE_CHECKING:
    from os import PathLike


class Run(results.Run, frozen=True, kw_only=True, dict=True, gc=True):
    """One run: what was planned, where it ran, and what came of it.

    ``to_frame()`` has its figures; a notebook shows its summary.
    """

    @classmethod
    def of(cls, run: results.Run) -> Self:
        """Return a run of the records as one for Python users."""
        return cls(**{name: getattr(run, name) for name in run.__struct_fields__})

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write the run as ``attnbench run --out`` does, and return its folder; ``attnbench.load`` reads it.

        Args:
            folder: which must not exist; it gets run.json, records.jsonl, report.md and a CSV file a suite.

        Raises:
            StoreError: the folder exists or cannot be written.

        """
        write_run(Path(folder), self)
        return Path(folder)

    def __repr__(self) -> str:
        """Return the run in one line."""
        from reporting.describe import plural

        kinds = Counter(type(outcome) for outcome in self.outcomes)
        words = {
            "measured": kinds[Measured],
            "failed": kinds[Failed],
            "skipped": kinds[Skipped],
            "not reached": sum(case not in self.index.outcomes for case in self.plan.cases),
        }
        counts = ", ".join(f"{count} {word}" for word, count in words.items() if count or word == "measured")
        made = self.environment
        where = (made.cpu, plural(made.threads, "thread"), *dict.fromkeys(each.name for each in made.accelerators))
        return f"<Run {self.run_id}: {counts}; {printable(', '.join(where))}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the summary, after what makes its times unfit to compare."""
        from reporting.page.fragment import document_fragment
        from reporting.report import brief_document

        return document_fragment(brief_document(self))


def load(folder: str | PathLike[str]) -> Run:
    """Read a run, finished or not; another process may be writing it.

    Args:
        folder: that ``attnbench run``, ``attnbench.run(out=...)`` or ``save`` wrote.

    Raises:
        StoreError: not the folder of a run, written by another version, or damaged elsewhere than in its last line.

    """
    # The line to blame is the one that called this.
    return Run.of(results.load(folder, stacklevel=3))
