"""One version of a tree's modules in this process, beside another version of the same modules, under the same names."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from .finding import KEPT, TreeFinder, below, folders, provided
from .twice import OWNERS, as_not_twice, check_definitions, guarded_loading, note_compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import ModuleType, TracebackType

#: Stands for the modules that are loaded: how many, and which came last. Whatever is added comes last.
_Stamp = tuple[int, str]


class World:
    """The modules of one tree, which are those of ``sys.modules`` while the world is active.

        with world.active():
            module = importlib.import_module("package.attentions")

    Whatever runs the tree's code must be inside: what a function imports when it is called is looked up then. Modules
    of the tree are told by their first name; those that were loaded before, whatever they came from, are put aside
    meanwhile. One thread enters and leaves; all threads see the modules.

    What is installed and not the tree's is shared by all worlds, also where it imports modules of the tree.

    Args:
        root: of the tree; modules come from its ``src`` and from itself.
        names: of the modules and packages that are the tree's own; None: all that lie in its folders.
        others: roots of other versions, whose modules this world must not find, wherever ``sys.path`` leads.

    """

    def __init__(self, root: Path, *, names: Iterable[str] | None = None, others: Sequence[Path] = ()) -> None:
        self.root = root.resolve()
        apart = tuple(other.resolve() for other in others)
        places = folders(self.root)
        # Folders that were made since they were last looked at would not be found.
        importlib.invalidate_caches()
        elsewhere = [entry for entry in sys.path if below(Path(entry).resolve(), (self.root, *apart)) is None]
        self._path = [*places, *elsewhere]
        self._names = provided(places, elsewhere) if names is None else set(names)
        # A second copy of a tree has the same root: it is no stranger to it.
        self._finder = TreeFinder(self.root, self._names, [other for other in apart if other != self.root])
        self._table: dict[str, ModuleType] = {}
        self._outside: dict[str, ModuleType] = {}
        self._outside_names: tuple[str, ...] = ()
        self._outside_path: list[str] = []
        self._at_entry: _Stamp = (0, "")
        self._at_exit: _Stamp = (0, "")
        self._depth = 0
        self._torch: dict[str, Any] | None = None
        self._writes_bytecode = True
        check_definitions(sys)

    @property
    def names(self) -> frozenset[str]:
        """First names of the modules that are the world's own."""
        return frozenset(self._names)

    @property
    def modules(self) -> Mapping[str, ModuleType]:
        """The world's modules by name, as they were when it was last left."""
        return dict(self._table)

    def is_foreign(self, path: str) -> bool:
        """Return whether a file is another version's."""
        return self._finder.is_foreign(path)

    def claim(self, names: Iterable[str]) -> None:
        """Make modules and packages the world's own, by their first names, before they are imported here."""
        self._names.update(set(names) - KEPT)
        self._at_exit = (0, "")

    def active(self) -> Self:
        """Return the context in which the world's modules are those of this process. It may be entered again inside."""
        return self

    def __enter__(self) -> Self:
        self._depth += 1
        if self._depth > 1:
            return self
        modules = sys.modules
        if self._at_exit != _stamp():
            self._outside_names = self._named()
        self._outside = {name: modules.pop(name) for name in self._outside_names}
        modules.update(self._table)
        self._at_entry = _stamp()
        self._outside_path = sys.path[:]
        self._finder.outside = self._outside_path
        sys.path[:] = self._path
        sys.meta_path.insert(0, self._finder)
        self._writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        self._guard()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth:
            return
        grown = self._at_entry != _stamp()
        names = self._grown() if grown else tuple(self._table)
        modules = sys.modules
        self._table = {name: modules.pop(name) for name in names if name in modules}
        modules.update(self._outside)
        self._at_exit = _stamp()
        if sys.path != self._path:
            # What the tree's code did to the path is the tree's; but it does not lead to another version.
            self._path = [entry for entry in sys.path if not self.is_foreign(str(Path(entry).resolve()))]
        sys.path[:] = self._outside_path
        sys.meta_path.remove(self._finder)
        sys.dont_write_bytecode = self._writes_bytecode
        self._unguard()
        if grown:
            self._check(error)

    def _check(self, error: BaseException | None) -> None:
        """See that what was loaded did not take the place of another version's.

        Raises:
            NotTwiceError: it did, or was refused.

        """
        OWNERS.raise_refusal(self._finder)
        taken = None if error is None else as_not_twice(error)
        if taken is not None:
            raise taken from error
        check_definitions(self._finder)

    def _named(self) -> tuple[str, ...]:
        """Return the loaded modules that bear the world's names."""
        found = tuple(name for name in sys.modules if name.partition(".")[0] in self._names)
        for name in found:
            note_compiled(name, sys.modules[name])
        return found

    def _grown(self) -> tuple[str, ...]:
        """Return the world's modules after some were loaded, by their names; a file of the tree may have any name."""
        last = self._at_entry[1]
        for name in reversed(list(sys.modules)):
            if name == last:
                break
            file = getattr(sys.modules[name], "__file__", None)
            top = name.partition(".")[0]
            if isinstance(file, str) and top not in KEPT and file.startswith(f"{self.root}{os.sep}"):
                self._names.update([top] if below(file, (self.root,)) is not None else [])
        return tuple(name for name in sys.modules if name.partition(".")[0] in self._names)

    def _guard(self) -> None:
        torch = sys.modules.get("torch")
        if torch is None:
            return
        own = vars(torch.ops)
        self._torch = {"load_library": own["load_library"]} if "load_library" in own else {}
        torch.ops.load_library = guarded_loading(torch.ops.load_library, self.root, self._finder)

    def _unguard(self) -> None:
        if self._torch is not None:
            own = vars(sys.modules["torch"].ops)
            del own["load_library"]
            own.update(self._torch)
            self._torch = None


def _stamp() -> _Stamp:
    return len(sys.modules), next(reversed(sys.modules))
