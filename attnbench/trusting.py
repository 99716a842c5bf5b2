"""Whether the plug-ins that a run names are those that it has measured: told from their bytes; none is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_impls.plugins import ADAPTERS, SourceFile, absolute, changed, is_file
from bench.errors import UsageError
from results.records import PluginFile
from suites.registries import files_behind

if TYPE_CHECKING:
    from pathlib import Path

    from results.records import Run

#: What there is to do about it.
REMEDY = "look at it, and go on with it as it is: --trust; or start another run"


def measured_files(run: Run) -> tuple[SourceFile, ...]:
    """Return the files that a run has executed of its plug-ins: nothing else may be executed for it."""
    return tuple(SourceFile(each.plugin, each.path, each.sha256) for each in run.plugin_files)


def files_now(plugins: tuple[str, ...]) -> tuple[PluginFile, ...]:
    """Return the files that were executed of these plug-ins, which have been imported (UsageError: they cannot be)."""
    return tuple(
        PluginFile(plugin=each.plugin, path=each.path, sha256=each.sha256) for each in files_behind(tuple(plugins))
    )


def refuse_other_plugins(run: Run, folder: Path) -> None:
    """See that what a run names can be imported without asking; nothing is imported.

    Raises:
        UsageError: a file is not the one that was measured, or nothing is known of the one that was.

    """
    known = {absolute(each.plugin) for each in run.plugin_files}
    for plugin in run.plan.plugins:
        if plugin not in ADAPTERS and absolute(plugin) not in known:
            msg = f"{folder} does not say which {plugin} it has measured; {REMEDY}"
            raise UsageError(msg)
    other = changed(measured_files(run))
    if other is not None:
        msg = f"{other} is not the file that {folder} has measured; {REMEDY}"
        raise UsageError(msg)


def refuse_strange_plugins(run: Run, name: str, root: Path) -> None:
    """See that a baseline names no plug-in to be imported that is neither of this tree nor as it was measured.

    Those of the tree are what is checked. Of others only the name was kept, and whoever can write that could name any
    file.

    Args:
        run: the baseline.
        name: of it.
        root: of the working tree.

    Raises:
        UsageError: a plug-in is a file outside the tree, and not the one that was measured.

    """
    outside = [plugin for plugin in run.plan.plugins if is_file(plugin) and not _is_below(root / plugin, root)]
    for plugin in outside:
        measured = tuple(each for each in measured_files(run) if each.plugin == plugin)
        if not measured or changed(measured) is not None:
            msg = (
                f"{plugin} is not the file that the baseline {name!r} has measured; name it yourself: --plugin {plugin}"
            )
            raise UsageError(msg)


def _is_below(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())
