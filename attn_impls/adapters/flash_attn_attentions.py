"""The package flash-attn as an attention between tokens: CUDA, float16 or bfloat16.

``--plugin flash_attn`` imports this module, which needs flash-attn: ``pip install 'attnbench[flash_attn]'``.
"""

from __future__ import annotations

from flash_attn import flash_attn_func
from torch import Tensor, nn

from ..seen import Seen
from ..spec import Family, Spec
from ..tokens.lengths import refuse_lengths
from ..tokens.pattern import require_heads, require_shapes


class FlashAttn(nn.Module):
    """flash_attn.flash_attn_func (arXiv:2307.08691).

    q [B, H, Sq, D], k [B, Hk, Sk, D], v [B, Hk, Sk, D] -> [B, H, Sq, D]. The queries are the last tokens.

    Args:
        heads: H.
        head_dim: D.
        kv_heads: Hk; H is a multiple of it.
        causal: no query sees a later key; there are no more queries than keys.
        window: a query sees only keys at a distance below this; 0: all.
        soft_cap: scores become cap tanh(score / cap); 0: they stay.

    """

    def __init__(
        self,
        heads: int,
        head_dim: int,
        *,
        kv_heads: int,
        causal: bool = False,
        window: int = 0,
        soft_cap: float = 0.0,
    ) -> None:
        super().__init__()
        require_heads(heads, head_dim, kv_heads)
        self._heads, self._soft_cap = (heads, head_dim, kv_heads), soft_cap
        self._seen = Seen(causal=causal, window=window)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        refuse_lengths(lengths, "flash_attn_func takes no padding; its form for unlike lengths takes tokens without it")
        require_shapes(q, k, v, self._heads, aligned=self._seen.aligned)
        # It counts the keys on each side beside the query's own; -1 is all.
        side = self._seen.window - 1
        output: Tensor = flash_attn_func(
            *(each.transpose(1, 2) for each in (q, k, v)),
            causal=self._seen.causal,
            window_size=(side, 0 if self._seen.causal and side >= 0 else side),
            softcap=self._soft_cap,
        )
        return output.transpose(1, 2)


SPECS = (
    Spec(
        name="flash_attn/flash",
        family=Family.ATTENTION,
        summary="flash-attn: its fused kernel, CUDA in half precision",
        paper="arXiv:2307.08691",
        factory=FlashAttn,
    ),
)
