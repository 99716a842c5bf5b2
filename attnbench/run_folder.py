"""A run that was not measured into a folder -> a folder as ``attnbench run`` writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from results import Run


def write_run(folder: Path, run: Run) -> None:
    """Write a run with its documents.

    Raises:
        StoreError: the folder exists or cannot be written.

    """
    # They import pandas and torch's users.
    from results.store import RunStore

    from .reports import write_documents

    with RunStore.create(folder, run) as store:
        write_documents(folder, store.run)
