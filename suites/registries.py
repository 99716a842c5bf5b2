"""What there is to measure, with plug-ins or without."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from attn_impls import Registry, builtin, plugins


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
