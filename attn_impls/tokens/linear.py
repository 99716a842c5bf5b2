"""Attention whose weights are products of features of query and key: linear in the length, no map of scores."""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import elu, pad

from .lengths import padding, require_lengths
from .pattern import require_heads, require_shapes

#: Of tokens whose weights are made at once where no query sees later keys.
CHUNK = 64
#: Least sum of weights of cosFormer, whose weights can all be 0: as its authors' code has it.
LEAST_SUM = 1e-6


class FeatureAttention(nn.Module):
    """sum_j f(q) g(k_j) v_j / sum_j f(q) g(k_j), for features f and g that a subclass gives.

    q [B, H, Sq, D], k [B, Hk, Sk, D], v [B, Hk, Sk, Dv] -> [B, H, Sq, Dv]. The queries are the last tokens: query i
    has the position i + Sk - Sq. ``lengths`` [B]: keys from a sequence's length on are padding, which no query sees.

    Args:
        heads: H.
        head_dim: D.
        kv_heads: Hk; H is a multiple of it.
        causal: no query sees a later key; there are no more queries than keys.

    """

    least_sum = 0.0
    #: Whether features depend on positions.
    placed = False

    def __init__(self, heads: int, head_dim: int, *, kv_heads: int, causal: bool = False) -> None:
        super().__init__()
        require_heads(heads, head_dim, kv_heads)
        self._heads, self._causal = (heads, head_dim, kv_heads), causal

    @abstractmethod
    def features(self, q: Tensor, k: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return what weights are products of, [B, H, Sq, F] and [B, Hk, Sk, F]; those of padding are not used."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        require_shapes(q, k, v, self._heads, aligned=self._causal)
        require_lengths(lengths, q, k, placed=self._causal or self.placed)
        shared = k.shape[1]
        dtype = v.dtype
        of_q, of_k = self.features(q, k, lengths)
        if lengths is not None:
            of_k = of_k.masked_fill(padding(lengths, k.shape[2])[:, None, :, None], 0)
        v = v.to(of_k.dtype)
        # Heads that share keys and values are neighbours: [B, Hk, H / Hk, Sq, F] and [B, Hk, 1, Sk, F].
        grouped, of_k, v = of_q.unflatten(1, (shared, -1)), of_k.unsqueeze(2), v.unsqueeze(2)
        sums, total = causal_sums(grouped, of_k, v) if self._causal else all_sums(grouped, of_k, v)
        if self.least_sum:
            total = total.clamp(min=self.least_sum)
        return (sums / total).flatten(1, 2).to(dtype)


def all_sums(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sums of values, and of weights, over all keys: [..., Sq, Dv] and [..., Sq, 1]."""
    seen = torch.matmul(k.transpose(-2, -1), v)
    return torch.matmul(q, seen), torch.matmul(q, k.sum(-2).unsqueeze(-1))


def causal_sums(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sums of values, and of weights, over the keys up to each query: [..., Sq, Dv] and [..., Sq, 1].

    Chunks of tokens at a time: within a chunk by the map of weights, of earlier chunks by their sum (as in Hua et al.,
    arXiv:2202.10447).
    """
    queries, before = q.shape[-2], k.shape[-2] - q.shape[-2]
    # A column of ones is summed along: the sum of weights.
    v = torch.cat((v, torch.ones_like(v[..., :1])), -1)
    short = -queries % CHUNK
    q_in, k_in, v_in = (_chunked(pad(each, (0, 0, 0, short))) for each in (q, k[..., before:, :], v[..., before:, :]))
    own = torch.matmul(q_in, k_in.transpose(-2, -1))
    later = torch.ones(CHUNK, CHUNK, dtype=torch.bool, device=q.device).triu(1)
    within = torch.matmul(own.masked_fill(later, 0), v_in)
    first = torch.matmul(k[..., :before, :].transpose(-2, -1), v[..., :before, :]).unsqueeze(-3)
    each = torch.matmul(k_in.transpose(-2, -1), v_in)
    earlier = torch.cat((first, each[..., :-1, :, :]), -3).cumsum(-3)
    sums = (within + torch.matmul(q_in, earlier)).flatten(-3, -2)[..., :queries, :]
    return sums[..., :-1], sums[..., -1:]


def _chunked(x: Tensor) -> Tensor:
    return x.unflatten(-2, (-1, CHUNK))


class LinearAttention(FeatureAttention):
    """Features elu(x) + 1 of queries and keys (Katharopoulos et al., arXiv:2006.16236)."""

    def features(self, q: Tensor, k: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        del lengths
        return elu(q) + 1, elu(k) + 1


class CosFormer(FeatureAttention):
    """Weights relu(q) relu(k) cos(pi (i - j) / 2 M) for the positions i and j, M the length (Qin et al., 2202.08791).

    The cosine of a difference is a sum of products: twice as many features as numbers.
    """

    least_sum = LEAST_SUM
    placed = True

    def features(self, q: Tensor, k: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        before = k.shape[2] - q.shape[2]
        length = max(q.shape[2], k.shape[2]) if lengths is None else lengths.double()[:, None, None]
        return _turned(q.relu(), before, length), _turned(k.relu(), 0, length)


def _turned(x: Tensor, first: int, length: int | Tensor) -> Tensor:
    """Return twice as many numbers of tokens [B, H, S, D]; sequences have one length, or each its own, [B, 1, 1]."""
    positions = torch.arange(first, first + x.shape[-2], dtype=torch.float64, device=x.device)
    angles = (positions * (math.pi / 2 / length)).unsqueeze(-1)
    return torch.cat((x * angles.cos().to(x.dtype), x * angles.sin().to(x.dtype)), -1)
