"""Whose a module or a file is: ours, the user's own, or installed from elsewhere."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

#: This package, under whatever name it was imported.
OURS = (__package__ or "").partition(".")[0]
#: Their versions are in the record of the environment.
RECORDED = frozenset({*sys.stdlib_module_names, "torch"})
#: Folders of installed packages.
INSTALLED = frozenset({"site-packages", "dist-packages"})

_OUR_FOLDER = Path(__file__).resolve().parents[1]
_PYTHON = Path(sysconfig.get_paths()["stdlib"])


def installed(package: str) -> str | None:
    """Return the version of a package that is installed from elsewhere, or None: its source is the user's own."""
    return _installed_on(tuple(sys.path), package)


@cache
def _installed_on(_path: tuple[str, ...], package: str) -> str | None:
    # Of every search path by itself: by another one the same name may stand for another version.
    if package in RECORDED:
        return ""
    spec = found(package)
    if spec is None or spec.origin is None or not INSTALLED.intersection(Path(spec.origin).parts):
        return None
    try:
        return version(package)
    except PackageNotFoundError:
        # A distribution may have another name than its package.
        names = packages_distributions().get(package, ())
        return version(names[0]) if names else None


def is_own(module: str, file: str) -> bool:
    """Return whether a definition is the user's own.

    Args:
        module: that it says it is in.
        file: that its code is in.

    """
    if module.partition(".")[0] in RECORDED | {OURS}:
        return False
    path = Path(file)
    return not (
        INSTALLED.intersection(path.parts)
        or path.is_relative_to(_PYTHON)
        or path.is_relative_to(_OUR_FOLDER)
        or not path.is_file()
    )


def found(module: str) -> ModuleSpec | None:
    """Find a module, and import neither it nor the packages around it."""
    package = module.rpartition(".")[0]
    try:
        if module in sys.modules or not package:
            return importlib.util.find_spec(module)
    except (ImportError, ValueError):
        # A module that was made by hand.
        return None
    around = found(package)
    if around is None or around.submodule_search_locations is None:
        return None
    return PathFinder.find_spec(module, list(around.submodule_search_locations))
