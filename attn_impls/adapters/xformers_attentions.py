"""The package xformers as an attention between tokens.

``--plugin xformers`` imports this module, which needs xformers: ``pip install 'attnbench[xformers]'``.
"""

from __future__ import annotations

from torch import Tensor, nn
from xformers.ops import fmha, memory_efficient_attention

from ..spec import Family, Spec
from ..tokens.lengths import refuse_lengths
from ..tokens.pattern import require_heads, require_shapes


class MemoryEfficient(nn.Module):
    """xformers.ops.memory_efficient_attention (arXiv:2112.05682).

    q [B, H, Sq, D], k [B, Hk, Sk, D], v [B, Hk, Sk, Dv] -> [B, H, Sq, Dv]. The queries are the last tokens.

    Args:
        heads: H.
        head_dim: D.
        kv_heads: Hk; H is a multiple of it.
        causal: no query sees a later key; there are no more queries than keys.

    """

    def __init__(self, heads: int, head_dim: int, *, kv_heads: int, causal: bool = False) -> None:
        super().__init__()
        require_heads(heads, head_dim, kv_heads)
        self._heads, self._causal = (heads, head_dim, kv_heads), causal

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        refuse_lengths(lengths, "xformers' masks of unlike lengths are of tokens without padding")
        require_shapes(q, k, v, self._heads, aligned=self._causal)
        # [B, S, Hk, H / Hk, D]: heads that share keys and values are neighbours.
        shared = self._heads[2]
        grouped = q.transpose(1, 2).unflatten(2, (shared, -1))
        k, v = (each.transpose(1, 2).unsqueeze(3).expand(-1, -1, -1, grouped.shape[3], -1) for each in (k, v))
        bias = fmha.attn_bias.LowerTriangularFromBottomRightMask() if self._causal else None
        output: Tensor = memory_efficient_attention(grouped, k, v, attn_bias=bias)
        return output.flatten(2, 3).transpose(1, 2)


SPECS = (
    Spec(
        name="xformers/memory_efficient",
        family=Family.ATTENTION,
        summary="xformers: memory-efficient attention, by the kernel that it chooses",
        paper="arXiv:2112.05682",
        factory=MemoryEfficient,
    ),
)
