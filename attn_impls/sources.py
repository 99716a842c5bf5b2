"""A digest of an implementation's source: when it changes, earlier measurements are of something else."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import sys
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec

    from .spec import Factory

#: Their versions are in the record of the environment.
RECORDED = frozenset({*sys.stdlib_module_names, "torch"})
#: Folders of installed packages.
INSTALLED = frozenset({"site-packages", "dist-packages"})

#: Beside Python files, the folder of what they compile.
NATIVE = "native"


def digest(*factories: str | Factory) -> str:
    """Return twelve hexadecimal digits that stand for the source behind these factories.

    Hashed are the files that define them and the files of the same package that those import, at any depth. What is
    installed from elsewhere, such as timm, counts by name and version.
    """
    digests = hashlib.sha256()
    for factory in factories:
        for part in _parts(factory):
            digests.update(part)
            digests.update(b"\0")
    return digests.hexdigest()[:12]


def _parts(factory: str | Factory) -> Iterator[bytes]:
    if isinstance(factory, partial):
        yield from _parts(factory.func)
        for name, value in (*enumerate(factory.args), *sorted(factory.keywords.items())):
            yield f"{name}".encode()
            # What is called is its source; not its repr, which may hold an address in memory.
            yield from _parts(value) if callable(value) else [repr(value).encode()]
        return
    module, name = _named(factory)
    package = module.partition(".")[0]
    own = package == (__package__ or "").partition(".")[0]
    installed = None if own else _installed(package)
    if installed is not None:
        yield f"{module}:{name} {installed}".rstrip().encode()
        return
    yield name.encode()
    files = [path.read_bytes() for path in sorted(_closure(module))]
    yield from files or _own_file(factory)


def _named(factory: str | Factory) -> tuple[str, str]:
    """Return the module and the name of a factory."""
    if isinstance(factory, str):
        module, _, name = factory.partition(":")
        return importlib.util.resolve_name(module, __package__), name
    # An object that is called is known by its class.
    definition = factory if hasattr(factory, "__qualname__") else type(factory)
    return definition.__module__ or "", definition.__qualname__


def _own_file(factory: str | Factory) -> list[bytes]:
    """Return the file of a definition whose module cannot be found again, such as that of a notebook."""
    if isinstance(factory, str):
        return []
    try:
        file = inspect.getsourcefile(factory)
    except TypeError:
        return []
    return [Path(file).read_bytes()] if file is not None and Path(file).is_file() else []


@cache
def _installed(package: str) -> str | None:
    """Return the version of a package that is installed from elsewhere, or None: its source is the user's own."""
    if package in RECORDED:
        return ""
    spec = _found(package)
    if spec is None or spec.origin is None or not INSTALLED.intersection(Path(spec.origin).parts):
        return None
    try:
        return version(package)
    except PackageNotFoundError:
        # A distribution may have another name than its package.
        names = packages_distributions().get(package, ())
        return version(names[0]) if names else None


def _found(module: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(module)
    except (ImportError, ValueError):
        # A parent that is no package, or a module that was made by hand.
        return None


@cache
def _closure(module: str) -> frozenset[Path]:
    """Files of a module and of everything of its package that it imports. Finds, but does not import, them."""
    found: dict[str, Path] = {}
    waiting = [module]
    top = module.partition(".")[0]
    while waiting:
        name = waiting.pop()
        spec = _found(name)
        if name in found or spec is None or spec.origin is None or not Path(spec.origin).is_file():
            continue
        found[name] = Path(spec.origin)
        package = name if spec.submodule_search_locations else name.rpartition(".")[0]
        tree = ast.parse(found[name].read_bytes())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names if alias.name.partition(".")[0] == top]
            elif isinstance(node, ast.ImportFrom):
                target = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
                if target.partition(".")[0] == top:
                    waiting += [target, *_submodules(target, node)]
    native = {file for path in found.values() for file in (path.parent / NATIVE).glob("*") if file.is_file()}
    return frozenset({*found.values(), *native})


def _submodules(target: str, node: ast.ImportFrom) -> list[str]:
    """Return the imported names that may be modules: those of a package. To look below a module would import it."""
    spec = _found(target)
    if spec is None or not spec.submodule_search_locations:
        return []
    return [f"{target}.{alias.name}" for alias in node.names]
