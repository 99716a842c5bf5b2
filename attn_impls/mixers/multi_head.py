"""Multi-head attention, and its forms in which heads share keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from ..arguments import require_one_or_more
from .heads import joined, make_attention, require_tokens, require_width, split

if TYPE_CHECKING:
    from .heads import AttentionFactory


class MultiHead(nn.Module):
    """Multi-head attention: q, k, v = W x, softmax(q k / sqrt(D)) v in each head, then W' (arXiv:1706.03762).

    Tokens [B, N, dim] -> the same shape.

    Args:
        dim: C, the width of a token.
        heads: of the queries.
        kv_heads: of keys and values, which neighbouring query heads share; 0: as many as of the queries.
        attention: name, or factory, of the attention between q, k and v.
        causal: no token sees a later one.
        bias: whether q, k and v have one.

    """

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        kv_heads: int = 0,
        attention: str | AttentionFactory = "sdpa",
        causal: bool = False,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self._dim, self._head_dim = dim, require_width(dim, heads)
        shared = kv_heads or heads
        self.attention = make_attention(attention, heads, self._head_dim, kv_heads=shared, causal=causal)
        self._parts = [heads, shared, shared]
        self.qkv = nn.Linear(dim, sum(self._parts) * self._head_dim, bias=bias)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        require_tokens(x, self._dim)
        q, k, v = split(self.qkv(x), self._head_dim).split(self._parts, 1)
        output: Tensor = self.proj(joined(self.attention(q, k, v)))
        return output


class GroupedQuery(MultiHead):
    """Multi-head attention in which groups of query heads share keys and values (GQA, arXiv:2305.13245).

    Args:
        dim: C.
        heads: of the queries.
        group: query heads that share keys and values.
        attention: as of MultiHead.
        causal: as of MultiHead.
        bias: as of MultiHead.

    Raises:
        ValueError: the query heads are no multiple of a group.

    """

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        group: int = 4,
        attention: str | AttentionFactory = "sdpa",
        causal: bool = False,
        bias: bool = True,
    ) -> None:
        require_one_or_more(group=group)
        if heads % group:
            msg = f"{heads} query heads are no groups of {group}; choose a divisor of {heads}"
            raise ValueError(msg)
        super().__init__(dim, heads=heads, kv_heads=heads // group, attention=attention, causal=causal, bias=bias)


class MultiQuery(MultiHead):
    """Multi-head attention in which all query heads share keys and values (MQA, arXiv:1911.02150).

    Args:
        dim: C.
        heads: of the queries.
        attention: as of MultiHead.
        causal: as of MultiHead.
        bias: as of MultiHead.

    """

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        attention: str | AttentionFactory = "sdpa",
        causal: bool = False,
        bias: bool = True,
    ) -> None:
        super().__init__(dim, heads=heads, kv_heads=1, attention=attention, causal=causal, bias=bias)
