"""Rows that somebody describes -> a registry that has them, or one line that says why not."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..spec import Spec
from .contract import check
from .errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..registry import Registry
    from .described import Row


def add(registry: Registry, rows: Iterable[Row], plugin: str, file: str | None) -> Registry:
    """Return the registry with these rows.

    Args:
        registry: what there is already.
        rows: what a plug-in describes; a row that the registry has from elsewhere, the same object, is no second one.
        plugin: the plug-in as the user named it.
        file: its source, for the line numbers of messages.

    Raises:
        PluginError: a name is taken, or a row does not do what its family promises.

    """
    for row in rows:
        if registry.specs.get(row.name) is row or registry.hosts.get(row.name) is row:
            continue
        try:
            check(row)
            registry = registry.with_specs([row]) if isinstance(row, Spec) else registry.with_hosts([row])
        except (ValueError, TypeError) as error:
            msg = f"{_where(plugin, file, row.name)}: {error}"
            raise PluginError(msg) from None
    return registry


def _where(plugin: str, file: str | None, name: str) -> str:
    """Return file and line where the name stands, or as much as is known of it."""
    if file is None or not Path(file).is_file():
        return plugin
    line = _lines(Path(file).read_bytes()).get(name)
    return file if line is None else f"{file}, line {line}"


@cache
def _lines(source: bytes) -> dict[str, int]:
    """Return the last line of every string in a source: of two that take one name, the second is at fault."""
    strings = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    strings.sort(key=lambda node: node.lineno)
    return {node.value: node.lineno for node in strings if isinstance(node.value, str)}
