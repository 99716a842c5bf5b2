"""``attnbench.check``, and ``attnbench check``: from what a user has chosen to a check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.errors import UsageError
from regression.pyproject import read_options
from suites.option import is_given, parsed
from suites.request import requested

from . import check_options
from .check_options import CHECK_OPTIONS, CheckOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from regression.checking import Apart, Confirming
    from regression.limits import Limits
    from regression.order import Event
    from regression.pyproject import CheckOptions as ProjectOptions
    from regression.worktrees import Tree
    from results.checks import Check, Judged

PYPROJECT = "pyproject.toml"
#: The chance, at most, that any case of an unchanged version is called slower in the first of two processes.
ERROR_RATE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a check is asked for, beside the axes."""

    against: str | None = None
    """A branch, tag, commit or folder; None: as the project's file says."""
    only_changed: bool = False
    folder: Path
    """Where base is looked up: the current folder."""
    project: ProjectOptions
    """What the project's file sets."""
    instructions: bool = False
    """Whether instructions are counted, under valgrind; no times are taken then."""


def check_as_chosen(
    chosen: Chosen, given: Mapping[str, object], show: Callable[[Event | Confirming | Apart], None]
) -> Check:
    """Compare the working tree with another version.

    Args:
        chosen: which one, and how.
        given: values or their texts, by the names of axes and of the check's own options.
        show: is told of everything that happens.

    Raises:
        UsageError: something that was chosen does not exist, or is not possible.
        BaseError: there is no such version.
        BaseLoadError: base cannot be imported.
        HeadError: head cannot be imported.

    """
    from regression import worktrees

    head = worktrees.head(chosen.folder)
    project = chosen.project
    against = chosen.against or project.against
    if against is None:
        msg = f"nothing to compare with: name a branch, tag, commit or folder with --against, or in {PYPROJECT}"
        raise UsageError(msg)
    merged = _set_by(project) | {name: value for name, value in given.items() if is_given(value)}
    with worktrees.base(against, chosen.folder) as base:
        return _check(chosen, merged, project.limits, base, head, show=show)


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


def _check(
    chosen: Chosen,
    given: Mapping[str, object],
    limits: Limits,
    base: Tree,
    head: Tree,
    *,
    show: Callable[[Event | Confirming | Apart], None],
) -> Check:
    from bench import environment
    from regression.calls import Calls
    from regression.checking import check
    from regression.loading import is_own_tree
    from regression.order import Order, Planned
    from results.checks import Check, Judged

    request = requested((), dict(check_options.DEFAULTS) | dict(given))
    options = CheckOptions(**parsed(CHECK_OPTIONS, given))
    own_tree = is_own_tree(head.root)
    if not own_tree and not request.plugins:
        msg = f"{head.root} is not attnbench's own tree: name what it brings, as --plugin package.module"
        raise UsageError(msg)
    if chosen.instructions:
        from regression.callgrind import require_callgrind

        require_callgrind(request)
    started = datetime.now(UTC)
    order = Order(
        base=base.root,
        head=head.root,
        plugins=request.plugins,
        own_tree=own_tree,
        request=request,
        threshold=options.threshold,
        limits=limits,
        error_rate=ERROR_RATE,
        budget_s=options.budget_s,
        only_changed=chosen.only_changed,
        calls=Calls.COUNTED if chosen.instructions else Calls.TIMED,
    )
    judged: list[Judged] = []
    unchanged = 0
    for event in check(order, devices=request.devices, step_limit_s=options.time_limit_s):
        show(event)
        match event:
            case Judged():
                judged.append(event)
            case Planned():
                # The first of several processes looks at all cases.
                unchanged = max(unchanged, event.unchanged)
    return Check(
        started_at=started.isoformat(timespec="seconds"),
        base=base.side,
        head=head.side,
        environment=environment.describe(request.threads or 1),
        threshold=options.threshold,
        error_rate=ERROR_RATE,
        judged=tuple(judged),
        unchanged=unchanged,
        plugins=request.plugins,
    )
