"""Attention written by hand: the whole map of scores lies in memory, and any normaliser makes weights of it."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..normalizers import make_normalizer
from ..seen import Seen
from .compiled import CompiledCall
from .lengths import hidden_of, require_lengths
from .pattern import hidden, require_heads, require_shapes
from .positions import RelativeBias, alibi_bias, require_even, rotated
from .products import mixed, products

if TYPE_CHECKING:
    from ..normalizers import NormalizerFactory


#: Beside the mean square of queries and keys.
EPSILON = 1e-6


class Scored(nn.Module):
    """Scores q k / sqrt(D) of all pairs, changed by options, then weights, then sums of values.

    q [B, H, Sq, D], k [B, Hk, Sk, D], v [B, Hk, Sk, Dv] -> [B, H, Sq, Dv]. The queries are the last tokens: query i
    has the position i + Sk - Sq. A hidden key may hold NaN; a hidden value counts 0 times itself, which is NaN for
    NaN and infinity. ``lengths`` [B]: keys from a sequence's length on are padding, which no query sees.

    Args:
        heads: H.
        head_dim: D.
        kv_heads: Hk; H is a multiple of it.
        causal: no query sees a later key; there are no more queries than keys.
        window: a query sees only keys at a distance below this; 0: all.
        prefix: with causal, so many first keys are seen by all queries.
        document: tokens are documents of so many, which do not see each other; 0: they are one.
        soft_cap: scores become cap tanh(score / cap), as in Gemma 2 (arXiv:2408.00118); 0: they stay.
        alibi: minus a slope of each head times the distance is added to the scores (arXiv:2108.12409).
        relative: a learned bias of each head for each distance up to this, farther ones with it, is added to the
            scores (as in arXiv:1910.10683, without its buckets); 0: none.
        rope: queries and keys are rotated by their positions (arXiv:2104.09864).
        qk_norm: queries and keys are divided by the root of their mean square, and multiplied by learned weights
            (as in arXiv:2302.05442, by RMSNorm), before they are rotated.
        compiled: by torch.compile, as one graph; on the CPU it needs a C++ compiler.

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
        relative: int = 0,
        rope: bool = False,
        qk_norm: bool = False,
        compiled: bool = False,
    ) -> None:
        super().__init__()
        require_heads(heads, head_dim, kv_heads)
        if soft_cap < 0:
            msg = f"soft_cap is {soft_cap:g}; choose a number above 0, or 0 for none"
            raise ValueError(msg)
        if rope:
            require_even(head_dim)
        self._heads = (heads, head_dim, kv_heads)
        self._seen = Seen(causal=causal, window=window, prefix=prefix, document=document)
        self._soft_cap, self._alibi, self._rope = soft_cap, alibi, rope
        self._compiled = CompiledCall() if compiled else None
        self._placed = bool(self._seen.aligned or alibi or rope or relative)
        self.relative = RelativeBias(heads, relative) if relative else None
        self.q_norm, self.k_norm = (
            nn.RMSNorm(head_dim, eps=EPSILON) if qk_norm else nn.Identity() for _ in ("queries", "keys")
        )

    @abstractmethod
    def weights(self, scores: Tensor, lengths: Tensor | None) -> Tensor:
        """Return weights of the same shape; those of scores of -inf are 0."""

    mask_kept = False

    def make_mask(self, queries: int, keys: int, device: torch.device) -> Tensor | None:
        """Return which keys queries do not see; None: they see all."""
        return hidden(queries, keys, self._seen, device)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        require_shapes(q, k, v, self._heads, aligned=self._seen.aligned)
        require_lengths(lengths, q, k, placed=self._placed)
        if self._compiled is not None:
            return self._compiled(self._attend, q, k, v, lengths)
        return self._attend(q, k, v, lengths)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None) -> Tensor:
        queries, keys = q.shape[2], k.shape[2]
        q, k = self.q_norm(q), self.k_norm(k)
        if self._rope:
            q, k = rotated(q, keys - queries), rotated(k, 0)
        # The smaller tensor is scaled.
        scores = products(q * (1 / math.sqrt(self._heads[1])), k)
        if self._soft_cap:
            scores = self._soft_cap * torch.tanh(scores / self._soft_cap)
        if self._alibi:
            scores = scores + alibi_bias(self._heads[0], queries, keys, scores)
        if self.relative is not None:
            scores = scores + self.relative(queries, keys)
        unseen = hidden_of(queries, keys, self._seen, q.device, lengths)
        if unseen is not None:
            scores = scores.masked_fill(unseen, -math.inf)
        return mixed(self.weights(scores, lengths), v)


class EagerAttention(Scored):
    """softmax(q k / sqrt(D)) v (Vaswani et al., arXiv:1706.03762), or with another normaliser in place of softmax.

    Args:
        heads: H.
        head_dim: D.
        kv_heads: Hk.
        normalizer: name, or factory, of the normaliser over the keys. One that gives NaN for a score of -inf, such as
            ``hard_softmax/as_written``, cannot be masked.
        options: see Scored.

    """

    def __init__(
        self,
        heads: int,
        head_dim: int,
        *,
        kv_heads: int,
        normalizer: str | NormalizerFactory = "softmax",
        **options: bool | float,
    ) -> None:
        super().__init__(heads, head_dim, kv_heads=kv_heads, **options)  # type: ignore[arg-type]  # checked by name
        self.normalizer = make_normalizer(normalizer, -1)

    def weights(self, scores: Tensor, lengths: Tensor | None) -> Tensor:
        del lengths
        weights: Tensor = self.normalizer(scores)
        return weights


class SigmoidAttention(Scored):
    """sigmoid(q k / sqrt(D) - log(Sk)) v, with no sum over the keys (Ramapuram et al., arXiv:2409.04431).

    The bias -log(Sk) starts the sum of the weights near 1/2 of softmax's; padding does not count. Options as of Scored.
    """

    def weights(self, scores: Tensor, lengths: Tensor | None) -> Tensor:
        if lengths is None:
            return torch.sigmoid(scores - math.log(scores.shape[-1]))
        return torch.sigmoid(scores - lengths.to(scores.dtype).log()[:, None, None, None])
