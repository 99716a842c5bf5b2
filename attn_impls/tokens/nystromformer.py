"""Softmax attention approximated by way of landmarks, each the mean of a segment of tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..arguments import require_one_or_more
from .lengths import refuse_lengths
from .pattern import require_heads, require_shapes
from .products import mixed, products


class Nystromformer(nn.Module):
    """softmax(q K') pinv(softmax(Q' K')) softmax(Q' k) v for landmarks Q' and K' (Xiong et al., arXiv:2102.03902).

    q [B, H, Sq, D], k [B, Hk, Sk, D], v [B, Hk, Sk, Dv] -> [B, H, Sq, Dv]; linear in the lengths. Segments are as equal
    as can be where landmarks do not divide a length. The pseudo-inverse is that of each head of each sequence alone:
    iterations of third order from A^T over its largest sums of a row and of a column. ``lengths`` are refused: the
    segments of unlike sequences are unlike in number and size.

    Args:
        heads: H.
        head_dim: D.
        kv_heads: Hk; H is a multiple of it.
        landmarks: how many; of a shorter sequence each token is one.
        iterations: of the pseudo-inverse.

    """

    def __init__(self, heads: int, head_dim: int, *, kv_heads: int, landmarks: int = 64, iterations: int = 6) -> None:
        super().__init__()
        require_heads(heads, head_dim, kv_heads)
        require_one_or_more(landmarks=landmarks, iterations=iterations)
        self._heads, self.landmarks, self.iterations = (heads, head_dim, kv_heads), landmarks, iterations

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        refuse_lengths(lengths, "Nystromformer's landmarks are means of segments, which are of one length for all")
        require_shapes(q, k, v, self._heads, aligned=False)
        scale = self._heads[1] ** -0.25
        q, k = q * scale, k * scale
        of_q, of_k = segment_means(q, self.landmarks), segment_means(k, self.landmarks)
        to_landmarks = products(q, of_k).softmax(-1)
        between = products(of_q, of_k).softmax(-1)
        seen = mixed(products(of_q, k).softmax(-1), v)
        return torch.matmul(to_landmarks, torch.matmul(pseudo_inverse(between, self.iterations), seen))


def segment_means(x: Tensor, count: int) -> Tensor:
    """Return the means of so many segments of tokens [..., S, D], of as many as there are tokens if these are fewer."""
    length = x.shape[-2]
    count = min(count, length)
    if length % count == 0:
        return x.unflatten(-2, (count, -1)).mean(-2)
    # Token i belongs to segment i count / length.
    segment = torch.arange(length, device=x.device) * count // length
    sums = x.new_zeros(*x.shape[:-2], count, x.shape[-1]).index_add(-2, segment, x)
    return sums / torch.bincount(segment, minlength=count).to(x.dtype)[:, None]


def pseudo_inverse(x: Tensor, iterations: int) -> Tensor:
    """Return an approximation of the pseudo-inverse of each matrix [..., m, n]: [..., n, m] (their eq. 14)."""
    size = x.abs()
    rows, columns = size.sum(-1).amax(-1), size.sum(-2).amax(-1)
    found = x.mT / (rows * columns)[..., None, None]
    unit = torch.eye(x.shape[-2], dtype=x.dtype, device=x.device)
    for _ in range(iterations):
        near = torch.matmul(x, found)
        inner = 15 * unit - torch.matmul(near, 7 * unit - near)
        found = torch.matmul(found, 13 * unit - torch.matmul(near, inner)) / 4
    return found
