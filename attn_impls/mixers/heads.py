"""Heads of a token mixer: how its tokens are split among them, and what mixes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..arguments import require_known, require_one_or_more
from ..site import Heads
from ..spec import Family
from ..tables import SPECS

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    AttentionFactory = Callable[..., nn.Module]


def require_width(dim: int, heads: int) -> int:
    """Return the width of a head.

    Raises:
        ValueError: the heads do not divide the width of a token.

    """
    require_one_or_more(dim=dim, heads=heads)
    if dim % heads:
        msg = f"{heads} heads do not divide tokens of width {dim}; choose a divisor of {dim}"
        raise ValueError(msg)
    return dim // heads


def require_tokens(x: Tensor, dim: int, count: int | None = None) -> None:
    """Refuse what are not tokens [B, N, dim], or not so many (ValueError)."""
    if x.ndim != 3 or x.shape[2] != dim or count not in (None, x.shape[1]):  # noqa: PLR2004 - [B, N, C]
        wanted = f"[B, {'N' if count is None else count}, {dim}]"
        msg = f"built for tokens {wanted}; got {list(x.shape)}"
        raise ValueError(msg)


def split(x: Tensor, head_dim: int) -> Tensor:
    """Return tokens [..., N, heads x D] as [..., heads, N, D]."""
    return x.unflatten(-1, (-1, head_dim)).transpose(-3, -2)


def joined(x: Tensor) -> Tensor:
    """Return [..., heads, N, D] as tokens [..., N, heads x D]."""
    return x.transpose(-3, -2).flatten(-2)


def make_attention(
    chosen: str | AttentionFactory, heads: int, head_dim: int, *, kv_heads: int, causal: bool = False
) -> nn.Module:
    """Build an attention between tokens: one of ours by its name, or what a factory makes.

    Raises:
        ValueError: no attention has this name, or it cannot share keys so.
        TypeError: it cannot be causal, and is to be.

    """
    promise = {"causal": True} if causal else {}
    if not isinstance(chosen, str):
        return chosen(heads, head_dim, kv_heads=kv_heads, **promise)
    known = {spec.name: spec for spec in SPECS if spec.family == Family.ATTENTION}
    require_known("attention", chosen, known)
    spec = known[chosen].with_options(promise)
    return spec.build_attention(Heads(heads=heads, head_dim=head_dim, kv_heads=kv_heads))
