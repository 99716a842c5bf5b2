"""The parts that SK, Split and PSK share: parallel convolutions, a transform to logits, and the weighted sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..normalizers import make_normalizer

if TYPE_CHECKING:
    from collections.abc import Sequence


class Selection(nn.Module):
    """Parallel ``conv - BN - ReLU`` branches, mixed per channel by normalised weights.

    Subclasses say what the weights are computed from: ``logits(x, features)``, [B, M * Cout, 1, 1]. Their channels
    are ordered by block of output channels, then branch, then channel within the block. A grouped 1x1 convolution
    needs blocks no larger than its groups: otherwise a channel's weights would come from another channel's group.
    One ReLU object serves the branches first and the transform last, as in the PSK paper's networks.

    Args:
        in_channels: Cin.
        out_channels: Cout.
        kernels: one k x k convolution each, M in all, padded by k // 2.
        stride: of every convolution.
        groups: of every convolution.
        blocks: how many blocks of output channels the logits are ordered by.
        normalizer: name of the normaliser over the M branches.

    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernels: Sequence[int],
        stride: int,
        groups: int,
        blocks: int,
        normalizer: str,
    ) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(in_channels, out_channels, k, stride, k // 2, groups=groups, bias=False) for k in kernels
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(out_channels) for _ in kernels)
        self.blocks = blocks
        self.activation = nn.ReLU(inplace=True)
        self.normalizer = make_normalizer(normalizer, 1)

    def logits(self, x: Tensor, features: list[Tensor]) -> Tensor:
        """Logits of the branches, [B, M * Cout, 1, 1], from the input and the branches' outputs."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        features = [self.activation(norm(conv(x))) for conv, norm in zip(self.convolutions, self.norms, strict=True)]
        batch, channels = features[0].shape[:2]
        by_block = self.logits(x, features).view(batch, self.blocks, len(features), -1)
        weights = self.normalizer(by_block.transpose(1, 2).reshape(batch, len(features), channels))
        per_branch = weights[..., None, None].unbind(1)
        mixed = features[0] * per_branch[0]
        for feature, weight in zip(features[1:], per_branch[1:], strict=True):
            mixed = torch.addcmul(mixed, feature, weight)
        return mixed


class Transform(nn.Module):
    """Global feature [B, Cin, 1, 1] -> 1x1 -> (BN) -> ReLU -> 1x1 with bias -> logits [B, Cout, 1, 1].

    ``activation`` is the owner's ReLU: counting rules that count a shared module once must see it shared.
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        out_channels: int,
        *,
        groups: int,
        batch_norm: bool,
        bias: bool,
        activation: nn.Module,
    ) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(in_channels, width, 1, groups=groups, bias=bias)
        self.norm = nn.BatchNorm2d(width) if batch_norm else nn.Identity()
        self.activation = activation
        self.expand = nn.Conv2d(width, out_channels, 1, groups=groups)

    def forward(self, pooled: Tensor) -> Tensor:
        return self.expand(self.activation(self.norm(self.reduce(pooled))))
