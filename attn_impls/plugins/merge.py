"""Rows that somebody describes -> a registry that has them, or one line that says why not."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .contract import check
from .errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..registry import Registry
    from ..spec import Origin
    from .described import Row


def add(registry: Registry, rows: Iterable[Row], plugin: str, file: str | None, origin: Origin) -> Registry:
    """Return the registry with these rows.

    Args:
        registry: what there is already. A row that it has is no second one: an installed package may be named with
            ``--plugin`` too, which makes it a plug-in.
        rows: what a plug-in describes.
        plugin: the plug-in as the user named it.
        file: its source, for the line numbers of messages.
        origin: where the rows come from.

    Raises:
        PluginError: a name is taken, or a row does not do what its family promises.

    """
    before = registry
    for row in rows:
        if _has(before, row):
            registry = registry.asked_for(row.name) if origin.asked_for else registry
            continue
        try:
            check(row)
            if row.attnbench_row == "host":
                registry = registry.with_hosts([row], origin)
            else:
                registry = registry.with_specs([row], origin)
        except (ValueError, TypeError) as error:
            msg = f"{_where(plugin, file, row.name)}: {error}"
            raise PluginError(msg) from None
    return registry


def _has(registry: Registry, row: Row) -> bool:
    """Return whether the registry has this very row, wherever it came from."""
    known = (registry.hosts if row.attnbench_row == "host" else registry.specs).get(row.name)
    return known is not None and known == replace(row, origin=known.origin)


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
