"""Which keys a query does not see, as a mask, and the shapes of queries, keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from ..seen import Seen


def require_heads(heads: int, head_dim: int, kv_heads: int) -> None:
    """Refuse numbers of heads that cannot share keys and values.

    Raises:
        ValueError: a number is below 1, or the query heads are no multiple of the key heads.

    """
    if min(heads, head_dim, kv_heads) < 1 or heads % kv_heads:
        msg = f"{heads} query heads of width {head_dim} cannot share {kv_heads} key heads; choose a multiple of them"
        raise ValueError(msg)


def require_shapes(q: Tensor, k: Tensor, v: Tensor, heads: tuple[int, int, int], *, aligned: bool) -> None:
    """Refuse queries, keys and values that do not belong together.

    Args:
        q: [B, H, Sq, D].
        k: [B, Hk, Sk, D].
        v: [B, Hk, Sk, D].
        heads: H, D and Hk, as the module was built.
        aligned: the last query has the position of the last key, so that there is no query without a key before it.

    Raises:
        ValueError: one has another shape.

    """
    count, width, shared = heads
    fitting = (q.shape[0], shared, k.shape[2], width)
    if q.shape[1] != count or q.shape[3] != width or tuple(k.shape) != fitting or v.shape[:3] != k.shape[:3]:
        shapes = ", ".join(str(list(each.shape)) for each in (q, k, v))
        msg = f"built for {count} query heads, {shared} key heads and width {width}; got {shapes}"
        raise ValueError(msg)
    if aligned and q.shape[2] > k.shape[2]:
        msg = f"{q.shape[2]} queries and {k.shape[2]} keys: the first queries would see no key; give no more queries"
        raise ValueError(msg)


def hidden(queries: int, keys: int, seen: Seen, device: torch.device) -> Tensor | None:
    """Return which keys each query does not see, [Sq, Sk]; None: it sees all.

    The queries are the last tokens: query i has the position i + Sk - Sq.

    Args:
        queries: Sq.
        keys: Sk.
        seen: the pattern.
        device: of the result.

    """
    if not seen.aligned:
        return None
    own = torch.arange(queries, device=device)[:, None] + (keys - queries)
    others = torch.arange(keys, device=device)
    found = torch.zeros(queries, keys, dtype=torch.bool, device=device)
    if seen.causal:
        found = (others > own) & (others >= seen.prefix)
    if seen.window:
        found = found | ((own - others).abs() >= seen.window)
    if seen.document:
        found = found | (own // seen.document != others // seen.document)
    return found
