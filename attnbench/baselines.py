"""``attnbench baseline``: keep a run for later ones to be checked against, and show what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attn_impls.plugins import is_file
from results import StoreError, baselines, load

from .printed import Printed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.records import Run


def set_baseline(run: Path, *, name: str | None, overwrite: bool) -> Path:
    """Keep a copy of a run, and return its folder.

    Args:
        run: the run's folder.
        name: of the baseline; None: after the machine that measured.
        overwrite: put it in place of a baseline of that name.

    Raises:
        StoreError: no run, not finished, or there is such a baseline.

    """
    found = load(run)
    name = baselines.machine_name(found.environment, baselines.run_device(found)) if name is None else name
    return baselines.save(_portable(found, Path.cwd()), name, overwrite=overwrite)


def found_plugins(run: Run, root: Path) -> tuple[str, ...]:
    """Return the plug-ins of a baseline, as they are found here.

    Args:
        run: the baseline.
        root: of the working tree: files that were below the tree when it was kept are below this one.

    """
    return tuple(str(root / name) if is_file(name) else name for name in run.plan.plugins)


def show_baseline(name: str | None, format: str = "md", columns: Sequence[str] = ()) -> str:  # noqa: A002 - as the option
    """Return what is known of a baseline: of the only one, if none is named.

    Args:
        name: of the baseline.
        format: one of ``formats()``.
        columns: of its table, in this order; none: all of them.

    Raises:
        StoreError: there is none, or several and none is named, or it is damaged.
        UsageError: there is no such format or column.

    """
    from reporting.baseline_document import baseline_document

    known = baselines.names()
    if name is None:
        if len(known) > 1:
            msg = f"there are {len(known)} baselines; name one: {', '.join(known)}"
            raise StoreError(msg)
        name = known[0] if known else "this folder"
    run = baselines.read(name)
    return Printed(document=lambda: baseline_document(name, run)).text(format, columns)


def list_baselines(format: str | None = None, columns: Sequence[str] = ()) -> str:  # noqa: A002 - as the option
    """Return a table of all baselines.

    Args:
        format: one of ``formats()``; None: the table alone, for a terminal.
        columns: of the table, in this order; none: all of them.

    Raises:
        StoreError: there are none.
        UsageError: there is no such format or column.

    """
    from reporting.baseline_document import baselines_table
    from reporting.document import Document, Section
    from reporting.to_markdown import to_markdown

    known = baselines.names()
    if not known:
        msg = f"no baselines below {baselines.BASELINES}; make one with: attnbench baseline set RUN"
        raise StoreError(msg)
    table = baselines_table({name: _header(name) for name in known})
    if format is None and not columns:
        return to_markdown(table) + "\n"
    sections = (Section(title="All", tables=(table,)),)
    return Printed(document=lambda: Document(title=table.title, sections=sections)).text(format or "md", columns)


def _header(name: str) -> Run | str:
    """Return a baseline without its outcomes, or what is wrong with it: one that is damaged hides no other."""
    try:
        return baselines.header(name)
    except StoreError as error:
        return str(error)


def _portable(run: Run, folder: Path) -> Run:
    """Return the run with plug-ins named from the working tree on: a checkout lies elsewhere on other machines."""
    from regression.worktrees import head

    root = head(folder).root

    def named(plugin: str) -> str:
        path = Path(plugin)
        below = is_file(plugin) and path.is_relative_to(root)
        # A file in the root itself has a name that is one: it ends in .py.
        return path.relative_to(root).as_posix() if below else plugin

    files = tuple(replace(each, plugin=named(each.plugin), path=named(each.path)) for each in run.plugin_files)
    plan = replace(run.plan, plugins=tuple(map(named, run.plan.plugins)))
    return replace(run, plan=plan, plugin_files=files)
