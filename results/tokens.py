"""Queries, keys and values: what an attention between tokens works on, and how much work it is at least."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from .kinds import Direction, Subject
from .ranges import ITEM_BYTES, MOST_ELEMENTS, Size, Whole
from .token_input import TokenInput

if TYPE_CHECKING:
    from torch import Tensor

#: What attentions between tokens are compared with, there being no network to leave them out of.
EXACT_ATTENTION = "sdpa"
#: Products of matrices, each of a multiplication and an addition per pair of tokens and number of a head. Forward: the
#: scores, and the mixture of the values. Backward: the gradients of weights and values, and those of queries and keys;
#: kernels that compute the scores once more execute five.
PRODUCTS = {Direction.FORWARD: 2, Direction.BACKWARD: 4, Direction.FORWARD_BACKWARD: 6}
FLOPS_OF_MAC = 2
#: Tensors of the queries' size, and of the keys', that are read or written at least. Forward: Q and the result; K and
#: V. Backward: Q, the gradients of the result and of Q; K, V and their gradients.
MOVED = {Direction.FORWARD: (2, 2), Direction.BACKWARD: (3, 4), Direction.FORWARD_BACKWARD: (5, 6)}


class Tokens(TokenInput, frozen=True, kw_only=True, tag="tokens"):
    """q [batch, heads, queries, head_dim], k and v [batch, kv_heads, keys, head_dim], and which keys a query sees.

    The queries are the last tokens: query i has the position i + keys - queries.
    """

    heads: Size
    kv_heads: Size
    queries: Size
    keys: Size
    head_dim: Size
    causal: bool = False
    """No query sees a later key."""
    window: Whole = 0
    """Below which distance keys are seen; 0: at any."""
    prefix: Whole = 0
    """So many first keys are seen by all queries of a causal attention."""
    document: Whole = 0
    """Tokens are documents of so many, which do not see each other; 0: they are one."""

    subject: ClassVar[Subject] = Subject.TOKENS
    noun: ClassVar[str] = "attention between tokens"

    def __post_init__(self) -> None:
        """Refuse query heads that cannot share the key heads, and what no memory holds (ValueError)."""
        if self.heads % self.kv_heads:
            msg = f"{self.heads} query heads cannot share {self.kv_heads} key heads: they are no multiple of them"
            raise ValueError(msg)
        for shape in (self.shape, self.kv_shape):
            if prod(shape) > MOST_ELEMENTS:
                msg = f"{'×'.join(map(str, shape))} are more than {MOST_ELEMENTS} elements"
                raise ValueError(msg)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the queries, and of the result."""
        return (self.batch, self.heads, self.queries, self.head_dim)

    @property
    def kv_shape(self) -> tuple[int, ...]:
        """Of the keys, and of the values."""
        return (self.batch, self.kv_heads, self.keys, self.head_dim)

    @property
    def name(self) -> str:
        """The sizes in words: ``4×8×256×64``, and whatever is not as usual: ``2 key heads, 1024 keys, causal``."""
        more = (
            *([f"{self.kv_heads} key heads"] if self.kv_heads != self.heads else []),
            *([f"{self.keys} keys"] if self.keys != self.queries else []),
            *(["causal"] if self.causal else []),
            *(f"{name} {value}" for name, value in self._numbers if value),
        )
        return ", ".join(("×".join(map(str, self.shape)), *more))

    @property
    def _numbers(self) -> tuple[tuple[str, int], ...]:
        return (("window", self.window), ("prefix", self.prefix), ("document", self.document))

    @property
    def baseline(self) -> str:
        """The name of the implementation that others are divided by: PyTorch's own, seeing the same keys."""
        numbers = (f"{name}={value}" for name, value in self._numbers if value)
        options = sorted((*(["causal=true"] if self.causal else []), *numbers))
        return EXACT_ATTENTION + (f":{','.join(options)}" if options else "")

    def draw(self, dtype: str, device: str) -> tuple[Tensor, ...]:
        """Return standard normal queries, keys and values, the same in every process and on every device."""
        from .drawing import SEED, normal

        shapes = (self.shape, self.kv_shape, self.kv_shape)
        return tuple(normal(shape, dtype, device, seed=SEED + index) for index, shape in enumerate(shapes))

    def title(self, host: str | None, direction: Direction) -> tuple[str, ...]:
        """Return what the rows of a table share: ``attention between tokens, 4×8×256×64, causal, forward``."""
        return (host or self.noun, self.name, direction)

    @property
    def kv_elements_per_token(self) -> int:
        """Numbers of a layer's keys and values that decoding keeps for each token."""
        return 2 * self.kv_heads * self.head_dim

    def kv_bytes_per_token(self, dtype: str) -> int:
        """Return the bytes of these."""
        return self.kv_elements_per_token * ITEM_BYTES[dtype]

    @property
    def pairs(self) -> int:
        """Pairs of a query and a key that it sees, of one head of one sequence."""
        return _pairs(replace(self, batch=1, heads=1, kv_heads=1, head_dim=1))

    def model_flops(self, direction: Direction) -> int:
        """Return what exact attention needs, whatever an implementation executes: its products of the seen pairs.

        A multiplication with its addition is two. Softmax and the computing of scores for a second time are not in it.
        """
        macs = PRODUCTS[direction] * self.batch * self.heads * self.pairs * self.head_dim
        return FLOPS_OF_MAC * macs

    def least_bytes(self, direction: Direction, dtype: str) -> int:
        """Return the bytes that must be moved in one call: queries, keys, values, result and gradients once."""
        of_queries, of_keys = MOVED[direction]
        return (of_queries * prod(self.shape) + of_keys * prod(self.kv_shape)) * ITEM_BYTES[dtype]


@cache
def _pairs(one: Tokens) -> int:
    if not (one.causal or one.window or one.document):
        return one.queries * one.keys
    total = 0
    for position in range(one.keys - one.queries, one.keys):
        first, last = 0, one.keys - 1
        if one.causal:
            last = min(last, max(position, one.prefix - 1))
        if one.window:
            first, last = max(first, position - one.window + 1), min(last, position + one.window - 1)
        if one.document:
            start = position // one.document * one.document
            first, last = max(first, start), min(last, start + one.document - 1)
        total += max(0, last - first + 1)
    return total
