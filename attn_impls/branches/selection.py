"""The parts that SK, Split and PSK share: parallel convolutions, a transform to logits, and the weighted sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from ..normalizers import make_normalizer
from ..pointwise import Pointwise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..normalizers import NormalizerFactory

#: Of SK in the PSK paper's networks, and of PSK.
KERNELS = (3, 5)


class Selection(nn.Module):
    """Parallel ``conv - BN - ReLU`` branches, mixed per channel by normalised weights.

    Subclasses make the transform, and may say what it gets: ``logits(x, features)``, [B, M * Cout, 1, 1]. Its channels
    are ordered by block of output channels, then branch, then channel within the block. A grouped 1x1 convolution
    needs blocks no larger than its groups: otherwise a channel's weights would come from another channel's group.
    One ReLU object serves the branches first and the transform last, as in the PSK paper's networks.

    Args:
        in_channels: Cin.
        out_channels: Cout.
        kernels: one k x k convolution each, M in all, padded to keep the size of the map.
        dilations: of each convolution; 1 for all of them if not given.
        stride: of every convolution.
        groups: of every convolution.
        blocks: how many blocks of output channels the logits are ordered by.
        normalizer: name, or factory, of the normaliser over the M branches.

    """

    transform: Transform

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernels: Sequence[int],
        dilations: Sequence[int] | None = None,
        stride: int,
        groups: int,
        blocks: int,
        normalizer: str | NormalizerFactory,
    ) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(in_channels, out_channels, k, stride, k // 2 * d, d, groups, bias=False)
            for k, d in zip(kernels, dilations or (1,) * len(kernels), strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(out_channels) for _ in kernels)
        self.blocks = blocks
        self.activation = nn.ReLU(inplace=True)
        self.normalizer = make_normalizer(normalizer, 1)

    def logits(self, x: Tensor, features: list[Tensor]) -> Tensor:
        """Logits of the branches, [B, M * Cout, 1, 1], from the input and the outputs; here from the sum of these."""
        del x
        return self.transform(sum(features[1:], features[0]).mean((2, 3), keepdim=True))

    def forward(self, x: Tensor) -> Tensor:
        features = [self.activation(norm(conv(x))) for conv, norm in zip(self.convolutions, self.norms, strict=True)]
        weights = self.normalizer(by_branch(self.logits(x, features), branches=len(features), blocks=self.blocks))
        return weighted_sum(features, weights)


def by_branch(logits: Tensor, *, branches: int, blocks: int) -> Tensor:
    """Bring logits [B, M * C, 1, 1], ordered by block, branch, channel within the block, into [B, M, C]."""
    batch, all_channels = logits.shape[:2]
    ordered = logits.view(batch, blocks, branches, -1).transpose(1, 2)
    return ordered.reshape(batch, branches, all_channels // branches)


def weighted_sum(features: Sequence[Tensor], weights: Tensor) -> Tensor:
    """Mix M maps [B, C, H, W] with weights [B, M, C] -> [B, C, H, W]."""
    per_branch = weights[..., None, None].unbind(1)
    mixed = features[0] * per_branch[0]
    for feature, weight in zip(features[1:], per_branch[1:], strict=True):
        # In place: a map of its own for every partial sum costs more than the sum.
        mixed.addcmul_(feature, weight)
    return mixed


def pooled_sum(features: Sequence[Tensor]) -> Tensor:
    """Pool the sum of maps [B, C, H, W] to [B, C, 1, 1], without computing the sum."""
    means = [feature.mean((2, 3), keepdim=True) for feature in features]
    return sum(means[1:], means[0])


class Transform(nn.Module):
    """Global feature [B, Cin, 1, 1] -> 1x1 -> (BN) -> ReLU -> 1x1 -> logits [B, Cout, 1, 1].

    Args:
        in_channels: Cin.
        width: channels between the two 1x1 convolutions.
        out_channels: Cout.
        groups: of both 1x1 convolutions.
        batch_norm: BN after the first one.
        bias: of the first one.
        expand_bias: of the second one.
        activation: the owner's ReLU: counting rules that count a shared module once must see it shared.

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
        expand_bias: bool = True,
        activation: nn.Module,
    ) -> None:
        super().__init__()
        self.reduce = _pointwise(in_channels, width, groups=groups, bias=bias)
        self.norm = nn.BatchNorm2d(width) if batch_norm else nn.Identity()
        self.activation = activation
        self.expand = _pointwise(width, out_channels, groups=groups, bias=expand_bias)

    def forward(self, pooled: Tensor) -> Tensor:
        return self.expand(self.activation(self.norm(self.reduce(pooled))))


def _pointwise(in_channels: int, out_channels: int, *, groups: int, bias: bool) -> nn.Conv2d:
    if groups == 1:
        return Pointwise(in_channels, out_channels, bias=bias)
    return nn.Conv2d(in_channels, out_channels, 1, groups=groups, bias=bias)
