"""A digest of an implementation's source: when it changes, earlier measurements are of something else."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .spec import Factory


def digest(*factories: str | Factory) -> str:
    """Return twelve hexadecimal digits that stand for the source behind these factories.

    Hashed are the files that define them and the files of this package that those import relatively, at any depth.
    A factory of another package counts by its name: its version is in the environment's record.
    """
    digests = hashlib.sha256()
    for factory in factories:
        for part in _parts(factory):
            digests.update(part)
            digests.update(b"\0")
    return digests.hexdigest()[:12]


def _parts(factory: str | Factory) -> list[bytes]:
    if not isinstance(factory, str):
        file = inspect.getsourcefile(factory)
        name = getattr(factory, "__qualname__", repr(factory)).encode()
        return [name, Path(file).read_bytes()] if file is not None else [name]
    if not factory.startswith("."):
        return [factory.encode()]
    module, _, name = factory.partition(":")
    absolute = importlib.util.resolve_name(module, __package__)
    return [name.encode(), *(path.read_bytes() for path in sorted(_closure(absolute)))]


@cache
def _closure(module: str) -> frozenset[Path]:
    """Files of a module and of everything it imports relatively. Finds, but does not import, them."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        spec = importlib.util.find_spec(name)
        if name in found or spec is None or spec.origin is None:
            continue
        found[name] = Path(spec.origin)
        package = name if spec.submodule_search_locations else name.rpartition(".")[0]
        tree = ast.parse(found[name].read_bytes())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                target = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
                waiting += [target, *_submodules(target, node)]
    return frozenset(found.values())


def _submodules(target: str, node: ast.ImportFrom) -> list[str]:
    """Return the imported names that may be modules: those of a package. To look below a module would import it."""
    spec = importlib.util.find_spec(target)
    if spec is None or not spec.submodule_search_locations:
        return []
    return [f"{target}.{alias.name}" for alias in node.names]
