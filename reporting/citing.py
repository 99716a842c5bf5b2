"""How a run is cited: what was run by which version, when, and the digest that tells it from every other run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.codec import CodecError
from results.run_digest import run_digest

if TYPE_CHECKING:
    from results.records import Run


def citation(run: Run) -> str:
    """Return the line by which a paper can cite a run; its id begins with the moment (UTC) at which it was started."""
    made = run.environment
    commit = "" if made.commit is None else f" (commit {made.commit})"
    return f"attnbench {made.attnbench}{commit}, run {run.run_id} on {made.cpu}, {_digest(run)}."


def _digest(run: Run) -> str:
    try:
        return f"digest {run_digest(run)}"
    except CodecError as error:
        # It is in memory alone, and no folder will ever hold it.
        return f"without a digest: {error}"
