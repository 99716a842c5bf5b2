"""Plug-ins: implementations and backbones from a file, a module or an installed package of anybody's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import Origin
from .described import collect, elsewhere
from .errors import ChangedPluginError, PluginError, PluginWarning
from .executed import SourceFile, changed, executed, only
from .importing import ADAPTERS, absolute, import_plugin, is_file, module_name
from .installed import GROUP, with_installed
from .merge import add

if TYPE_CHECKING:
    from ..registry import Registry

__all__ = [
    "ADAPTERS",
    "GROUP",
    "ChangedPluginError",
    "PluginError",
    "PluginWarning",
    "SourceFile",
    "absolute",
    "changed",
    "is_file",
    "load",
    "load_hashed",
    "module_name",
    "with_installed",
]

REMEDY = "decorate a class, e.g. @attn_impls.gate('my_attention')"


def load(registry: Registry, plugins: tuple[str, ...]) -> Registry:
    """Return the registry with what these plug-ins describe added (arguments and errors as in ``load_hashed``)."""
    return load_hashed(registry, plugins)[0]


def load_hashed(
    registry: Registry, plugins: tuple[str, ...], pinned: tuple[SourceFile, ...] = ()
) -> tuple[Registry, tuple[SourceFile, ...]]:
    """Return the registry with what these plug-ins describe added, and the files that were executed for it.

    Args:
        registry: what there is already.
        plugins: paths of Python files, dotted names of modules, or names of adapters such as ``timm``.
        pinned: the only files that may be executed; none: whatever is there.

    Raises:
        ChangedPluginError: a file is none of those that are pinned.
        PluginError: a plug-in is missing, fails to import, describes nothing, takes a name that exists, or describes
            what cannot be built as its family is.

    """
    files: list[SourceFile] = []
    for plugin in dict.fromkeys(absolute(plugin) for plugin in plugins):
        with only(pinned):
            module = import_plugin(plugin)
            # An adapter comes with attnbench, whose version is in the record of the environment.
            files += () if plugin in ADAPTERS else executed(plugin, module)
        rows = collect(module)
        if not rows:
            others = [f"{name!r} is described in {place}" for name, place in elsewhere(module).items()]
            remedy = f"{'; '.join(others)}; name that with --plugin" if others else REMEDY
            msg = f"{plugin}: describes no implementation; {remedy}"
            raise PluginError(msg)
        origin = Origin.ADAPTER if plugin in ADAPTERS else Origin.PLUGIN
        registry = add(registry, rows, plugin, module.__file__, origin)
    return registry, tuple(files)
