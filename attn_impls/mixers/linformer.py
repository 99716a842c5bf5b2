"""Attention to fewer keys, each a learned sum over all tokens."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..arguments import require_one_or_more
from .heads import joined, make_attention, require_tokens, require_width, split

if TYPE_CHECKING:
    from .heads import AttentionFactory


class Linformer(nn.Module):
    """Keys E k and values F v, where E and F [keys, N] are learned and shared by the heads (arXiv:2006.04768).

    Tokens [B, h x w, dim] -> the same shape; built for so many tokens, linear in them.

    Args:
        dim: C.
        heads: how many.
        height: of the grid.
        width: of the grid; of a sequence, one of the two is 1.
        keys: how many the tokens are projected to.
        shared: whether F is E.
        attention: name, or factory, of the attention between q, k and v.

    """

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        height: int,
        width: int,
        keys: int = 64,
        shared: bool = False,
        attention: str | AttentionFactory = "sdpa",
    ) -> None:
        super().__init__()
        self._dim, self._head_dim, self._length = dim, require_width(dim, heads), height * width
        require_one_or_more(height=height, width=width, keys=keys)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.of_keys = nn.Parameter(torch.empty(keys, self._length))
        self.of_values = self.of_keys if shared else nn.Parameter(torch.empty(keys, self._length))
        for each in (self.of_keys, self.of_values):
            # As a linear layer from all tokens.
            nn.init.uniform_(each, -1 / math.sqrt(self._length), 1 / math.sqrt(self._length))
        self.attention = make_attention(attention, heads, self._head_dim, kv_heads=heads)

    def forward(self, x: Tensor) -> Tensor:
        require_tokens(x, self._dim, self._length)
        q, k, v = split(self.qkv(x), self._head_dim).chunk(3, 1)
        k, v = (torch.einsum("mn,bhnd->bhmd", sums, each) for sums, each in ((self.of_keys, k), (self.of_values, v)))
        output: Tensor = self.proj(joined(self.attention(q, k, v)))
        return output
