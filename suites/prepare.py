"""Case -> something to measure, in whatever process measures it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from attn_impls import Registry, builtin, plugins

from .catalog import SUITES

if TYPE_CHECKING:
    from bench.prepared import Prepared
    from results.records import Case


@cache
def registry_with(plugin_files: tuple[str, ...]) -> Registry:
    """Return what there is to measure, with the implementations of these plug-in files.

    Raises:
        PluginError: a plug-in cannot be used.

    """
    return plugins.load(builtin(), plugin_files)


@dataclass(frozen=True, slots=True)
class Preparer:
    """Prepares cases of every suite. Pickles as the plug-ins' file names: another process loads them again."""

    plugin_files: tuple[str, ...] = ()

    def __call__(self, case: Case) -> Prepared:
        """Build the case's module and inputs."""
        return SUITES[case.suite].prepare(case, registry_with(self.plugin_files))
