"""Efficient channel attention (Wang et al., ECA-Net, arXiv:1910.03151)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..arguments import require_one_or_more
from ..reductions import mean

#: Up to this length torch convolves a single sample on a CPU by its own loop, not by oneDNN, which takes long to start.
SHORT = 3


def adaptive_kernel_size(channels: int) -> int:
    """Return the odd number nearest to log2(C) / 2 + 1/2; of two equally near ones, the greater.

    Raises:
        ValueError: there is no channel.

    """
    require_one_or_more(channels=channels)
    return int(math.log2(channels) / 2 + 0.5) // 2 * 2 + 1


class AcrossChannels(nn.Conv1d):
    """Convolution of one signal with one zero-padded kernel of odd length k, without bias: [B, 1, C] -> same.

    Weights, values and, where there are counts of it, counts are those of ``nn.Conv1d(1, 1, k, padding=k // 2)``.
    """

    def __init__(self, kernel_size: int) -> None:
        super().__init__(1, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the base class names it so
        (length,) = self.kernel_size
        # On a CPU a product with the k neighbours of each element is several times faster than a convolution that
        # has only one channel, except for a single sample and a short kernel.
        if input.device.type != "cpu" or (input.shape[0] == 1 and length <= SHORT):
            return super().forward(input)
        neighbours = functional.pad(input, (length // 2, length // 2)).unfold(2, length, 1)
        # By a column, not by a vector: the counters of multiply-adds know matrices only.
        return (neighbours @ self.weight.view(length, 1)).squeeze(3)


class EfficientChannelAttention(nn.Module):
    """ECA, arXiv:1910.03151: x * sigmoid(1-D convolution of mean(x) across the channels). [B, C, H, W] -> same.

    As in the official code (BangguWu/ECANet, ``models/eca_module.py``): one kernel for all channels, no bias. The
    paper's length is k = |log2(C) / 2 + 1/2|, rounded to an odd number: 5, 5, 5, 7 for the 256 to 2048 channels of
    ResNet-50; its 80 parameters are those of 3, 5, 5, 7. The official code takes k as an argument and has k = 3 for
    all channels where nobody chooses (``k_size=3``, also in ``models/eca_resnet.py``): ``kernel_size=3``.

    Args:
        channels: C.
        kernel_size: k, odd; 0: by the paper's formula; 3: the official code's default.

    Raises:
        ValueError: the kernel size is negative, or even and not 0.

    """

    def __init__(self, channels: int, *, kernel_size: int = 0) -> None:
        super().__init__()
        if kernel_size < 0 or (kernel_size and kernel_size % 2 == 0):
            msg = f"kernel_size is {kernel_size}; choose an odd number, or 0 for one that the channels decide"
            raise ValueError(msg)
        self.conv = AcrossChannels(kernel_size or adaptive_kernel_size(channels))

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, _, _ = x.shape
        gate = torch.sigmoid(self.conv(mean(x, 2, 3).view(batch, 1, channels)))
        return x * gate.view(batch, channels, 1, 1)
