"""Gates with nothing wrong, of kinds that once were called unfit."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations
from torch.nn.utils import spectral_norm as older_spectral_norm

from attn_impls import gate


class Mixing(nn.Module):
    """Gates a map by a layer."""

    def __init__(self, mix: nn.Module) -> None:
        super().__init__()
        self.mix = mix

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.mix(x))


@gate("local_class")
def local_class(channels: int) -> nn.Module:
    """Build a class that is defined in a function."""

    class Local(Mixing):
        pass

    return Local(nn.Conv2d(channels, channels, 1))


@gate("weight_norm")
def weight_norm(channels: int) -> nn.Module:
    """Build torch's weight_norm."""
    return Mixing(parametrizations.weight_norm(nn.Conv2d(channels, channels, 1)))


@gate("spectral_norm")
def spectral_norm(channels: int) -> nn.Module:
    """Build torch's spectral_norm."""
    return Mixing(parametrizations.spectral_norm(nn.Conv2d(channels, channels, 1)))


@gate("older_spectral_norm")
def older(channels: int) -> nn.Module:
    """Build the older form of it."""
    return Mixing(older_spectral_norm(nn.Conv2d(channels, channels, 1)))


@gate("five_dimensions")
class FiveDimensions(nn.Module):
    """Sums a bank of kernels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bank = nn.Parameter(torch.randn(2, channels, channels, 1, 1) * channels**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(functional.conv2d(x, self.bank.sum(0)))


@gate("lazy")
def lazy(channels: int) -> nn.Module:
    """Build a layer that takes its input's width."""
    return Mixing(nn.LazyConv2d(channels, 1))


@gate("made_at_first_call")
class MadeAtFirstCall(nn.Module):
    """Makes its layer when it sees a map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        del channels
        self.mix: nn.Module | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.mix is None:
            self.mix = nn.Conv2d(x.shape[1], x.shape[1], 1, bias=False).to(x)
        return x * torch.sigmoid(self.mix(x))


class Tokens(nn.Module):
    """Attends over positions."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(channels, heads, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2)
        attended = self.attention(tokens, tokens, tokens, need_weights=False)[0].transpose(1, 2).reshape(x.shape)
        layout = torch.channels_last if x.is_contiguous(memory_format=torch.channels_last) else torch.contiguous_format
        output: Tensor = attended.contiguous(memory_format=layout)
        return output


@gate("sixteen_heads")
def sixteen_heads(channels: int) -> nn.Module:
    """Build attention that asserts that 16 divides its width."""
    return Tokens(channels, 16)


@gate("twelve_heads")
def twelve_heads(channels: int) -> nn.Module:
    """Build attention whose heads want another width than 64."""
    return Tokens(channels, 12)


@gate("windows", sized=True)
class Windows(nn.Module):
    """Mixes positions in windows of 2 x 2, and refuses sizes that have none."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        del channels
        if height % 2 or width % 2:
            msg = f"{height} x {width} has no windows of 2 x 2"
            raise ValueError(msg)
        self.mix, self.size = nn.Linear(4, 4), (height, width)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[2:] != self.size:
            msg = "another size"
            raise ValueError(msg)
        windows = functional.pixel_unshuffle(x, 2)
        windows = windows.reshape(len(x), -1, 4, *windows.shape[2:])
        mixed = self.mix(windows.transpose(2, -1)).transpose(2, -1)
        output: Tensor = x * torch.sigmoid(functional.pixel_shuffle(mixed.flatten(1, 2), 2))
        return output


@gate("fourier", sized=True)
class Fourier(nn.Module):
    """Has a complex filter in the frequency domain."""

    def __init__(self, channels: int, *, height: int, width: int) -> None:
        super().__init__()
        shape = (channels, height, width // 2 + 1)
        self.filter = nn.Parameter(torch.complex(torch.randn(shape), torch.randn(shape)))

    def forward(self, x: Tensor) -> Tensor:
        filtered = torch.fft.rfft2(x, norm="ortho") * self.filter
        return x * torch.sigmoid(torch.fft.irfft2(filtered, s=x.shape[2:], norm="ortho"))


@gate("fourier_of_reals")
class FourierOfReals(nn.Module):
    """Has no complex parameters, and operators that the CPU has in wide dtypes alone."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.scale * torch.fft.rfft2(x, norm="ortho").abs().mean((2, 3), keepdim=True))
