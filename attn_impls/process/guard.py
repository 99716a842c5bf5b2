"""Put back what somebody else's code changes, and say who changed it."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .setting import Weight
from .state import ProcessState
from .tables import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .setting import Change

#: What everybody can do who is told of a deed.
REMEDY = "leave it to the program that uses the module; attnbench puts it back, so that other cases stay as they are"


class ProcessStateWarning(UserWarning):
    """An implementation changed what all figures of the process depend on; it was put back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A change, and whose it is."""

    who: str
    """A plug-in, an implementation or a backbone, by its name."""
    doing: str
    """The subject of the sentence: ``its import``, ``building it`` or ``a call``."""
    change: Change

    @property
    def harmless(self) -> bool:
        """Whether the figures of others stay what they are, had it not been put back."""
        return self.change.weight == Weight.MINOR

    @property
    def sentence(self) -> str:
        """What happened, as in ``a call sets the default dtype to torch.float64``."""
        return f"{self.doing} {self.change}"


#: Who is told, the innermost last.
_LISTENERS: list[list[Deed]] = []


@contextmanager
def listening() -> Iterator[list[Deed]]:
    """Give a list that gets every deed inside the ``with`` block, in this order."""
    heard: list[Deed] = []
    _LISTENERS.append(heard)
    try:
        yield heard
    finally:
        # By identity: lists of the same deeds are equal.
        _LISTENERS[:] = [each for each in _LISTENERS if each is not heard]


@contextmanager
def guarded(who: str, doing: str) -> Iterator[None]:
    """Put back what changes inside the ``with`` block, and tell who listens; where nobody does, warn.

    Args:
        who: whose code runs there.
        doing: what it does there.

    """
    before = ProcessState.take(ALL)
    try:
        yield
    finally:
        tell(Deed(who=who, doing=doing, change=change) for change in before.put_back())


def tell(deeds: Iterator[Deed]) -> None:
    """Tell who listens."""
    for deed in deeds:
        for heard in _LISTENERS:
            heard.append(deed)
        if not _LISTENERS:
            warnings.warn(f"{deed.who}: {deed.sentence}; {REMEDY}", ProcessStateWarning, stacklevel=4)
