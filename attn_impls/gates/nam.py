"""Normalisation-based attention (Liu et al., arXiv:2111.12419)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class NAMChannel(nn.Module):
    """NAM's channel part, arXiv:2111.12419, eq. 2: x * sigmoid(W BN(x)). [B, C, H, W] -> same.

    ``W = |gamma| / sum |gamma|``; gamma is the BN's scale, of which each channel has one. It enters twice, in W and in
    BN, as in eq. 1 and 2 and in the official code (Christian-lyc/NAM), and every position has a gate of its own. The
    paper writes ``gamma / sum gamma``, the same for scales that are not negative; the magnitudes are the official
    code's. Where every gamma is 0, W is 1 / C, the limit for equal scales: the official code gives NaN there, and a W
    of 0 would leave the gate without any gradient.

    Args:
        channels: C.
        detach: no gradient through W, as in the official code; by default the equation is differentiated as it stands.

    """

    def __init__(self, channels: int, *, detach: bool = False) -> None:
        super().__init__()
        self.detach = detach
        self.norm = nn.BatchNorm2d(channels)

    @property
    def nam_scale(self) -> Tensor:
        """gamma, which the paper's penalty is on."""
        return self.norm.weight

    def forward(self, x: Tensor) -> Tensor:
        weights = relative(self.norm.weight, detach=self.detach)
        return x * torch.sigmoid(self.norm(x) * weights[:, None, None])


class NAMSpatial(nn.Module):
    """NAM's spatial part, arXiv:2111.12419, eq. 3: x * sigmoid(W BN(x)). [B, C, H, W] -> same.

    ``W = |lambda| / sum |lambda|``. "Pixel normalisation": the BN has moments, a scale lambda and a shift for
    each of the H W positions, over all samples and channels. So a module is for maps of one size. All else is as in
    ``NAMChannel``.

    Args:
        channels: C; no weight depends on it.
        height: H.
        width: W.
        detach: no gradient through W, as in the official code.

    """

    # No weight depends on the channels.
    def __init__(self, channels: int, *, height: int, width: int, detach: bool = False) -> None:  # noqa: ARG002
        super().__init__()
        self.size = (height, width)
        self.detach = detach
        self.norm = nn.BatchNorm1d(height * width)

    @property
    def nam_scale(self) -> Tensor:
        """lambda, which the paper's penalty is on."""
        return self.norm.weight

    def forward(self, x: Tensor) -> Tensor:
        """Gate a map.

        Raises:
            ValueError: it is not of the size for which the module was built.

        """
        if x.shape[2:] != self.size:
            msg = f"built for maps of {self.size[0]} x {self.size[1]}, and given one of {x.shape[2]} x {x.shape[3]}"
            raise ValueError(msg)
        normed = self.norm(x.flatten(2).transpose(1, 2)).transpose(1, 2)
        weights = relative(self.norm.weight, detach=self.detach)
        return x * torch.sigmoid(normed * weights).unflatten(2, self.size)

    def extra_repr(self) -> str:
        return f"height={self.size[0]}, width={self.size[1]}"


class NAM(nn.Module):
    """NAM, arXiv:2111.12419: the channel part, then the spatial part, as CBAM has them. [B, C, H, W] -> same.

    The paper trains it with a penalty on the scales: ``attn_impls.penalties.nam_penalty``.

    Args:
        channels: C.
        height: H.
        width: W.
        detach: no gradient through either W, as in the official code.

    """

    def __init__(self, channels: int, *, height: int, width: int, detach: bool = False) -> None:
        super().__init__()
        self.channel = NAMChannel(channels, detach=detach)
        self.spatial = NAMSpatial(channels, height=height, width=width, detach=detach)

    def forward(self, x: Tensor) -> Tensor:
        return self.spatial(self.channel(x))


def relative(scale: Tensor, *, detach: bool) -> Tensor:
    """Return |scale| / sum |scale|; equal shares where the sum is 0."""
    magnitudes = (scale.detach() if detach else scale).abs()
    total = magnitudes.sum()
    # The inner where keeps 0 / 0 out of the backward pass too.
    shares = magnitudes / torch.where(total > 0, total, 1)
    return torch.where(total > 0, shares, 1 / scale.numel())
