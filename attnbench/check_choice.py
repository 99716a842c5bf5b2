"""What a user has chosen of a check, with what the project's file adds; what does not go together is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.errors import UsageError
from regression.pyproject import read_options
from suites.axes import AXES
from suites.option import is_given, parsed
from suites.request import requested

from .check_options import CHECK_OPTIONS, CheckOptions, chosen_axes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from regression.pyproject import CheckOptions as ProjectOptions
    from regression.worktrees import Tree
    from suites.request import Request

PYPROJECT = "pyproject.toml"
#: The axes that can be chosen beside a baseline, which has the others.
WITH_BASELINE = frozenset({"impls", "devices", "plugins"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a check is asked for, beside the axes."""

    against: str | None = None
    """A branch, tag, commit or folder; None: as the project's file says, if nothing else is chosen."""
    baseline: str | None = None
    """A stored run, in place of another version: its name, its folder, or ``this machine``."""
    limits: bool = False
    """Also, or only, hold what there is against the project's limits."""
    only_changed: bool = False
    folder: Path
    """Where base is looked up: the current folder."""
    project: ProjectOptions
    """What the project's file sets."""
    instructions: bool = False
    """Whether instructions are counted, under valgrind; no times are taken then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A check as it was chosen, with what the project's file adds; it goes together."""

    chosen: Chosen
    against: str | None
    head: Tree
    explicit: Mapping[str, object]
    """What was given, by the names of axes and options."""
    merged: Mapping[str, object]
    """The same, and what the project's file sets."""
    options: CheckOptions
    request: Request
    started: datetime


def asked_for(chosen: Chosen, given: Mapping[str, object]) -> Asked:
    """Return what is to be checked.

    Args:
        chosen: with what it is compared, and how.
        given: values or their texts, by the names of axes and of the check's own options.

    Raises:
        UsageError: something that was chosen does not exist, or does not go together.

    """
    from regression import worktrees

    project = chosen.project
    explicit = {name: value for name, value in given.items() if is_given(value)}
    merged = _set_by(project) | explicit
    against = chosen.against or (None if chosen.limits or chosen.baseline is not None else project.against)
    _refuse(chosen, against, explicit)
    return Asked(
        chosen=chosen,
        against=against,
        head=worktrees.head(chosen.folder),
        explicit=explicit,
        merged=merged,
        options=CheckOptions(**parsed(CHECK_OPTIONS, merged)),
        request=requested((), chosen_axes(merged)),
        started=datetime.now(UTC),
    )


def project_of(folder: Path) -> ProjectOptions:
    """Return what the project of a folder sets in its pyproject.toml.

    Raises:
        UsageError: the file is wrong.

    """
    from regression import worktrees

    return read_options(worktrees.head(folder).root / PYPROJECT)


def _set_by(project: ProjectOptions) -> dict[str, object]:
    """Return what the project's file sets, by the names of axes and options."""
    names = ("threshold", "budget_s", "impls", "hosts", "dtypes", "devices", "plugins")
    return {name: value for name in names if is_given(value := getattr(project, name))}


def _refuse(chosen: Chosen, against: str | None, explicit: Mapping[str, object]) -> None:
    """Refuse what does not go together."""
    if against is None and chosen.baseline is None and not chosen.limits:
        msg = (
            f"nothing to compare with: name a branch, tag, commit or folder with --against, or in {PYPROJECT}; or "
            "choose --baseline or --limits"
        )
        raise UsageError(msg)
    if chosen.against is not None and chosen.baseline is not None:
        msg = "--against and --baseline are two bases; choose one of them"
        raise UsageError(msg)
    if chosen.only_changed and against is None and chosen.baseline is None:
        msg = "--only-changed needs something to have changed from; add --against or --baseline"
        raise UsageError(msg)
    if chosen.instructions and against is None:
        msg = "--instructions counts those of two versions; add --against"
        raise UsageError(msg)
    if chosen.baseline is not None:
        for axis in AXES:
            if axis.name in explicit and axis.name not in WITH_BASELINE:
                msg = f"--baseline measures what the baseline has; leave out {axis.flag}"
                raise UsageError(msg)
