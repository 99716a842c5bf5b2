"""Plug-ins: implementations and backbones from a file, a module or an installed package of anybody's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import Origin
from .described import collect, elsewhere
from .errors import PluginError, PluginWarning
from .importing import ADAPTERS, absolute, import_plugin, is_file, module_name
from .installed import GROUP, with_installed
from .merge import add

if TYPE_CHECKING:
    from ..registry import Registry

__all__ = [
    "ADAPTERS",
    "GROUP",
    "PluginError",
    "PluginWarning",
    "absolute",
    "is_file",
    "load",
    "module_name",
    "with_installed",
]

REMEDY = "decorate a class, e.g. @attn_impls.gate('my_attention')"


def load(registry: Registry, plugins: tuple[str, ...]) -> Registry:
    """Return the registry with what these plug-ins describe added.

    Args:
        registry: what there is already.
        plugins: paths of Python files, dotted names of modules, or names of adapters such as ``timm``.

    Raises:
        PluginError: a plug-in is missing, fails to import, describes nothing, takes a name that exists, or describes
            what cannot be built as its family is.

    """
    for plugin in dict.fromkeys(absolute(plugin) for plugin in plugins):
        module = import_plugin(plugin)
        rows = collect(module)
        if not rows:
            others = [f"{name!r} is described in {place}" for name, place in elsewhere(module).items()]
            remedy = f"{'; '.join(others)}; name that with --plugin" if others else REMEDY
            msg = f"{plugin}: describes no implementation; {remedy}"
            raise PluginError(msg)
        origin = Origin.ADAPTER if plugin in ADAPTERS else Origin.PLUGIN
        registry = add(registry, rows, plugin, module.__file__, origin)
    return registry
