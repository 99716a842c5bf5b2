"""Twenty gates as people write them, one of each common shape: a plug-in for ``benchmarks/strangers.py``.

All are honest: whatever the audit finds in them is a note, or a fault that they really have (see ``FAULTS`` there).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint
from torchvision.ops import StochasticDepth

from attn_impls import gate


def to_tokens(x: Tensor) -> Tensor:
    """[B, C, H, W] -> [B, H W, C]."""
    return x.flatten(2).transpose(1, 2)


def to_map(tokens: Tensor, like: Tensor) -> Tensor:
    """[B, H W, C] -> [B, C, H, W]."""
    return tokens.transpose(1, 2).reshape(like.shape)


class Scaled(nn.Module):
    """x * sigmoid(f(mean of each channel)). [B, C, H, W] -> same."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.inner(x.mean((2, 3))))[..., None, None]


@gate("tokens")
class Tokens(nn.Module):
    """Attention between positions by scaled_dot_product_attention."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(channels, 3 * channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(to_tokens(x)).chunk(3, dim=-1)
        return to_map(functional.scaled_dot_product_attention(q, k, v), x)


@gate("q_is_k_is_v")
class QIsKIsV(nn.Module):
    """torch's multi-head attention of tokens with themselves."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(channels, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        tokens = to_tokens(x)
        return to_map(self.inner(tokens, tokens, tokens, need_weights=False)[0], x)


@gate("encoder_layer")
class EncoderLayer(nn.Module):
    """torch's encoder layer."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inner = nn.TransformerEncoderLayer(channels, 4, 2 * channels, dropout=0.0, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return to_map(self.inner(to_tokens(x)), x)


@gate("channels_last")
class ChannelsLast(nn.Module):
    """Works on [B, H, W, C]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm, self.mix = nn.LayerNorm(channels), nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        last = x.permute(0, 2, 3, 1)
        return (last * torch.sigmoid(self.mix(self.norm(last)))).permute(0, 3, 1, 2)


@gate("sized", sized=True)
class Sized(nn.Module):
    """Has a weight for each position."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.positions = nn.Parameter(torch.zeros(1, channels, height, width))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.positions + x)


@gate("function")
def function(channels: int) -> nn.Module:
    """Build a gate of existing layers, without a class."""
    return Scaled(nn.Sequential(nn.Linear(channels, channels // 4), nn.ReLU(), nn.Linear(channels // 4, channels)))


@gate("lazy")
def lazy(channels: int) -> nn.Module:
    """Build layers that find their widths at the first call."""
    return Scaled(nn.Sequential(nn.LazyLinear(channels // 4), nn.ReLU(), nn.LazyLinear(channels)))


@gate("checkpointed")
class Checkpointed(Scaled):
    """Computes again in the backward pass, as torch advises: not reentrant."""

    def __init__(self, channels: int) -> None:
        super().__init__(nn.Linear(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = checkpoint(super().forward, x, use_reentrant=False)
        return output


@gate("compiled")
class Compiled(Scaled):
    """Compiles a part of itself."""

    def __init__(self, channels: int) -> None:
        super().__init__(nn.Linear(channels, channels))
        self._scale = torch.compile(lambda x, weights: x * torch.sigmoid(weights)[..., None, None], backend="eager")

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self._scale(x, self.inner(x.mean((2, 3))))
        return output


@gate("scripted")
def scripted(channels: int) -> nn.Module:
    """Build one of TorchScript."""
    return torch.jit.script(Scaled(nn.Linear(channels, channels)))


@gate("parametrised")
def parametrised(channels: int) -> nn.Module:
    """Build one with a normed weight."""
    return Scaled(parametrizations.weight_norm(nn.Linear(channels, channels)))


@gate("complex")
class Complex(nn.Module):
    """Has a complex weight for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, 1, 1, dtype=torch.complex64))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weight).abs()


@gate("fourier")
class Fourier(nn.Module):
    """Filters a map in its frequencies."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        filtered: Tensor = torch.fft.irfft2(torch.fft.rfft2(x) * self.gain, s=x.shape[2:])
        return filtered


@gate("stochastic_depth")
class Deep(nn.Module):
    """Leaves its branch out for some images while it learns."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix, self.depth = nn.Conv2d(channels, channels, 1), StochasticDepth(0.2, "row")

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = x + self.depth(self.mix(x))
        return output


@gate("dropout")
def dropout(channels: int) -> nn.Module:
    """Build one with dropout."""
    return Scaled(nn.Sequential(nn.Linear(channels, channels), nn.Dropout(0.1)))


@gate("buffers")
class Buffers(nn.Module):
    """Subtracts a running mean, which it keeps while it learns."""

    mean: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels, 1, 1))
        self.register_buffer("mean", torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            with torch.no_grad():
                self.mean.lerp_(x.mean((0, 2, 3))[:, None, None], 0.1)
        return (x - self.mean) * self.gain


@gate("shared_weights")
class Shared(nn.Module):
    """Calls one layer twice."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.mix(torch.relu(self.mix(x.mean((2, 3))))))[..., None, None]


class _Square(torch.autograd.Function):
    """x * x, with a backward pass of its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        output: Tensor = 2 * x * gradients[0]
        return output


@gate("own_backward")
class OwnBackward(Scaled):
    """Has an autograd function of its own."""

    def __init__(self, channels: int) -> None:
        super().__init__(nn.Linear(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = super().forward(_Square.apply(x))
        return output


@gate("group_norm")
def group_norm(channels: int) -> nn.Module:
    """Build a normed convolution."""
    return nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.GroupNorm(4, channels), nn.SiLU())


@gate("hooked")
def hooked(channels: int) -> nn.Module:
    """Build one whose inner result a hook doubles."""
    inner = nn.Linear(channels, channels)
    inner.register_forward_hook(lambda _module, _inputs, output: 2 * output)
    return Scaled(inner)
