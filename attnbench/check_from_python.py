"""``attnbench.check``: what ``attnbench check`` does, from Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .check_options import CHECK_AXES, CHECK_OPTIONS
from .output import from_python
from .signature import refuse_unknown, with_options

if TYPE_CHECKING:
    from os import PathLike

    from results.checks import Check


@with_options(CHECK_AXES, CHECK_OPTIONS)
def check(
    *,
    against: str | None = None,
    baseline: str | PathLike[str] | None = None,
    limits: bool = False,
    only_changed: bool = False,
    instructions: bool = False,
    progress: bool | None = None,
    **chosen: Any,
) -> Check:
    """Look whether anything got slower, bigger or numerically worse, as ``attnbench check`` does.

    The working tree of the current folder is judged, with what its pyproject.toml sets. What fails a job is in the
    check's ``worse``.

    Args:
        against: compare with this branch, tag, commit or folder. Default, if nothing else is chosen: as the project's
            pyproject.toml says.
        baseline: compare with this stored run: the name of a baseline, ``this machine``, or the folder of a run.
        limits: hold what there is against the limits in the project's pyproject.toml.
        only_changed: leave out what has the same source.
        instructions: count instructions under valgrind, in place of times.
        progress: whether to print, to stderr, how the check goes on. Default: on a terminal and in a notebook.
        **chosen: {options}

    Raises:
        UsageError: something that was chosen does not exist, or is not possible; a version cannot be imported.
        StoreError: there is no such baseline, or it is damaged.
        WorkerLostError: worker processes do not come up.
        TypeError: an argument that there is not.

    """
    refuse_unknown("check", chosen, (*CHECK_AXES, *CHECK_OPTIONS))
    from .check_choice import Chosen, project_of
    from .check_display import CheckDisplay
    from .checking import check_as_chosen

    folder = Path.cwd()
    what = Chosen(
        against=against,
        baseline=None if baseline is None else str(baseline),
        limits=limits,
        only_changed=only_changed,
        instructions=instructions,
        folder=folder,
        project=project_of(folder),
    )
    with CheckDisplay(quiet=not from_python(progress=progress).progress) as display:
        return check_as_chosen(what, chosen, display.show)
