"""What there is to measure, with plug-ins or without."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from attn_impls import Registry, builtin, plugins

if TYPE_CHECKING:
    from attn_impls.plugins import SourceFile


def registry_with(names: tuple[str, ...], pinned: tuple[SourceFile, ...] = ()) -> Registry:
    """Return what there is to measure: what comes with attnbench, what is installed, and these plug-ins.

    Args:
        names: Python files, modules, or adapters such as ``timm``.
        pinned: the only files of plug-ins that may be executed; none: whatever is there.

    Raises:
        PluginError: a plug-in cannot be used; a ChangedPluginError: a file is none of those that are pinned.

    """
    # A file that was edited since is another file, also in a notebook that goes on.
    return _load(names, tuple(_contents(name) for name in names), pinned)[0]


def files_behind(names: tuple[str, ...]) -> tuple[SourceFile, ...]:
    """Return the files that these plug-ins were imported from, with digests of the bytes that were executed.

    Raises:
        PluginError: a plug-in cannot be used.

    """
    return _load(names, tuple(_contents(name) for name in names), ())[1]


@cache
def _installed() -> Registry:
    # Once a process, so that what is wrong with a package is said once.
    return plugins.with_installed(builtin())


@cache
def _load(
    names: tuple[str, ...], contents: tuple[bytes, ...], pinned: tuple[SourceFile, ...]
) -> tuple[Registry, tuple[SourceFile, ...]]:
    del contents
    return plugins.load_hashed(_installed(), names, pinned)


def _contents(name: str) -> bytes:
    return Path(name).read_bytes() if plugins.is_file(name) and Path(name).is_file() else b""
