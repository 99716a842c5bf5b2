"""A digest of an implementation's source: when it changes, earlier measurements are of something else."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import sys
from functools import cache, partial
from importlib.machinery import PathFinder
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

    Hashed are the files that define them and the user's own files that those import, at any depth: of the same package,
    or beside it. What is installed from elsewhere, such as timm, counts by name and version.
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


def _installed(package: str) -> str | None:
    """Return the version of a package that is installed from elsewhere, or None: its source is the user's own."""
    return _installed_on(tuple(sys.path), package)


@cache
def _installed_on(_path: tuple[str, ...], package: str) -> str | None:
    # Of every search path by itself: by another one the same name may stand for another version.
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
    """Find a module, and import neither it nor the packages around it."""
    package = module.rpartition(".")[0]
    try:
        if module in sys.modules or not package:
            return importlib.util.find_spec(module)
    except (ImportError, ValueError):
        # A module that was made by hand.
        return None
    around = _found(package)
    if around is None or around.submodule_search_locations is None:
        return None
    return PathFinder.find_spec(module, list(around.submodule_search_locations))


def _closure(module: str) -> frozenset[Path]:
    """Files of a module and of everything of the user's own that it imports. Finds, but does not import, them."""
    return _closure_on(tuple(sys.path), module)


@cache
def _closure_on(_path: tuple[str, ...], module: str) -> frozenset[Path]:
    found: dict[str, Path] = {}
    waiting = [module]
    top = module.partition(".")[0]
    while waiting:
        name = waiting.pop()
        spec = None if name in found or _is_foreign(name, top) else _found(name)
        if spec is None or spec.origin is None or not Path(spec.origin).is_file():
            continue
        if name.partition(".")[0] != top and INSTALLED.intersection(Path(spec.origin).parts):
            continue
        found[name] = Path(spec.origin)
        package = name if spec.submodule_search_locations else name.rpartition(".")[0]
        for target, alternatives in _imported(found[name], package):
            waiting += [target, *_submodules(target, alternatives)]
            # Packages around a module are imported with it.
            waiting += [] if target.partition(".")[0] == top else _around(target)
    native = {file for path in found.values() for file in (path.parent / NATIVE).glob("*") if file.is_file()}
    return frozenset({*found.values(), *native})


def _is_foreign(module: str, top: str) -> bool:
    """Return whether a module's source counts only for its own package: attnbench's, or one that is recorded."""
    first = module.partition(".")[0]
    return first != top and (first in RECORDED or first == (__package__ or "").partition(".")[0])


def _around(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


def _imported(file: Path, package: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the modules that a file imports, each with the names from it that may be modules too."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        # Compiled, or not Python of this version: it counts, and what it imports is not known.
        return
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((alias.name, []) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                target = _absolute("." * level + (module or ""), package)
                if target:
                    yield target, [alias.name for alias in names]
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                target = _absolute(name, package)
                if target:
                    yield target, []


def _absolute(name: str, package: str) -> str:
    """Return the full name of a module, or nothing: there are not so many packages around it."""
    try:
        return importlib.util.resolve_name(name, package)
    except ImportError:
        return ""


def _submodules(target: str, names: list[str]) -> list[str]:
    """Return the imported names that may be modules: those of a package."""
    spec = _found(target) if names else None
    if spec is None or not spec.submodule_search_locations:
        return []
    return [f"{target}.{name}" for name in names]
