"""What inputs of attention between tokens, and of token mixers, have in common."""

from __future__ import annotations

from typing import ClassVar, Self

from msgspec.structs import replace

from .ranges import Size  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record


class TokenInput(Record, frozen=True, kw_only=True):
    """Sequences of tokens of one length, which have no channels, no classes and no memory format."""

    batch: Size

    moves: ClassVar[bool] = True
    passes_gradients: ClassVar[bool] = True
    is_step: ClassVar[bool] = False
    dim: ClassVar[None] = None
    num_classes: ClassVar[None] = None
    channels_last: ClassVar[bool] = False

    def with_batch(self, batch: int) -> Self:
        """Return the same with so many sequences."""
        return replace(self, batch=batch)

    def laid_out(self, *, channels_last: bool) -> Self:
        """Return the same: tokens have no memory format."""
        del channels_last
        return self
