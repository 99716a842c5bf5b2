"""What a process has only once: compiled modules, libraries of operators, names in registries.

Where a tree loads such a thing, a second version of it cannot be loaded beside the first; it needs another process.
"""

from __future__ import annotations

import re
import sys
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType

#: How registries of PyTorch, fvcore, OpenMMLab and others say that they have a name already.
TAKEN = re.compile(
    r"single TORCH_LIBRARY|already.{0,80}regist|regist.{0,200}(already|multiple times|twice)", re.DOTALL | re.IGNORECASE
)
REMEDY = "measure the two versions in two processes"


class NotTwiceError(Exception):
    """Two versions do not fit into one process; the message says which module and why, in one line.

    It is no ImportError: a tree that can do without a compiled part must not do so in one version alone.
    """


class Owners:
    """Who has what a process has once. An owner is any object: a version, or what the process had before."""

    def __init__(self) -> None:
        self._owners: dict[str, object] = {}
        self._refusals: list[tuple[object, NotTwiceError]] = []

    def note(self, what: str, owner: object) -> bool:
        """Note who has it, unless another has; return whether it is the owner's."""
        return self._owners.setdefault(what, owner) is owner

    def claim(self, what: str, owner: object, why: str) -> None:
        """Note who has it.

        Raises:
            NotTwiceError: another has it.

        """
        if not self.note(what, owner):
            error = NotTwiceError(f"{why}, and another version's is loaded; {REMEDY}")
            self._refusals.append((owner, error))
            raise error

    def raise_refusal(self, owner: object) -> None:
        """Raise what was refused to an owner, also if its code has caught it.

        Raises:
            NotTwiceError: something was.

        """
        for refused, error in self._refusals:
            if refused is owner:
                raise error


#: A fact of the process, as what it is about is.
OWNERS = Owners()
#: Operators by torch.library.custom_op -> what holds their definition, which a second definition replaces unasked.
_definitions: dict[str, object] = {}


class Once(ExtensionFileLoader):
    """Loads a compiled module for one version alone."""

    def __init__(self, name: str, path: str, owner: object) -> None:
        super().__init__(name, path)
        self._owner = owner

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Load it.

        Raises:
            NotTwiceError: another version's is loaded.

        """
        OWNERS.claim(f"module {self.name}", self._owner, f"{self.name} is compiled ({Path(self.path).name})")
        return super().create_module(spec)


def note_compiled(name: str, module: ModuleType) -> None:
    """Note that the process has a module already, if it is compiled."""
    loader = getattr(getattr(module, "__spec__", None), "loader", None)
    if isinstance(loader, ExtensionFileLoader):
        OWNERS.note(f"module {name}", loader)


def guarded_loading(load: Callable[[str], None], root: Path, owner: object) -> Callable[[str], None]:
    """Return ``torch.ops.load_library`` for one version: a library of its tree is refused if another has loaded one.

    PyTorch would end the process where the two define the same operators.
    """

    def load_library(path: str) -> None:
        library = Path(path).resolve()
        if library.is_relative_to(root):
            OWNERS.claim(f"library {library.name}", owner, f"{library.name} is a library of operators")
        load(path)

    return load_library


def check_definitions(owner: object) -> None:
    """See that no operator was defined in place of another version's.

    Raises:
        NotTwiceError: one was.

    """
    custom = sys.modules.get("torch._library.custom_ops")
    current: dict[str, object] = dict(getattr(custom, "OPDEF_TO_LIB", {}))
    before = _definitions.copy()
    _definitions.update(current)
    for name, holder in current.items():
        if before.get(name, holder) is holder:
            OWNERS.note(f"operator {name}", owner)
        else:
            OWNERS.claim(f"operator {name}", owner, f"{name} is an operator by torch.library.custom_op")


def as_not_twice(error: BaseException) -> NotTwiceError | None:
    """Return the error that stands for one by which a registry refuses a second version; None: it is another."""
    if isinstance(error, NotTwiceError) or TAKEN.search(str(error)) is None:
        return None
    line = " ".join(str(error).split())
    return NotTwiceError(f"{type(error).__name__}: {line}; {REMEDY}")
