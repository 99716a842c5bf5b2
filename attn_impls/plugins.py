"""Plug-ins: implementations from a file of one's own, described by the decorators of ``spec``."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from .spec import SPECS_ATTRIBUTE, Spec

if TYPE_CHECKING:
    from types import ModuleType

    from .registry import Registry


class PluginError(Exception):
    """A plug-in cannot be used; the message names file, line and remedy."""


def load(registry: Registry, files: tuple[str, ...]) -> Registry:
    """Return the registry with the implementations of these files added.

    Args:
        registry: what there is already.
        files: paths of Python files.

    Raises:
        PluginError: a file is missing, fails to import, describes nothing, or takes a name that exists.

    """
    for file in files:
        specs = _specs(_import(Path(file)))
        if not specs:
            msg = f"{file}: describes no implementation; decorate a class, e.g. @attn_impls.gate('my_attention')"
            raise PluginError(msg)
        try:
            registry = registry.with_specs(specs)
        except ValueError as error:
            msg = f"{file}: {error}"
            raise PluginError(msg) from None
    return registry


def _import(path: Path) -> ModuleType:
    if not path.is_file():
        msg = f"{path}: no such file; --plugin takes the path of a Python file"
        raise PluginError(msg)
    name = f"attnbench_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        msg = f"{path}: not a Python file; its name must end in .py"
        raise PluginError(msg)
    module = importlib.util.module_from_spec(spec)
    # Registered before it runs, so that its classes can be pickled and its source found.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path.resolve())]
        line = error.lineno if isinstance(error, SyntaxError) else own[-1].lineno if own else None
        where = path if line is None else f"{path}, line {line}"
        msg = f"{where}: {type(error).__name__}: {error}; the file must import without errors"
        raise PluginError(msg) from error
    return module


def _specs(module: ModuleType) -> list[Spec]:
    """Collect what the decorators left on the objects that the module itself defines, in its order."""
    found: list[Spec] = []
    for value in vars(module).values():
        if getattr(value, "__module__", None) == module.__name__:
            found += [spec for spec in getattr(value, "__dict__", {}).get(SPECS_ATTRIBUTE, ()) if spec not in found]
    return found
