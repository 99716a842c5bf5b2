"""One thing to measure."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from .inputs import Input  # noqa: TC001 - msgspec reads type hints when the program runs
from .kinds import Direction, Mode, Subject, Timing
from .ranges import ITEM_BYTES, Device, Integer, Line, Name, Size, SuiteName
from .record import Record

#: The implementation name of a backbone without attention, which the others are compared with; among logit functions
#: that of the copy.
PLAIN = "none"

OptionValue = Line | Integer | float | bool

#: Of floating point: one whose bytes are known.
Dtype = Annotated[str, Meta(pattern=rf"\A({'|'.join(ITEM_BYTES)})\Z")]


class Case(Record, frozen=True, kw_only=True, cache_hash=True):
    """One thing to measure: what, where and how. Equal cases are the same measurement."""

    suite: SuiteName
    implementation: Name
    """Name in the registry, or ``none`` for the plain backbone."""
    source: Line
    """Digest of the implementation's and the backbone's source: a changed implementation is another case."""
    options: tuple[tuple[Name, OptionValue], ...] = ()
    host: Name | None = None
    slot: Name | None = None
    input: Input
    dtype: Dtype = "float32"
    device: Device = "cpu"
    direction: Direction = Direction.FORWARD
    mode: Mode = Mode.EAGER
    timing: Timing = Timing.HOT
    threads: Size | None = None
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
