"""Sequences of tokens: what a token mixer works on."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from .kinds import Direction, Subject
from .ranges import ITEM_BYTES, MOST_ELEMENTS, Size
from .token_input import TokenInput

if TYPE_CHECKING:
    from torch import Tensor

#: What mixers are compared with, there being no network to leave them out of.
MULTI_HEAD = "mha"
#: Tensors of the tokens' size that are read or written at least. Forward: the tokens and the result. Backward: the
#: tokens, the result's gradient and theirs.
MOVED = {Direction.FORWARD: 2, Direction.BACKWARD: 3, Direction.FORWARD_BACKWARD: 5}


class Sequences(TokenInput, frozen=True, kw_only=True, tag="sequences"):
    """Tokens [batch, height x width, dim] of a grid, row by row; a sequence without a grid has one row."""

    height: Size
    width: Size
    heads: Size
    head_dim: Size
    causal: bool = False
    """No token sees a later one."""

    subject: ClassVar[Subject] = Subject.MIXER
    noun: ClassVar[str] = "token mixer"

    def __post_init__(self) -> None:
        """Refuse what no memory holds (ValueError)."""
        if prod(self.shape) > MOST_ELEMENTS:
            msg = f"{'×'.join(map(str, self.shape))} are more than {MOST_ELEMENTS} elements"
            raise ValueError(msg)

    @property
    def tokens(self) -> int:
        """In a sequence."""
        return self.height * self.width

    @property
    def token_dim(self) -> int:
        """The width of a token."""
        return self.heads * self.head_dim

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tokens, and of the result."""
        return (self.batch, self.tokens, self.token_dim)

    @property
    def name(self) -> str:
        """The sizes in words: ``4×196×768, 14×14 tokens, 12 heads``, and whether it is causal."""
        shape = "×".join(map(str, self.shape))
        grid = (f"{self.height}×{self.width} tokens",) if self.height > 1 else ()
        causal = ("causal",) if self.causal else ()
        return ", ".join((shape, *grid, f"{self.heads} heads", *causal))

    @property
    def baseline(self) -> str:
        """The name of the implementation that others are divided by: multi-head attention, seeing the same tokens."""
        return f"{MULTI_HEAD}:causal=true" if self.causal else MULTI_HEAD

    def draw(self, dtype: str, device: str) -> tuple[Tensor, ...]:
        """Return standard normal tokens, the same in every process and on every device."""
        from .drawing import normal

        return (normal(self.shape, dtype, device),)

    def title(self, host: str | None, direction: Direction) -> tuple[str, ...]:
        """Return what the rows of a table share: ``token mixer, 4×196×768, 14×14 tokens, 12 heads, forward``."""
        return (host or self.noun, self.name, direction)

    def least_bytes(self, direction: Direction, dtype: str) -> int:
        """Return the bytes that must be moved in one call: each tensor of the tokens' size once."""
        return MOVED[direction] * prod(self.shape) * ITEM_BYTES[dtype]
