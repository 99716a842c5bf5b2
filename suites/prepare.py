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


def registry_with(names: tuple[str, ...]) -> Registry:
    """Return what there is to measure: what comes with attnbench, what is installed, and these plug-ins.

    Args:
        names: Python files, modules, or adapters such as ``timm``.

    Raises:
        PluginError: a plug-in cannot be used.

    """
    # A file that was edited since is another file, also in a notebook that goes on.
    return _load(names, tuple(_contents(name) for name in names))


@cache
def _installed() -> Registry:
    # Once a process, so that what is wrong with a package is said once.
    return plugins.with_installed(builtin())


@cache
def _load(names: tuple[str, ...], contents: tuple[bytes, ...]) -> Registry:
    del contents
    return plugins.load(_installed(), names)


def _contents(name: str) -> bytes:
    return Path(name).read_bytes() if plugins.is_file(name) and Path(name).is_file() else b""


class EditedError(Exception):
    """What would be built is not what was planned."""


@dataclass(frozen=True, slots=True)
class Preparer:
    """Prepares cases of every suite. Pickles as the plug-ins' names: another process loads them again."""

    plugins: tuple[str, ...] = ()

    def __call__(self, case: Case) -> Prepared:
        """Build the case's module and inputs."""
        registry = registry_with(self.plugins)
        if as_it_is_now(case, registry) != case:
            msg = f"the source of {case.implementation!r} was edited during the run; attnbench run --resume takes it up"
            raise EditedError(msg)
        return SUITES[case.suite].prepare(case, registry)
