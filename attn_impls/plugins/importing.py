"""The name of a plug-in -> its module."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..one_line import one_line
from . import leaving
from .errors import ChangedPluginError, PluginError
from .executed import Hashed, hashed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from ..process import Deed

#: Adapters that come with attnbench, each for a library that has attentions of its own; relative to this package.
ADAPTERS = MappingProxyType(
    {
        "timm": "..adapters.timm_attentions",
        "flash_attn": "..adapters.flash_attn_attentions",
        "xformers": "..adapters.xformers_attentions",
        "natten": "..adapters.natten_attentions",
    }
)


#: What imports have changed of the process, by the top name of the module.
_DEEDS: dict[str, tuple[Deed, ...]] = {}


@contextmanager
def guarded_import(plugin: str, module: str) -> Iterator[None]:
    """Put back what an import inside the ``with`` block changes of the process, and keep what that was.

    Args:
        plugin: as the user named it.
        module: the name of the module in ``sys.modules``, or of its package.

    """
    from ..process import guarded, listening

    with listening() as heard:
        with guarded(plugin, "its import"), leaving.refused():
            yield
        # A second import runs nothing and changes nothing.
        if heard or module not in _DEEDS:
            _DEEDS[module] = tuple(heard)


def deeds_of_import(module: str) -> tuple[Deed, ...]:
    """Return what the import of a plug-in has changed of the process.

    Args:
        module: the name of any module of it, in full.

    """
    return _DEEDS.get(module.partition(".")[0], ())


def is_file(plugin: str) -> bool:
    """Return whether a plug-in is named as a file: by its ending, or by a folder in its name."""
    return plugin.endswith(".py") or any(separator in plugin for separator in (os.sep, os.altsep) if separator)


def absolute(plugin: str) -> str:
    """Return the name by which another process, in another folder, finds the same plug-in."""
    return str(Path(plugin).resolve()) if is_file(plugin) else plugin


def module_name(path: Path) -> str:
    """Return the name under which a file is imported: files of the same name in two folders are two modules."""
    path = path.resolve()
    stem, folder = re.sub(r"\W", "_", path.stem), hashlib.sha256(bytes(path)).hexdigest()[:8]
    return f"attnbench_plugin_{stem}_{folder}"


def import_plugin(plugin: str) -> ModuleType:
    """Import a file, a module or an adapter.

    Raises:
        PluginError: it is not there, or fails to import.

    """
    if is_file(plugin):
        return _import_file(Path(plugin))
    if plugin in ADAPTERS:
        return _import_adapter(plugin)
    return _import_module(plugin)


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        what = "no regular file" if path.exists() else "no such file"
        msg = f"{path}: {what}; --plugin takes the path of a Python file"
        raise PluginError(msg)
    path = path.resolve()
    name = module_name(path)
    loader = Hashed(name, str(path)) if path.suffix == ".py" else None
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None or spec.loader is None:
        msg = f"{path}: not a Python file; its name must end in .py"
        raise PluginError(msg)
    module = importlib.util.module_from_spec(spec)
    # Registered before it runs, so that its classes can be pickled and its source found.
    sys.modules[name] = module
    try:
        with guarded_import(str(path), name):
            spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, KeyboardInterrupt | ChangedPluginError):
            raise
        # SystemExit too, and whatever else a file may raise that is no Exception.
        raise _broken(str(path), error, lambda file: file == str(path)) from error
    return module


def _import_module(plugin: str) -> ModuleType:
    if Path.cwd().as_posix() not in sys.path and "" not in sys.path:
        # Last: what lies around in a folder hides nothing that is installed. It stays, for what is imported later.
        sys.path.append(Path.cwd().as_posix())
    importlib.invalidate_caches()
    if not all(part.isidentifier() for part in plugin.split(".")):
        raise _no_such_module(plugin)
    top = plugin.partition(".")[0]
    if top not in sys.modules and importlib.util.find_spec(top) is None:
        # Said at once: what guards an import imports torch.
        raise _no_such_module(plugin)
    try:
        with guarded_import(plugin, top), hashed(top):
            return importlib.import_module(plugin)
    except (KeyboardInterrupt, ChangedPluginError):
        raise
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and f"{plugin}.".startswith(f"{error.name}."):
            raise _no_such_module(plugin) from None
        folder = _folder(plugin)
        raise _broken(plugin, error, lambda file: folder is not None and Path(file).is_relative_to(folder)) from error


def _no_such_module(plugin: str) -> PluginError:
    takes = f"a FILE.py, a module that can be imported from here, or one of {', '.join(ADAPTERS)}"
    return PluginError(f"{plugin or repr(plugin)}: no module of this name; --plugin takes {takes}")


def _import_adapter(plugin: str) -> ModuleType:
    try:
        with guarded_import(plugin, plugin):
            return importlib.import_module(ADAPTERS[plugin], __package__)
    except ModuleNotFoundError as error:
        missing = (error.name or plugin).partition(".")[0]
        msg = f"--plugin {plugin} needs {missing}, which is not installed; pip install 'attnbench[{plugin}]'"
        raise PluginError(msg) from None
    except (ImportError, AttributeError) as error:
        # Too old for what the adapter needs of it.
        msg = f"--plugin {plugin}: {error}; pip install --upgrade 'attnbench[{plugin}]'"
        raise PluginError(msg) from None


def _folder(plugin: str) -> Path | None:
    """Return the package's folder, or the file of a module that is in none. Does not import it."""
    spec = importlib.util.find_spec(plugin.partition(".")[0])
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)


def _is_part(module: str, plugin: str) -> bool:
    """Return whether a module that is missing would be one of the plug-in's own package."""
    return not is_file(plugin) and module.partition(".")[0] == plugin.partition(".")[0]


def _broken(plugin: str, error: BaseException, is_own: Callable[[str], bool]) -> PluginError:
    """Describe a failed import by the last place in the plug-in's own source."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        places.append((error.filename or "", error.lineno))
    own = [(file, line) for file, line in places if is_own(file)]
    where = f"{own[-1][0]}, line {own[-1][1]}" if own else plugin
    text = error.msg if isinstance(error, SyntaxError) else one_line(error)
    remedy = "the file must import without errors"
    if isinstance(error, ModuleNotFoundError) and error.name and not _is_part(error.name, plugin):
        remedy = f"install {error.name.partition('.')[0]}, or put its folder on PYTHONPATH"
    return PluginError(f"{where}: {type(error).__name__}: {text}; {remedy}")
