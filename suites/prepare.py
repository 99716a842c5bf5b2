"""Case -> something to measure, in whatever process measures it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from attn_impls import Registry, builtin, plugins

from .catalog import SUITES
from .selection import as_it_is_now

if TYPE_CHECKING:
    from bench.prepared import Prepared
    from results.records import Case


def registry_with(plugin_files: tuple[str, ...]) -> Registry:
    """Return what there is to measure, with the implementations of these plug-in files.

    Raises:
        PluginError: a plug-in cannot be used.

    """
    # A file that was edited since is another file, also in a notebook that goes on.
    return _load(plugin_files, tuple(_contents(Path(file)) for file in plugin_files))


@cache
def _load(plugin_files: tuple[str, ...], contents: tuple[bytes, ...]) -> Registry:
    del contents
    return plugins.load(builtin(), plugin_files)


def _contents(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


class EditedError(Exception):
    """What would be built is not what was planned."""


@dataclass(frozen=True, slots=True)
class Preparer:
    """Prepares cases of every suite. Pickles as the plug-ins' file names: another process loads them again."""

    plugin_files: tuple[str, ...] = ()

    def __call__(self, case: Case) -> Prepared:
        """Build the case's module and inputs."""
        registry = registry_with(self.plugin_files)
        if as_it_is_now(case, registry) != case:
            msg = f"the source of {case.implementation!r} was edited during the run; attnbench run --resume takes it up"
            raise EditedError(msg)
        return SUITES[case.suite].prepare(case, registry)
