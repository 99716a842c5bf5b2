"""The source files of plug-ins: the bytes that are hashed are those that are executed."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ChangedPluginError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that the import of a plug-in executes."""

    plugin: str
    """As another process, in another folder, finds it."""
    path: str
    sha256: str
    """Of its bytes, in hexadecimal."""


#: Module -> path and digest of what was executed for it in this process.
_EXECUTED: dict[str, tuple[str, str]] = {}
#: Path -> the digest that is asked for; None: whatever is there is executed.
_PINNED: ContextVar[Mapping[str, str] | None] = ContextVar("pinned", default=None)


class Hashed(SourceFileLoader):
    """Loads a source file as it is: no ``.pyc`` is written beside it, and none is read.

    A ``.pyc`` is up to date to Python if the source has the same size and the same second: two edits may share both.
    """

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the file, which is read once (ChangedPluginError: it is not the one asked for)."""
        path = self.get_filename(fullname)
        data = self.get_data(path)
        found, pinned = (str(Path(path).resolve()), sha256(data).hexdigest()), _PINNED.get()
        if pinned is not None and pinned.get(found[0]) != found[1]:
            raise ChangedPluginError(found[0])
        code = self.source_to_code(data, path)
        _EXECUTED[fullname] = found
        return code


class _Finder:
    """Has the sources of a package loaded by ``Hashed``, wherever other finders find them."""

    def __init__(self, top: str) -> None:
        self._top = top
        self._asked: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        # Another finder may ask all others too.
        if fullname.partition(".")[0] != self._top or fullname in self._asked:
            return None
        self._asked.add(fullname)
        try:
            finders = list(sys.meta_path)
            spec = next(filter(None, (each.find_spec(fullname, path, target) for each in finders)), None)
        finally:
            self._asked.discard(fullname)
        if spec is not None and spec.origin is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = Hashed(fullname, spec.origin)
        return spec


@contextmanager
def hashed(top: str) -> Iterator[None]:
    """Hash what the import of a package, or of a module of this name, executes inside the ``with`` block."""
    finder = _Finder(top)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def only(files: tuple[SourceFile, ...]) -> Iterator[None]:
    """Execute nothing of plug-ins inside the ``with`` block but these files; none: whatever is there.

    What another one would be is a ChangedPluginError.
    """
    token = _PINNED.set({str(Path(file.path).resolve()): file.sha256 for file in files} if files else None)
    try:
        yield
    finally:
        _PINNED.reset(token)


def executed(plugin: str, module: ModuleType) -> tuple[SourceFile, ...]:
    """Return the files that the import of a plug-in has executed, in the order of their modules' names.

    Args:
        plugin: by the name by which it is found again.
        module: what it was imported as. What this process had imported earlier, for another reason, is hashed now.

    Raises:
        ChangedPluginError: files are pinned, and one of these is another.

    """
    top, pinned = module.__name__.partition(".")[0], _PINNED.get()
    files: list[SourceFile] = []
    for name, each in sorted(sys.modules.items()):
        if f"{name}.".startswith(f"{top}."):
            found = _EXECUTED.get(name) or _on_disk(getattr(each, "__file__", None))
            if found is not None:
                files.append(SourceFile(plugin, *found))
    for file in files if pinned is not None else ():
        if pinned is not None and pinned.get(file.path) != file.sha256:
            raise ChangedPluginError(file.path)
    return tuple(files)


def changed(files: tuple[SourceFile, ...]) -> str | None:
    """Return the first of these files that is gone or has other bytes; None: all are as they were. Imports nothing."""
    for file in files:
        found = _on_disk(file.path)
        if found is None or found[1] != file.sha256:
            return file.path
    return None


def _on_disk(path: str | None) -> tuple[str, str] | None:
    """Return path and digest of a source file, or None: it is no regular file that can be read, or no source."""
    if path is None or not path.endswith(".py") or not Path(path).is_file():
        return None
    try:
        return str(Path(path).resolve()), sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return None
