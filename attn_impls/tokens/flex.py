"""PyTorch's FlexAttention: a fused kernel made of two functions, one of a score and one of who sees whom."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

from ..seen import Seen
from .compiled import require_compiler
from .lengths import require_lengths
from .pattern import require_heads, require_shapes
from .positions import alibi_slopes

if TYPE_CHECKING:
    from collections.abc import Callable


class FlexAttention(nn.Module):
    """torch.nn.attention.flex_attention with a mask of blocks, which skips those that nobody sees (2412.05496).

    q [B, H, Sq, D], k [B, Hk, Sk, D], v [B, Hk, Sk, Dv] -> [B, H, Sq, Dv]. The queries are the last tokens. Masks are
    made once for each two lengths. ``lengths`` [B]: keys from a sequence's length on are padding, which no query sees;
    their mask is made at every call.

    Args:
        heads: H.
        head_dim: D.
        kv_heads: Hk; H is a multiple of it.
        causal: no query sees a later key; there are no more queries than keys.
        window: a query sees only keys at a distance below this; 0: all.
        prefix: with causal, so many first keys are seen by all queries.
        document: tokens are documents of so many, which do not see each other; 0: they are one.
        soft_cap: scores become cap tanh(score / cap); 0: they stay.
        alibi: minus a slope of each head times the distance is added to the scores.
        compiled: by torch.compile, as one kernel, which the CPU has of all dtypes but float64, and for which it needs
            a C++ compiler; else its operators one by one, the scores in memory.

    """

    def __init__(
        self,
        heads: int,
        head_dim: int,
        *,
        kv_heads: int,
        causal: bool = False,
        window: int = 0,
        prefix: int = 0,
        document: int = 0,
        soft_cap: float = 0.0,
        alibi: bool = False,
        compiled: bool = True,
    ) -> None:
        super().__init__()
        require_heads(heads, head_dim, kv_heads)
        self._heads, self._compiled = (heads, head_dim, kv_heads), compiled
        self._seen = Seen(causal=causal, window=window, prefix=prefix, document=document)
        self._soft_cap, self._alibi = soft_cap, alibi
        self.slopes: Tensor
        self.register_buffer("slopes", torch.tensor(alibi_slopes(heads)), persistent=False)
        self._masks: dict[tuple[int, int, str], BlockMask | None] = {}

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the mixed values.

        Raises:
            ValueError: shapes do not belong together.
            BuildError: it is compiled, on the CPU, and there is no C++ compiler.
            RuntimeError: gradients are wanted on the CPU, where there is no backward pass.

        """
        require_shapes(q, k, v, self._heads, aligned=self._seen.aligned)
        require_lengths(lengths, q, k, placed=self._seen.aligned or self._alibi)
        needs_gradient = torch.is_grad_enabled() and any(each.requires_grad for each in (q, k, v))
        if needs_gradient and q.device.type == "cpu":
            msg = "FlexAttention has no backward pass on the CPU; choose --direction forward, or --device cuda"
            raise RuntimeError(msg)
        given: dict[str, Any] = {
            "score_mod": self._score(k.shape[2] - q.shape[2], q.dtype),
            "block_mask": self._mask(q.shape[2], k.shape[2], q.device, lengths),
            "enable_gqa": self._heads[0] != self._heads[2],
        }
        if self._compiled:
            output: Tensor = _compiled(q.device.type)(q, k, v, **given)
            return output
        with warnings.catch_warnings():
            # That it is not compiled is what was asked for.
            warnings.filterwarnings("ignore", message=".*flex_attention called without torch.compile")
            plain: Tensor = flex_attention(q, k, v, **given)
        return plain

    def _mask(self, queries: int, keys: int, device: torch.device, lengths: Tensor | None) -> BlockMask | None:
        if lengths is not None:
            return self._made(queries, keys, device, lengths)
        key = (queries, keys, str(device))
        if key not in self._masks:
            self._masks[key] = self.make_mask(queries, keys, device)
        return self._masks[key]

    mask_kept = True

    def make_mask(self, queries: int, keys: int, device: torch.device) -> BlockMask | None:
        """Return a mask of blocks; None: all keys are seen."""
        return self._made(queries, keys, device, None) if self._seen.aligned else None

    def _made(self, queries: int, keys: int, device: torch.device, lengths: Tensor | None) -> BlockMask:
        seen, before = self._seen, keys - queries

        def sees(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
            del head
            own = query + before
            found = query >= 0 if lengths is None else key < lengths[batch]
            if seen.causal:
                found = found & ((key <= own) | (key < seen.prefix))
            if seen.window:
                found = found & ((own - key).abs() < seen.window)
            if seen.document:
                found = found & (own // seen.document == key // seen.document)
            return found

        batch = None if lengths is None else len(lengths)
        return create_block_mask(sees, batch, None, queries, keys, device=str(device))

    def _score(self, before: int, dtype: torch.dtype) -> Callable[..., Tensor] | None:
        cap, slopes = self._soft_cap, self.slopes.to(dtype) if self._alibi else None
        if not cap and slopes is None:
            return None

        def changed(score: Tensor, batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
            del batch
            found = cap * torch.tanh(score / cap) if cap else score
            return found if slopes is None else found - slopes[head] * (query + before - key).abs()

        return changed


@cache
def _compiled(device_type: str) -> Callable[..., Any]:
    if device_type == "cpu":
        require_compiler()
    return torch.compile(flex_attention)
