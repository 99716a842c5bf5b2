"""What a user chose of queries, keys and values -> the inputs of attentions between tokens."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from bench.errors import UsageError
from results.records import Tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Queries and keys: short enough for a first answer, and long enough to see what grows with the square.
LENGTHS = ("256", "1024")
HEADS = (8,)
HEAD_DIMS = (64,)
LENGTH = re.compile(r"[1-9]\d{0,8}(x[1-9]\d{0,8})?")
#: Of one sequence, whose sequences and patterns are still to be set.
DEFAULT = tuple(
    Tokens(batch=1, heads=8, kv_heads=8, queries=int(length), keys=int(length), head_dim=64) for length in LENGTHS
)


def tokens(
    lengths: Sequence[str], heads: Sequence[int], head_dims: Sequence[int], kv_heads: Sequence[int]
) -> tuple[Tokens, ...]:
    """Return the inputs of every combination, in the order given, for a batch of one.

    Args:
        lengths: of queries and keys, ``1024``; or of each, ``1x1024``.
        heads: of the queries.
        head_dims: width of a head.
        kv_heads: of keys and values; none: as many as of the queries.

    Raises:
        UsageError: a length is none, or query heads are no multiple of key heads.

    """
    found: dict[Tokens, None] = {}
    for text, head_dim, count in product(lengths or LENGTHS, head_dims or HEAD_DIMS, heads or HEADS):
        if LENGTH.fullmatch(text) is None:
            msg = f"--length {text}: write a number of tokens, or of queries and keys: 1024, 1x1024"
            raise UsageError(msg)
        queries, _, keys = text.partition("x")
        for shared in kv_heads or (count,):
            if count % shared:
                msg = (
                    f"--kv-heads {shared}: {count} query heads cannot share them; "
                    f"choose a divisor of {count}, or other --heads"
                )
                raise UsageError(msg)
            try:
                one = Tokens(
                    batch=1,
                    heads=count,
                    kv_heads=shared,
                    queries=int(queries),
                    keys=int(keys or queries),
                    head_dim=head_dim,
                )
            except ValueError as error:
                msg = f"--length {text}: no memory holds them: {error}"
                raise UsageError(msg) from None
            found[one] = None
    return tuple(found)
