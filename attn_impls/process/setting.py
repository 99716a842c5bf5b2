"""One thing that all modules of a process share: how it is read, put back and named."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")


class Weight(StrEnum):
    """What it means to others if a module changes a setting. Compared with ``==``, as in ``Family``."""

    FIGURES = "figures"
    """Their figures change, or they fail."""
    MINOR = "minor"
    """Their figures stay, but something else about them changes, such as what they print."""
    DRAWN = "drawn"
    """Nothing: drawing random numbers changes it, and everybody may draw. It is put back without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[Value]):
    """A row of the tables in ``of_torch`` and ``of_python``."""

    name: str
    """In the sentence "a call sets NAME to 1"."""
    read: Callable[[], Value]
    """Returns a value that can be compared with ``==``, in at most some 10 us."""
    write: Callable[[Value], object]
    """Sets it; a RuntimeError, ValueError or OSError says that it cannot be set any more."""
    show: Callable[[Value], object] = str
    """The value, for the sentence."""
    weight: Weight = Weight.FIGURES
    each_sample: bool = True
    """Whether it is cheap enough to be compared after each sample of whoever has changed nothing while warming up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A setting that was found changed."""

    setting: str
    value: str
    """What it was changed to, in a few words."""
    weight: Weight
    put_back: bool
    """Whether it is again what it was."""

    def __str__(self) -> str:
        """Return the predicate of a sentence."""
        return f"sets {self.setting} to {self.value}" + ("" if self.put_back else ", which cannot be undone")
