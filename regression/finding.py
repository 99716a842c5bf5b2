"""Where the modules of one version are found, before anybody else is asked.

A copy that is installed, and an editable installation that leads to another version, come second.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

from attn_impls.plugins.executed import Hashed

from .twice import Once

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from types import ModuleType

#: Folders of installed packages; a repository often has its virtual environment inside.
INSTALLED = frozenset({"site-packages", "dist-packages"})
#: The packages that measure; there is one version of them, the running one.
HARNESS = frozenset({"attn_impls", "attnbench", "bench", "regression", "reporting", "results", "suites", "training"})
#: What a tree never stands in for, whatever its files are called.
KEPT = HARNESS | sys.stdlib_module_names | {"torch"}


def below(path: str | Path, roots: Iterable[Path]) -> Path | None:
    """Return the innermost of the roots to which a file belongs; what is installed inside of one is none of its."""
    inside = [root for root in roots if Path(path).is_relative_to(root)]
    root = max(inside, key=lambda each: len(each.parts), default=None)
    if root is None or INSTALLED.intersection(Path(path).relative_to(root).parts):
        return None
    return root


def folders(root: Path) -> list[str]:
    """Return the folders from which a tree's modules are imported: ``src``, unless it is a package, and the root."""
    source = root / "src"
    apart = source.is_dir() and not (source / "__init__.py").exists()
    return [*([str(source)] if apart else []), str(root)]


def has_module(root: Path, name: str) -> bool:
    """Return whether a tree has the file of a module."""
    files = [Path(place, *name.split(".")) for place in folders(root)]
    return any(file.with_suffix(".py").is_file() or (file / "__init__.py").is_file() for file in files)


def provided(places: Sequence[str], path: Sequence[str]) -> set[str]:
    """Return the names of the modules and packages that lie in a tree's folders.

    Args:
        places: the tree's folders.
        path: where else modules are found. A folder without ``__init__.py`` is none of the tree's where there is a
            package of that name.

    """
    names: set[str] = set()
    for place in places:
        for entry in Path(place).iterdir():
            name = entry.name.partition(".")[0]
            if name.isidentifier() and name not in KEPT and name not in names and _is_ours(name, places, path):
                names.add(name)
    return names


def _is_ours(name: str, places: Sequence[str], path: Sequence[str]) -> bool:
    spec = PathFinder.find_spec(name, [*places, *path])
    if spec is None:
        return False
    # Only a package without __init__.py has no origin: it is made of all folders of its name.
    return spec.origin is None or any(Path(spec.origin).is_relative_to(place) for place in places)


class TreeFinder(MetaPathFinder):
    """Finds the modules of one tree, and keeps away those of the others.

    Args:
        root: the tree's.
        names: of the modules and packages that are the tree's own; they may become more.
        others: roots of other versions.

    """

    def __init__(self, root: Path, names: Collection[str], others: Sequence[Path]) -> None:
        self._root = root
        self._names = names
        self._others = others
        self.outside: Sequence[str] = ()
        """Where modules are found outside of the tree: what the tree never stands in for is found there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module.

        Raises:
            ModuleNotFoundError: only another version has it.

        """
        top = fullname.partition(".")[0]
        own = top in self._names
        kept = not own and top in KEPT
        if kept and path is None:
            path = self.outside
        spec = PathFinder.find_spec(fullname, path, target) if own or kept else None
        spec = spec or self._found_by_others(fullname, path, target)
        if spec is None or kept:
            return spec
        if self._is_foreign(spec):
            msg = f"No module named {fullname!r}"
            raise ModuleNotFoundError(msg, name=fullname)
        self._replace_loader(spec, own=own)
        return spec

    def _found_by_others(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        finders = (finder for finder in list(sys.meta_path) if not isinstance(finder, TreeFinder))
        return next(filter(None, (finder.find_spec(fullname, path, target) for finder in finders)), None)

    def is_foreign(self, path: str) -> bool:
        """Return whether a file or a folder is another version's."""
        return below(path, (self._root, *self._others)) in self._others

    def _is_foreign(self, spec: ModuleSpec) -> bool:
        # A package without __init__.py may have folders of several trees; what is in them is told apart.
        places = [spec.origin] if spec.has_location and spec.origin else list(spec.submodule_search_locations or ())
        return bool(places) and all(map(self.is_foreign, places))

    def _replace_loader(self, spec: ModuleSpec, *, own: bool) -> None:
        loader = spec.loader
        if own and type(loader) is ExtensionFileLoader:
            spec.loader = Once(loader.name, loader.path, self)
        elif type(loader) is SourceFileLoader and (own or below(loader.path, (self._root,)) is not None):
            spec.loader = Hashed(loader.name, loader.path)
            spec.cached = None
