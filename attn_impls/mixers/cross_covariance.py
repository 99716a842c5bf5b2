"""Attention between channels, by their products over all tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ..normalizers import make_normalizer
from .heads import joined, require_tokens, require_width, split

if TYPE_CHECKING:
    from ..normalizers import NormalizerFactory


class CrossCovariance(nn.Module):
    """XCA of XCiT: the weights of a head's channels, from q and k of unit length along the tokens (2106.09681).

    Tokens [B, N, dim] -> the same shape; linear in N.

    Args:
        dim: C.
        heads: how many.
        normalizer: name, or factory, of what makes weights of the products, times a temperature of each head.

    """

    def __init__(self, dim: int, *, heads: int, normalizer: str | NormalizerFactory = "softmax") -> None:
        super().__init__()
        self._dim, self._head_dim = dim, require_width(dim, heads)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.normalizer = make_normalizer(normalizer, -1)

    def forward(self, x: Tensor) -> Tensor:
        require_tokens(x, self._dim)
        # [B, heads, D, N].
        q, k, v = split(self.qkv(x), self._head_dim).mT.chunk(3, 1)
        products = torch.matmul(normalize(q, dim=-1), normalize(k, dim=-1).mT) * self.temperature
        mixed = torch.matmul(self.normalizer(products), v)
        output: Tensor = self.proj(joined(mixed.mT))
        return output
