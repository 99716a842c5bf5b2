"""Whether the plug-ins that a run names are those that it has measured: told from their bytes; none is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_impls.plugins import ADAPTERS, SourceFile, absolute, changed
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
