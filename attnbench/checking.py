"""``attnbench.check``, and ``attnbench check``: from what a user has chosen to a check."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import UsageError

from . import check_options
from .check_choice import asked_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regression.worktrees import Tree
    from results.checks import Check, Judged, Side

    from .check_choice import Asked, Chosen
    from .check_runs import Show, Shown

#: The chance, at most, that any case of an unchanged version is called slower, in both of two processes.
ERROR_RATE = 0.01


def check_as_chosen(chosen: Chosen, given: Mapping[str, object], show: Show) -> Check:
    """Compare the working tree with another version or a stored run, or hold it against limits.

    Args:
        chosen: which one, and how.
        given: values or their texts, by the names of axes and of the check's own options.
        show: is told of everything that happens.

    Raises:
        UsageError: something that was chosen does not exist, or is not possible.
        BaseError: there is no such version.
        BaseLoadError: base cannot be imported.
        HeadError: head cannot be imported.
        StoreError: there is no such baseline, or it is damaged.
        WorkerLostError: worker processes do not come up.

    """
    asked = asked_for(chosen, given)
    unchanged = _Unchanged(show)
    side, plugins, judged = _with_base(asked, unchanged)
    if chosen.limits:
        judged = _with_limits(asked, plugins, judged, unchanged)
    # Last: they import torch, and what cannot be done is said at once.
    from bench import environment
    from results.checks import Check

    return Check(
        started_at=asked.started.isoformat(timespec="seconds"),
        base=side,
        head=asked.head.side if asked.against is not None else _side(asked.head, plugins),
        environment=environment.describe(asked.request.threads or 1),
        threshold=asked.options.threshold,
        error_rate=ERROR_RATE,
        judged=judged,
        unchanged=unchanged.cases,
        plugins=plugins,
    )


@dataclass(slots=True)
class _Unchanged:
    """Tells on what happens, and keeps how many cases need no comparison: their source is the same."""

    show: Show
    cases: int = 0

    def __call__(self, event: Shown) -> None:
        from regression.order import Planned

        if isinstance(event, Planned):
            # The first of several processes looks at all cases.
            self.cases = max(self.cases, event.unchanged)
        self.show(event)


def _with_base(asked: Asked, show: Show) -> tuple[Side | None, tuple[str, ...], tuple[Judged, ...]]:
    """Compare with the base, if there is one; return it as a side, the plug-ins, and what is said of the cases."""
    from regression import worktrees

    if asked.against is not None:
        with worktrees.base(asked.against, asked.chosen.folder) as tree:
            return tree.side, asked.request.plugins, _against(asked, tree, show)
    if asked.chosen.baseline is not None:
        return _with_baseline(asked, asked.chosen.baseline, show)
    return None, asked.request.plugins, ()


def _with_limits(asked: Asked, plugins: tuple[str, ...], judged: tuple[Judged, ...], show: Show) -> tuple[Judged, ...]:
    """Add what breaks the project's limits."""
    from regression.limit_verdicts import together

    from .check_limits import hold_against_limits

    merged = asked.merged
    usual = dict(check_options.DEFAULTS) | {name: merged[name] for name in ("hosts", "dtypes") if name in merged}
    narrow = {name: value for name, value in merged.items() if name in asked.explicit or name not in usual}
    limits = asked.chosen.project.limits
    held = hold_against_limits(limits, narrow, usual, plugins=plugins, options=asked.options, show=show)
    return together(judged, held)


def _against(asked: Asked, base: Tree, show: Show) -> tuple[Judged, ...]:
    """Compare two trees."""
    from regression.calls import Calls
    from regression.checking import check
    from regression.loading import is_own_tree
    from regression.order import Order
    from results.checks import Judged

    chosen, request, head = asked.chosen, asked.request, asked.head
    own_tree = is_own_tree(head.root)
    if not own_tree and not request.plugins:
        msg = f"{head.root} is not attnbench's own tree: name what it brings, as --plugin package.module"
        raise UsageError(msg)
    if chosen.instructions:
        from regression.callgrind import require_callgrind

        request = dataclasses.replace(request, devices=request.devices or ("cpu",))
        require_callgrind(request)
    order = Order(
        base=base.root,
        head=head.root,
        plugins=request.plugins,
        own_tree=own_tree,
        request=request,
        threshold=asked.options.threshold,
        limits=chosen.project.limits,
        error_rate=ERROR_RATE,
        budget_s=asked.options.budget_s,
        only_changed=chosen.only_changed,
        calls=Calls.COUNTED if chosen.instructions else Calls.TIMED,
    )
    judged: list[Judged] = []
    for event in check(order, devices=request.devices, step_limit_s=asked.options.time_limit_s):
        show(event)
        if isinstance(event, Judged):
            judged.append(event)
    return tuple(judged)


def _with_baseline(asked: Asked, baseline: str, show: Show) -> tuple[Side, tuple[str, ...], tuple[Judged, ...]]:
    """Compare with a stored run; return it as a side, the plug-ins, and what is said of its cases."""
    from results.checks import Side

    from .check_baseline import Wanted, compare_with_baseline

    chosen, request, options = asked.chosen, asked.request, asked.options
    budgeted = "budget_s" in asked.explicit or chosen.project.budget_s is not None
    found = compare_with_baseline(
        Wanted(
            baseline=baseline,
            root=asked.head.root,
            impls=request.impls,
            devices=request.devices,
            plugins=request.plugins,
            only_changed=chosen.only_changed,
            threshold=options.threshold,
            limits=chosen.project.limits,
            error_rate=ERROR_RATE,
            budget_s=options.budget_s if budgeted else None,
            time_limit_s=options.time_limit_s,
        ),
        show,
    )
    # The run's commit is that of the attnbench that measured, not of what was measured.
    side = Side(name=f"baseline {found.name} (run {found.run.run_id})")
    return side, found.plugins, found.judged


def _side(head: Tree, plugins: tuple[str, ...]) -> Side:
    """Return what is judged: the working tree, or what is installed if nothing of the tree is measured."""
    from pathlib import Path

    import attn_impls
    from regression.loading import is_own_tree
    from results.checks import Side

    of_tree = is_own_tree(head.root) and Path(attn_impls.__file__).resolve().is_relative_to(head.root)
    return head.side if of_tree or plugins else Side(name="what is installed")
