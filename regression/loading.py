"""A version's implementations and hosts, from its own files."""

from __future__ import annotations

import importlib
import os
import traceback
import warnings
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import attn_impls
from attn_impls import plugins
from bench.errors import UsageError

from .finding import HARNESS, below, has_module
from .twice import as_not_twice
from .worlds import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from attn_impls import Registry

#: The package of implementations, in attnbench's own repository.
PACKAGE = "attn_impls"


class LoadError(UsageError):
    """A version cannot be imported; the message names file, line and exception, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One version of what there is to measure."""

    world: World
    registry: Registry
    """To be asked, and its modules to be built and called, while the world is active."""
    missing: tuple[str, ...] = ()
    """Plug-ins that another version has, and this one has not."""

    def active(self) -> World:
        """Return the context in which the version's own files are what is imported."""
        return self.world.active()

    def strangers(self, module: nn.Module) -> tuple[str, ...]:
        """Return the names of a module's parts whose class is another version's, by way of somebody's registry."""
        codes = {name: getattr(type(part).forward, "__code__", None) for name, part in module.named_modules()}
        return tuple(name for name, code in codes.items() if code and self.world.is_foreign(code.co_filename))


def is_own_tree(root: Path) -> bool:
    """Return whether a tree is attnbench's own, whose implementations are what is compared."""
    return (root / PACKAGE / "__init__.py").is_file()


def load(root: Path, names: Sequence[str], *, own_tree: bool, others: Sequence[Path] = ()) -> Loaded:
    """Load what a version has to measure: what comes with attnbench, what is installed, and these plug-ins.

    Args:
        root: of the version.
        names: plug-ins: modules, adapters, or files. A file is looked up from the current folder, then from the root;
            of a file in any of the versions, each has its own.
        own_tree: whether implementations come from the version's ``attn_impls``; if not, from the running one's.
        others: roots of the versions with which it is compared.

    Raises:
        LoadError: the version cannot be imported, or what it describes cannot be used.
        NotTwiceError: it cannot be loaded beside the versions that are loaded already.

    """
    if own_tree and not is_own_tree(root):
        msg = f"{root} has no {PACKAGE}; compare with a version that has it"
        raise LoadError(msg)
    world = World(root, names=(PACKAGE,) if own_tree else None, others=others)
    trees = (world.root, *(other.resolve() for other in others))
    there = {name: _placed(name, trees) for name in names}
    here = tuple(placed for placed in there.values() if placed is not None)
    # What imports a version's modules is loaded once for each version too, wherever it is installed.
    world.claim(_first_name(name) for name in here if name not in plugins.ADAPTERS)
    world.claim(entry.module.partition(".")[0] for entry in entry_points(group=plugins.GROUP))
    try:
        with world.active():
            module = importlib.import_module(PACKAGE) if own_tree else attn_impls
            registry = plugins.load(_with_installed(module.builtin()), here)
    except plugins.PluginError as error:
        raise LoadError(_line(str(error), world.root) + _shadowed(error.__cause__, world.root)) from error
    except (ImportError, SyntaxError, AttributeError, TypeError, ValueError, KeyError, OSError, SystemExit) as error:
        raise LoadError(_line(_described(error, world.root), world.root)) from error
    return Loaded(
        world=world, registry=registry, missing=tuple(name for name, placed in there.items() if placed is None)
    )


def _first_name(plugin: str) -> str:
    return plugins.module_name(Path(plugin)) if plugins.is_file(plugin) else plugin.partition(".")[0]


def _with_installed(registry: Registry) -> Registry:
    """Return the registry with what installed packages bring; what is left out for being loaded twice is an error.

    Raises:
        NotTwiceError: a package cannot be loaded for a second version.

    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        registry = plugins.with_installed(registry)
    for warning in caught:
        message = warning.message
        twice = as_not_twice(message) if isinstance(message, Exception) else None
        if twice is not None:
            raise twice
        warnings.warn(message, stacklevel=2)
    return registry


def _placed(plugin: str, trees: tuple[Path, ...]) -> str | None:
    """Return the name by which the first tree has a plug-in; None: only others have it.

    What none of them has is left as it is written: it may be installed, or its name is wrong.
    """
    if plugin in plugins.ADAPTERS:
        return plugin
    if plugins.is_file(plugin):
        return _file(plugin, trees)
    found = [has_module(tree, plugin) for tree in trees]
    return plugin if found[0] or not any(found) else None


def _file(plugin: str, trees: tuple[Path, ...]) -> str | None:
    near = Path(plugin).parent.resolve() / Path(plugin).name
    tree = below(near, trees)
    from_here = near.relative_to(tree) if tree is not None else near
    # Where what follows is an absolute path, the root before it does not count.
    found = [[file for file in (tree / from_here, tree / plugin) if file.is_file()] for tree in trees]
    if found[0]:
        return str(found[0][0])
    return None if any(found) else plugin


def _described(error: BaseException, root: Path) -> str:
    """Describe an exception by the last place in the tree's own files."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        places.append((error.filename or "", error.lineno))
    own = [(file, line) for file, line in places if Path(file).is_relative_to(root)]
    where = f"{own[-1][0]}, line {own[-1][1]}" if own else str(root)
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{where}: {type(error).__name__}: {text}"


def _shadowed(error: BaseException | None, root: Path) -> str:
    """Return why a module that the tree has was not found, if a package of attnbench stands before it."""
    name = (getattr(error, "name", None) or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if name not in HARNESS or not has_module(root, name):
        return ""
    return f"; attnbench has a package {name!r} of its own, so the tree's must have another name"


def _line(text: str, root: Path) -> str:
    """Return one line, in which files are named from the tree's root on: a temporary folder tells nothing."""
    return " ".join(text.replace(f"{root}{os.sep}", "").split())
