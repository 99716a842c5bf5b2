"""Modules of the kinds that counters stumble over, each with one thing that matters."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Features of a token, channels of a map.
WIDTH = 64
#: A map of 16 x 16 = 256 tokens.
MAP = (1, WIDTH, 16, 16)


def tokens(x: Tensor) -> Tensor:
    """Return the positions of a map as [B, N, C]."""
    return x.flatten(2).transpose(1, 2)


def mixing() -> nn.Conv2d:
    """Return a 1x1 convolution without bias: 64 * 64 * 256 = 1,048,576 multiply-accumulates on the map."""
    return nn.Conv2d(WIDTH, WIDTH, 1, bias=False)


class TokenAttention(nn.Module):
    """nn.MultiheadAttention from all positions to all positions."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return the attended tokens."""
        t = tokens(x)
        attended: Tensor = self.attention(t, t, t, need_weights=False)[0]
        return attended


class TokenLayer(nn.Module):
    """A layer of torch.nn on tokens."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's tokens."""
        result: Tensor = self.layer(tokens(x))
        return result


class Products(nn.Module):
    """Self-attention with projections of its own, by products of matrices or by torch's fused function."""

    def __init__(self, *, fused: bool) -> None:
        super().__init__()
        self.fused = fused
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """Return the attended tokens, 4 heads."""
        queries, keys, values = self.qkv(tokens(x)).view(1, 256, 3, 4, WIDTH // 4).permute(2, 0, 3, 1, 4)
        if self.fused:
            heads = functional.scaled_dot_product_attention(queries, keys, values)
        else:
            heads = (queries @ keys.transpose(-1, -2) / 4).softmax(-1) @ values
        result: Tensor = self.out(heads.transpose(1, 2).reshape(1, 256, WIDTH))
        return result


class Weighted(nn.Module):
    """A 1x1 convolution, then its tokens times a vector."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = mixing()
        self.vector = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        """Return a number a token."""
        return tokens(self.mix(x)) @ self.vector


class Scripted(nn.Module):
    """A convolution as TorchScript."""

    def __init__(self) -> None:
        super().__init__()
        with warnings.catch_warnings():
            # torch has deprecated it; authors' code has it all the same.
            warnings.filterwarnings("ignore", message=".*torch.jit.script.* is deprecated")
            self.mix = torch.jit.script(mixing())

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixed map."""
        mixed: Tensor = self.mix(x)
        return mixed


class Unregistered(nn.Module):
    """Two convolutions, one in a list that the module does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.one = mixing()
        self.more = [mixing()]

    def forward(self, x: Tensor) -> Tensor:
        """Return the map, mixed twice."""
        mixed: Tensor = self.more[0](self.one(x))
        return mixed


class Named(nn.Module):
    """A convolution that carries attributes which a counter would use, and minds when they are changed."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = mixing()
        self.mix.__flops__ = "by hand"  # type: ignore[assignment]  # a stranger's attribute
        self.mix.__params__ = 7  # type: ignore[assignment]

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixed map."""
        if self.mix.__flops__ != "by hand":
            msg = "somebody has overwritten my attribute"
            raise ValueError(msg)
        mixed: Tensor = self.mix(x)
        return mixed


class Fourier(nn.Module):
    """A learned filter in the frequency domain."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Parameter(torch.ones(WIDTH, 16, 9, 2))

    def forward(self, x: Tensor) -> Tensor:
        """Return the filtered map."""
        filtered: Tensor = torch.fft.irfft2(torch.fft.rfft2(x) * torch.view_as_complex(self.filter), s=(16, 16))
        return filtered


class Contraction(nn.Module):
    """Mixes all positions, by a product of matrices or as a sum of products of elements."""

    def __init__(self, *, elementwise: bool) -> None:
        super().__init__()
        self.elementwise = elementwise
        self.weight = nn.Parameter(torch.ones(256, 256))

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixed positions."""
        flat = x.flatten(2)
        return (flat[:, :, None, :] * self.weight).sum(-1) if self.elementwise else flat @ self.weight.t()


class MadeAtFirstCall(nn.Module):
    """Makes its convolution and a norm when it sees a map for the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.layers: nn.Module | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixed map."""
        if self.layers is None:
            self.layers = nn.Sequential(mixing(), nn.BatchNorm2d(WIDTH, affine=False))
        mixed: Tensor = self.layers(x)
        return mixed


class ByKeyword(nn.Module):
    """Gives its convolution the map by keyword."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = mixing()

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixed map."""
        mixed: Tensor = self.mix(input=x)
        return mixed
