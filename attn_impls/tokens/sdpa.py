"""PyTorch's own attention between tokens, by the kernel that it chooses or by a named one."""

from __future__ import annotations

from contextlib import nullcontext
from types import MappingProxyType
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

from ..arguments import require_known
from ..seen import Seen
from .pattern import hidden, require_heads, require_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTO = "auto"
BACKENDS: Mapping[str, SDPBackend] = MappingProxyType(
    {
        "math": SDPBackend.MATH,
        "flash": SDPBackend.FLASH_ATTENTION,
        "efficient": SDPBackend.EFFICIENT_ATTENTION,
        "cudnn": SDPBackend.CUDNN_ATTENTION,
    }
)


class ScaledDotProduct(nn.Module):
    """torch.nn.functional.scaled_dot_product_attention: softmax(q k / sqrt(D)) v (arXiv:1706.03762).

    q [B, H, Sq, D], k [B, Hk, Sk, D], v [B, Hk, Sk, Dv] -> [B, H, Sq, Dv].

    Args:
        heads: H.
        head_dim: D.
        kv_heads: Hk; H is a multiple of it.
        backend: ``auto``: torch chooses; ``math``, ``flash``, ``efficient`` or ``cudnn``: that one, or an error.
        causal: no query sees a later key; the last query has the position of the last key, whatever their numbers.
        window: a query sees only keys at a distance below this; 0: all. The kernels are given a mask.
        prefix: with causal, so many first keys are seen by all. By a mask, too.
        document: tokens are documents of so many, which do not see each other; 0: they are one. By a mask, too.

    """

    def __init__(
        self,
        heads: int,
        head_dim: int,
        *,
        kv_heads: int,
        backend: str = AUTO,
        causal: bool = False,
        window: int = 0,
        prefix: int = 0,
        document: int = 0,
    ) -> None:
        super().__init__()
        require_heads(heads, head_dim, kv_heads)
        require_known("backend", backend, (AUTO, *BACKENDS))
        self._heads = (heads, head_dim, kv_heads)
        self._backend = backend
        self._seen = Seen(causal=causal, window=window, prefix=prefix, document=document)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        require_shapes(q, k, v, self._heads, aligned=self._seen.aligned)
        queries, keys = q.shape[2], k.shape[2]
        # torch's own causal mask has the first query at the first key.
        # A tensor where the call is traced.
        own = bool(self._seen == Seen(causal=True) and queries == keys)
        unseen = None if own else hidden(queries, keys, self._seen, q.device)
        chosen = BACKENDS.get(self._backend)
        with nullcontext() if chosen is None else sdpa_kernel(chosen):
            return scaled_dot_product_attention(
                q,
                k,
                v,
                attn_mask=None if unseen is None else ~unseen,
                is_causal=own,
                enable_gqa=self._heads[0] != self._heads[2],
            )
