"""``attnbench.check``, and ``attnbench check``: from what a user has chosen to a check."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.errors import UsageError
from regression.pyproject import read_options
from suites.axes import AXES
from suites.option import is_given, parsed
from suites.request import requested

from . import check_options
from .check_options import CHECK_OPTIONS, CheckOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from regression.pyproject import CheckOptions as ProjectOptions
    from regression.worktrees import Tree
    from results.checks import Check, Judged, Side
    from suites.request import Request

    from .check_runs import Show, Shown

PYPROJECT = "pyproject.toml"
#: The chance, at most, that any case of an unchanged version is called slower, in both of two processes.
ERROR_RATE = 0.01
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
    from regression import worktrees
    from regression.order import Planned
    from results.checks import Check

    project = chosen.project
    explicit = {name: value for name, value in given.items() if is_given(value)}
    merged = _set_by(project) | explicit
    against = chosen.against or (None if chosen.limits or chosen.baseline is not None else project.against)
    _refuse(chosen, against, explicit)
    head = worktrees.head(chosen.folder)
    options = CheckOptions(**parsed(CHECK_OPTIONS, merged))
    request = requested((), check_options.chosen_axes(merged))
    started = datetime.now(UTC)
    base: Side | None = None
    plugins, unchanged = request.plugins, 0

    def told(event: Shown) -> None:
        nonlocal unchanged
        if isinstance(event, Planned):
            # The first of several processes looks at all cases.
            unchanged = max(unchanged, event.unchanged)
        show(event)

    judged: tuple[Judged, ...] = ()
    if against is not None:
        with worktrees.base(against, chosen.folder) as tree:
            base, judged = tree.side, _against(chosen, request, options, base=tree, head=head, show=told)
    elif chosen.baseline is not None:
        base, plugins, judged = _with_baseline(chosen, request, options, explicit, head=head, show=told)
    if chosen.limits:
        from regression.limit_verdicts import together

        from .check_limits import hold_against_limits

        usual = dict(check_options.DEFAULTS) | {name: merged[name] for name in ("hosts", "dtypes") if name in merged}
        narrow = {name: value for name, value in merged.items() if name in explicit or name not in usual}
        judged = together(
            judged, hold_against_limits(project.limits, narrow, usual, plugins=plugins, options=options, show=show)
        )
    # Last: it imports torch, and what cannot be done is said at once.
    from bench import environment

    return Check(
        started_at=started.isoformat(timespec="seconds"),
        base=base,
        head=head.side if against is not None else _side(head, plugins),
        environment=environment.describe(request.threads or 1),
        threshold=options.threshold,
        error_rate=ERROR_RATE,
        judged=judged,
        unchanged=unchanged,
        plugins=plugins,
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


def _against(
    chosen: Chosen, request: Request, options: CheckOptions, *, base: Tree, head: Tree, show: Show
) -> tuple[Judged, ...]:
    """Compare two trees."""
    from regression.calls import Calls
    from regression.checking import check
    from regression.loading import is_own_tree
    from regression.order import Order
    from results.checks import Judged

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
        threshold=options.threshold,
        limits=chosen.project.limits,
        error_rate=ERROR_RATE,
        budget_s=options.budget_s,
        only_changed=chosen.only_changed,
        calls=Calls.COUNTED if chosen.instructions else Calls.TIMED,
    )
    judged: list[Judged] = []
    for event in check(order, devices=request.devices, step_limit_s=options.time_limit_s):
        show(event)
        if isinstance(event, Judged):
            judged.append(event)
    return tuple(judged)


def _with_baseline(
    chosen: Chosen,
    request: Request,
    options: CheckOptions,
    explicit: Mapping[str, object],
    *,
    head: Tree,
    show: Show,
) -> tuple[Side, tuple[str, ...], tuple[Judged, ...]]:
    """Compare with a stored run; return it as a side, the plug-ins, and what is said of its cases."""
    from results.checks import Side

    from .check_baseline import Wanted, compare_with_baseline

    assert chosen.baseline is not None  # noqa: S101 - the caller knows
    budgeted = "budget_s" in explicit or chosen.project.budget_s is not None
    found = compare_with_baseline(
        Wanted(
            baseline=chosen.baseline,
            root=head.root,
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
