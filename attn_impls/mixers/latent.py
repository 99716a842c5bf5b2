"""Keys and values from a latent vector of few numbers, which is all that a cache has to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..arguments import require_one_or_more
from ..tokens.positions import require_even, rotated
from .heads import joined, make_attention, require_tokens, require_width, split

if TYPE_CHECKING:
    from .heads import AttentionFactory

#: Numbers of the latent vector for each of a head, as in DeepSeek-V2; half as many as a head has are rotated.
LATENT = 4
EPSILON = 1e-6


class MultiHeadLatent(nn.Module):
    """MLA of DeepSeek-V2: k = [W c, R r] and v = W' c of c = norm(V x) and r = V' x, in place of x (arXiv:2405.04434).

    Tokens [B, N, dim] -> the same shape. R rotates by the position, as RoPE; r is shared by all heads. A cache keeps
    c and r: ``latent + rope_dim`` numbers a token, and none for each head.

    Args:
        dim: C.
        heads: how many; D is the width of one: C over their number.
        latent: numbers of c; 0: 4 D.
        rope_dim: numbers of r, an even one; 0: D / 2, rounded down to an even one.
        query_latent: numbers of a latent vector that queries are made of; 0: they are made of the tokens.
        attention: name, or factory, of the attention between q, k and v, whose heads have D + rope_dim numbers.
        causal: no token sees a later one.

    """

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        latent: int = 0,
        rope_dim: int = 0,
        query_latent: int = 0,
        attention: str | AttentionFactory = "sdpa",
        causal: bool = False,
    ) -> None:
        super().__init__()
        self._dim, self._head_dim, self._heads = dim, require_width(dim, heads), heads
        latent, self._rope_dim = latent or LATENT * self._head_dim, rope_dim or 2 * max(1, self._head_dim // 4)
        require_one_or_more(latent=latent, rope_dim=self._rope_dim)
        require_even(self._rope_dim)
        wide = self._head_dim + self._rope_dim
        self._parts = [latent, self._rope_dim]
        self.down = nn.Linear(dim, latent + self._rope_dim, bias=False)
        self.norm = nn.RMSNorm(latent, eps=EPSILON)
        self.up = nn.Linear(latent, 2 * dim, bias=False)
        self.q: nn.Module = nn.Linear(dim, heads * wide, bias=False)
        if query_latent:
            self.q = nn.Sequential(
                nn.Linear(dim, query_latent, bias=False),
                nn.RMSNorm(query_latent, eps=EPSILON),
                nn.Linear(query_latent, heads * wide, bias=False),
            )
        self.proj = nn.Linear(dim, dim, bias=False)
        self.attention = make_attention(attention, heads, wide, kv_heads=heads, causal=causal)

    def forward(self, x: Tensor) -> Tensor:
        require_tokens(x, self._dim)
        latent, turned = self.down(x).split(self._parts, -1)
        k, v = split(self.up(self.norm(latent)), self._head_dim).chunk(2, 1)
        turned = rotated(turned.unsqueeze(1), 0).expand(-1, self._heads, -1, -1)
        q, of_q = split(self.q(x), self._head_dim + self._rope_dim).split([self._head_dim, self._rope_dim], -1)
        q, k = torch.cat((q, rotated(of_q, 0)), -1), torch.cat((k, turned), -1)
        output: Tensor = self.proj(joined(self.attention(q, k, v)))
        return output
