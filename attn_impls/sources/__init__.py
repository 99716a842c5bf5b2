"""A digest of an implementation's source: when it changes, earlier measurements are of something else."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .imports import closure
from .ownership import OURS, installed
from .reached import reached

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Factory


def digest(*factories: str | Factory) -> str:
    """Return twelve hexadecimal digits that stand for the source behind these factories.

    Hashed are the files that define them, and every file of the user's own that those reach, at any depth:

    - what they import, by statements, by functions with the name as text, or by all modules of a package;
    - what they have in memory once they are imported: base classes, wrapped functions, closures, globals;
    - sources and settings that they name as text, such as ``"kernel.cu"``, in their folder or in folders named so.

    What is installed from elsewhere, such as timm, counts by name and version. A factory may be made by a function:
    what it keeps in its closure counts too.
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
    own = package == OURS
    version = None if own else installed(package)
    if version is not None:
        yield f"{module}:{name} {version}".rstrip().encode()
        return
    yield name.encode()
    # Ours do nothing that their imports do not tell.
    held = reached() if own else reached(_imported(factory))
    files = [path.read_bytes() for path in sorted(closure(package, held.modules | {module}, held.files))]
    yield from files or _own_file(factory)
    yield from held.values


def _named(factory: str | Factory) -> tuple[str, str]:
    """Return the module and the name of a factory."""
    if isinstance(factory, str):
        module, _, name = factory.partition(":")
        return importlib.util.resolve_name(module, __package__), name
    # An object that is called is known by its class.
    definition = factory if hasattr(factory, "__qualname__") else type(factory)
    return definition.__module__ or "", definition.__qualname__


def _imported(factory: str | Factory) -> object:
    """Return what is behind a factory; None where its module has not been imported."""
    if not isinstance(factory, str):
        return factory
    module, name = _named(factory)
    return getattr(sys.modules.get(module), name, None)


def _own_file(factory: str | Factory) -> list[bytes]:
    """Return the file of a definition whose module cannot be found again, such as that of a notebook."""
    if isinstance(factory, str):
        return []
    try:
        file = inspect.getsourcefile(factory)
    except TypeError:
        return []
    return [Path(file).read_bytes()] if file is not None and Path(file).is_file() else []
