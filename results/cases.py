"""One thing to measure."""

from __future__ import annotations

from .inputs import Input  # noqa: TC001 - msgspec reads type hints when the program runs
from .kinds import Direction, Mode, Subject, Timing
from .record import Record

#: The implementation name of a backbone without attention, which the others are compared with; among logit functions
#: that of the copy.
PLAIN = "none"

OptionValue = str | int | float | bool


class Case(Record, frozen=True, kw_only=True, cache_hash=True):
    """One thing to measure: what, where and how. Equal cases are the same measurement."""

    suite: str
    implementation: str
    """Name in the registry, or ``none`` for the plain backbone."""
    source: str
    """Digest of the implementation's and the backbone's source: a changed implementation is another case."""
    options: tuple[tuple[str, OptionValue], ...] = ()
    host: str | None = None
    slot: str | None = None
    input: Input
    dtype: str = "float32"
    device: str = "cpu"
    direction: Direction = Direction.FORWARD
    mode: Mode = Mode.EAGER
    timing: Timing = Timing.HOT
    threads: int | None = None
    """CPU threads used; None where the device is not the CPU."""

    @property
    def subject(self) -> Subject:
        """What it runs: a logit function, a module, a network."""
        return self.input.subject

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the input."""
        return self.input.shape

    @property
    def is_copy(self) -> bool:
        """Whether it is the copy that logit functions are held against."""
        return self.subject is Subject.OP and self.implementation == PLAIN
