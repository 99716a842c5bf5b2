"""Softmax attention approximated by random features."""

from __future__ import annotations

import torch
from torch import Tensor

from ..arguments import require_one_or_more
from .lengths import padding
from .linear import FeatureAttention

#: Of the projection: the same in every process.
SEED = 0


class Performer(FeatureAttention):
    """FAVOR+: positive orthogonal random features exp(w x - |x|^2 / 2), x = q or k / D^(1/4) (arXiv:2009.14794).

    The w are rows of random orthogonal matrices with the lengths of Gaussian vectors, from a fixed seed. Features of
    half precision are computed in float32, as they reach far beyond its range.

    Args:
        heads: H.
        head_dim: D.
        kv_heads: Hk; H is a multiple of it.
        features: how many, for each head the same.
        causal: no query sees a later key.

    """

    def __init__(self, heads: int, head_dim: int, *, kv_heads: int, features: int = 256, causal: bool = False) -> None:
        super().__init__(heads, head_dim, kv_heads=kv_heads, causal=causal)
        require_one_or_more(features=features)
        self.projection: Tensor
        self.register_buffer("projection", orthogonal(features, head_dim))

    def features(self, q: Tensor, k: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        scale = q.shape[-1] ** -0.25
        wide = torch.promote_types(q.dtype, torch.float32)
        projection = self.projection.to(wide)
        of_q, of_k = (_exponents(each.to(wide) * scale, projection) for each in (q, k))
        # The shift of a query cancels in its quotient, as does that of all keys, so no gradient flows through them.
        of_q = of_q - of_q.amax(-1, keepdim=True).detach()
        if not self._causal:
            # Of later keys nothing may be seen; without a shift exponents are below |w|^2 / 2.
            own = of_k if lengths is None else _without_padding(of_k, lengths)
            of_k = of_k - own.amax((-2, -1), keepdim=True).detach()
        return of_q.exp(), of_k.exp()


def _without_padding(exponents: Tensor, lengths: Tensor) -> Tensor:
    return exponents.masked_fill(padding(lengths, exponents.shape[2])[:, None, :, None], -torch.inf)


def _exponents(x: Tensor, projection: Tensor) -> Tensor:
    return torch.matmul(x, projection.transpose(0, 1)) - x.square().sum(-1, keepdim=True) / 2


def orthogonal(rows: int, width: int) -> Tensor:
    """Return rows [rows, width], each block of ``width`` orthogonal, with lengths as of standard normal vectors."""
    generator = torch.Generator().manual_seed(SEED)
    blocks = [
        torch.linalg.qr(torch.randn(width, width, generator=generator, dtype=torch.float64))[0].T
        for _ in range(-(-rows // width))
    ]
    directions = torch.cat(blocks)[:rows]
    lengths = torch.randn(rows, width, generator=generator, dtype=torch.float64).norm(dim=1, keepdim=True)
    return (directions * lengths).float()
