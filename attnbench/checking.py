"""``attnbench.check``, and ``attnbench check``: from what a user has chosen to a check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.errors import UsageError
from suites.option import is_given, parsed
from suites.request import requested

from . import check_options
from .check_options import CHECK_OPTIONS, CheckOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from regression.checking import Apart, Confirming
    from regression.session import Event
    from regression.worktrees import Tree
    from results.checks import Check, Judged

#: The chance, at most, that any case of an unchanged version is called slower in the first of two processes.
ERROR_RATE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a check is asked for, beside the axes."""

    against: str
    only_changed: bool = False
    folder: Path
    """Where base is looked up: the current folder."""


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
        LoadError: a version cannot be imported.

    """
    from regression import worktrees

    with worktrees.base(chosen.against, chosen.folder) as base:
        return _check(chosen, given, base, worktrees.head(chosen.folder), show)


def _check(
    chosen: Chosen,
    given: Mapping[str, object],
    base: Tree,
    head: Tree,
    show: Callable[[Event | Confirming | Apart], None],
) -> Check:
    from bench import environment
    from regression.checking import check
    from regression.loading import is_own_tree
    from regression.session import Order
    from results.checks import Check, Judged

    axes = {name: value for name, value in given.items() if is_given(value)}
    request = requested((), dict(check_options.DEFAULTS) | axes)
    options = CheckOptions(**parsed(CHECK_OPTIONS, axes))
    own_tree = is_own_tree(head.root)
    if not own_tree and not request.plugins:
        msg = f"{head.root} is not attnbench's own tree: name what it brings, as --plugin package.module"
        raise UsageError(msg)
    started = datetime.now(UTC)
    order = Order(
        base=base.root,
        head=head.root,
        plugins=request.plugins,
        own_tree=own_tree,
        request=request,
        threshold=options.threshold,
        error_rate=ERROR_RATE,
        budget_s=options.budget_s,
        only_changed=chosen.only_changed,
    )
    judged: list[Judged] = []
    for event in check(order, devices=request.devices, step_limit_s=options.time_limit_s):
        show(event)
        if isinstance(event, Judged):
            judged.append(event)
    return Check(
        started_at=started.isoformat(timespec="seconds"),
        base=base.side,
        head=head.side,
        environment=environment.describe(request.threads or 1),
        threshold=options.threshold,
        error_rate=ERROR_RATE,
        judged=tuple(judged),
        plugins=request.plugins,
    )
