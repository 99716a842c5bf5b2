"""Who decides about machines that come to measure: what each is asked first, and whether it takes part."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..worker import Setup
    from .supervisor import Answered, Site


class Call(NamedTuple):
    """A function of a module, and what it is called with, on another machine."""

    function: Callable[..., object]
    arguments: tuple[object, ...] = ()


class Greeted(NamedTuple):
    """A machine, and what it answered to the greeting."""

    worker: str
    machine: str
    """The name of the machine: another supervisor on it is another worker."""
    words: tuple[str, ...]
    """By what a user may name its kind, beside its processor."""
    kind: str
    """As whoever started it calls its kind; empty: it was not said."""
    site: Site
    answer: object


class Admission(NamedTuple):
    """How a machine takes part."""

    kind: str
    devices: frozenset[str]
    setup: Setup
    time_limit_s: float
    settle: Call
    """What is asked there before its first block: how noisy it is."""


class Desk(Protocol):
    """Decides."""

    def greeting(self) -> Call:
        """Return what a machine is asked first."""

    def admit(self, greeted: Greeted) -> Admission | None:
        """Return how a machine takes part; None: it does not, and the desk has said why."""

    def settled(self, worker: str, answered: Answered) -> None:
        """Take what a machine answered before its first block."""

    def refused(self, worker: str, why: str) -> None:
        """Hear that a machine cannot take part: it does not answer, or fails."""

    def lost(self, worker: str, why: str) -> None:
        """Hear that a machine that took part is gone; its block goes back."""

    def waiting(self, workers: tuple[str, ...]) -> None:
        """Hear that machines have not answered yet, once."""
