"""What a user chose of tokens -> the inputs of token mixers."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from bench.errors import UsageError
from results.records import Sequences

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Of ViT-B/16 on images of 224 pixels.
GRIDS = ("14x14",)
HEADS = (12,)
HEAD_DIMS = (64,)
GRID = re.compile(r"[1-9]\d{0,8}x[1-9]\d{0,8}")
#: Of one sequence, whose number is still to be set.
DEFAULT = (Sequences(batch=1, height=14, width=14, heads=12, head_dim=64),)


def sequences(grids: Sequence[str], heads: Sequence[int], head_dims: Sequence[int]) -> tuple[Sequences, ...]:
    """Return the inputs of every combination, in the order given, for a batch of one.

    Args:
        grids: rows and columns of tokens, ``14x14``; of a sequence without a grid, ``1x196``.
        heads: how many.
        head_dims: width of a head; that of a token is the product.

    Raises:
        UsageError: a grid is none, or no memory holds its tokens.

    """
    found: dict[Sequences, None] = {}
    for text, head_dim, count in product(grids or GRIDS, head_dims or HEAD_DIMS, heads or HEADS):
        if GRID.fullmatch(text) is None:
            msg = f"--grid {text}: write rows and columns of tokens, 14x14; a sequence is one row, 1x196"
            raise UsageError(msg)
        height, width = map(int, text.split("x"))
        try:
            found[Sequences(batch=1, height=height, width=width, heads=count, head_dim=head_dim)] = None
        except ValueError as error:
            msg = f"--grid {text}: no memory holds them: {error}"
            raise UsageError(msg) from None
    return tuple(found)
