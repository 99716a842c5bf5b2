"""Products of queries with keys and of weights with values, where several query heads share a key head."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def products(q: Tensor, k: Tensor) -> Tensor:
    """Return the product of every query [B, H, Sq, D] with every key [B, Hk, Sk, D] of its head: [B, H, Sq, Sk].

    Shared keys are not repeated in memory: the queries of the heads that share them stand below one another.
    """
    batch, heads, queries, width = q.shape
    together = torch.matmul(q.reshape(batch, k.shape[1], -1, width), k.transpose(-2, -1))
    return together.view(batch, heads, queries, k.shape[2])


def mixed(weights: Tensor, v: Tensor) -> Tensor:
    """Return the sums of the values [B, Hk, Sk, Dv] by the weights [B, H, Sq, Sk] of every query: [B, H, Sq, Dv]."""
    batch, heads, queries, keys = weights.shape
    together = torch.matmul(weights.reshape(batch, v.shape[1], -1, keys), v)
    return together.view(batch, heads, queries, v.shape[3])
