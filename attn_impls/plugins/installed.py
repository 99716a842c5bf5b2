"""What installed packages bring: the entry points of the group ``attnbench.attention``."""

from __future__ import annotations

import warnings
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING

from ..spec import Origin
from .described import collect
from .errors import PluginError, PluginWarning
from .importing import guarded_import
from .merge import add

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from ..registry import Registry

#: An entry point names a module, or a decorated class, a Spec, a HostSpec, or a tuple of them.
GROUP = "attnbench.attention"


def with_installed(registry: Registry) -> Registry:
    """Return the registry with what installed packages describe, in the order of the entry points' names.

    What cannot be used is left out, all of its entry point, with a ``PluginWarning``: a broken package must not keep
    anybody from measuring something else.
    """
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        try:
            registry = _with(registry, entry)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a package does, it is said and left out
            reason = str(error) if isinstance(error, PluginError) else f"{entry.value}: {type(error).__name__}: {error}"
            package = entry.dist.name if entry.dist is not None else entry.name
            version = entry.dist.version if entry.dist is not None else ""
            msg = (
                f"the implementations of {f'{package} {version}'.strip()} are left out: {reason}; "
                f"update it, or: pip uninstall {package}"
            )
            warnings.warn(msg, PluginWarning, stacklevel=2)
    return registry


def _with(registry: Registry, entry: EntryPoint) -> Registry:
    with guarded_import(entry.value, entry.module.partition(".")[0]):
        described = entry.load()
    rows = collect(described)
    if not rows:
        msg = f"{entry.value}: describes no implementation"
        raise PluginError(msg)
    file = described.__file__ if isinstance(described, ModuleType) else None
    return add(registry, rows, entry.value, file, Origin.INSTALLED)
