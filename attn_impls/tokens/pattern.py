"""Which keys a query sees: all, those up to its own position, or those in a window around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def require_heads(heads: int, head_dim: int, kv_heads: int) -> None:
    """Refuse numbers of heads that cannot share keys and values.

    Raises:
        ValueError: a number is below 1, or the query heads are no multiple of the key heads.

    """
    if min(heads, head_dim, kv_heads) < 1 or heads % kv_heads:
        msg = f"{heads} query heads of width {head_dim} cannot share {kv_heads} key heads; choose a multiple of them"
        raise ValueError(msg)


def require_window(window: int) -> None:
    """Refuse a window of fewer than no keys (ValueError)."""
    if window < 0:
        msg = f"window is {window}; choose the number of keys that a query sees on each side with its own, or 0 for all"
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


def hidden(queries: int, keys: int, *, causal: bool, window: int, device: torch.device) -> Tensor | None:
    """Return which keys each query does not see, [Sq, Sk]; None: it sees all.

    The queries are the last tokens: query i has the position i + Sk - Sq.

    Args:
        queries: Sq.
        keys: Sk.
        causal: no key after the query's own position.
        window: only keys whose distance is below this; 0: of any distance.
        device: of the result.

    """
    if not (causal or window):
        return None
    distance = torch.arange(queries, device=device)[:, None] + (keys - queries) - torch.arange(keys, device=device)
    found = distance < 0 if causal else distance <= -window
    return found | (distance >= window) if window else found
