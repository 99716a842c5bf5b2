"""Gates with one fault each, most of them as in published code, and some without."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable


class Clean(nn.Module):
    """Scales channels by what a 1x1 convolution makes of their means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(channels, channels, 1)

    def gate(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.mix(x.mean((2, 3), keepdim=True)))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x)


class PlainList(nn.Module):
    """Keeps its layers in a list of Python's."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = [nn.Conv2d(channels, channels, 1), nn.Conv2d(channels, channels, 1)]

    def forward(self, x: Tensor) -> Tensor:
        gate = x.mean((2, 3), keepdim=True)
        for layer in self.layers:
            gate = layer(gate)
        return x * torch.sigmoid(gate)


class PlainTensor(Clean):
    """Keeps a tensor that no .to(device) moves."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.scales = {"all": torch.ones(1)}

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * self.scales["all"].to(x)


class InPlace(Clean):
    """Overwrites its input."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mul_(self.gate(x))


class Counting(Clean):
    """Counts its calls in a buffer, in evaluation too."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.register_buffer("calls", torch.zeros(1))
        self.calls: Tensor

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(x)


class SevenBySeven(nn.Module):
    """Has one weight a position of a 7x7 map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.positions = nn.Parameter(torch.ones(channels, 49))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.positions.view(1, -1, 7, 7))


class ZeroGamma(nn.Module):
    """Weights channels by their share of the scales of its batch norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        scales = self.norm.weight.abs()
        return x * torch.sigmoid(self.norm(x) * (scales / scales.sum())[:, None, None])


class OnePixel(nn.Module):
    """Divides by the number of positions less one."""

    def forward(self, x: Tensor) -> Tensor:
        squares = (x - x.mean((2, 3), keepdim=True)) ** 2
        variance = squares.sum((2, 3), keepdim=True) / (x.shape[2] * x.shape[3] - 1)
        return x * torch.sigmoid(squares / (4 * (variance + 1e-4)) + 0.5)


class Detached(Clean):
    """Its gate is detached, so that its weights never learn."""

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x).detach()


class RootOfZero(Clean):
    """Divides by a root whose slope is infinite for a map of zeros."""

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x) + (x * x).mean((2, 3), keepdim=True).sqrt()


class Misspelt(nn.Module):
    """Names what is not there when it is built."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(channels, gate_channel, 1)  # type: ignore[name-defined] # noqa: F821 - the fault


class MisspeltForward(Clean):
    """Names what is not there when it is called."""

    def forward(self, x: Tensor) -> Tensor:
        return x * gates(x)  # type: ignore[name-defined,no-any-return] # noqa: F821 - the fault


class Pooled(Clean):
    """Returns [B, C] in place of a map."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).mean((2, 3))


class ToFloat32(Clean):
    """Returns float32 whatever it gets."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).float()


class ThroughFloat32(Clean):
    """Computes in float32 whatever it gets."""

    def forward(self, x: Tensor) -> Tensor:
        return (x.float() * self.gate(x).float()).to(x.dtype)


class Coarse(Clean):
    """Subtracts two large numbers."""

    def forward(self, x: Tensor) -> Tensor:
        return (super().forward(x) + 100) - 100


class Shaky(Clean):
    """Draws random numbers in evaluation too."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.dropout(super().forward(x), 0.5, training=True)


class Unseeded(Clean):
    """Draws random numbers that torch's seed does not fix, in training."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * (1 + random.random() if self.training else 1)


class Dropping(Clean):
    """Has dropout, as it should be."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.dropout(super().forward(x), 0.1, training=self.training)


class Lambda(Clean):
    """Keeps a lambda, which cannot be pickled."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.squash: Callable[[Tensor], Tensor] = lambda x: torch.sigmoid(x)  # noqa: PLW0108 - the fault

    def forward(self, x: Tensor) -> Tensor:
        return x * self.squash(self.mix(x.mean((2, 3), keepdim=True)))


class Unsaved(Clean):
    """Draws a number when it is built and does not save it."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.scale = float(torch.rand(()))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * self.scale


class NoTraining(Clean):
    """Cannot be trained."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            msg = "inference only"
            raise NotImplementedError(msg)
        return super().forward(x)


class PooledNorm(nn.Module):
    """Normalises pooled features over the batch."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.norm(x.mean((2, 3), keepdim=True)))


class Viewing(Clean):
    """Takes the order of the map in memory for granted."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.view(x.shape[0], -1).view(x.shape))


class Contiguous(Clean):
    """Gives back channels first."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).contiguous()


class Branching(Clean):
    """Looks at a value to know what to do."""

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x) if self.mix.weight.sum() > 0 else x * self.gate(-x)


class OtherwiseCompiled(Clean):
    """Gives something else where it is compiled."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * (2 if torch.compiler.is_compiling() else 1)


class Untraceable(Clean):
    """Refuses to be traced."""

    def forward(self, x: Tensor) -> Tensor:
        if torch.compiler.is_compiling():
            msg = "not under torch.compile"
            raise RuntimeError(msg)
        return super().forward(x)


class Choosy(Clean):
    """Refuses channels that 16 does not divide, and says so."""

    def __init__(self, channels: int) -> None:
        if channels % 16:
            msg = f"16 does not divide {channels} channels"
            raise ValueError(msg)
        super().__init__(channels)


class Brittle(Clean):
    """Fails without saying why for channels that 16 does not divide."""

    def gate(self, x: Tensor) -> Tensor:
        gate = super().gate(x)
        return gate.view(gate.shape[0], gate.shape[1] // 16, 16, 1).view(gate.shape)


class Sized(nn.Module):
    """Has a weight a position, and refuses maps of another size."""

    def __init__(self, channels: int, *, height: int, width: int) -> None:
        super().__init__()
        del channels
        self.positions = nn.Parameter(torch.ones(height, width))

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[2:] != self.positions.shape:
            msg = f"built for {tuple(self.positions.shape)}, not {tuple(x.shape[2:])}"
            raise ValueError(msg)
        return x * torch.sigmoid(self.positions)


class SizedCropping(Sized):
    """Cuts maps of another size."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = self.positions.shape
        x = x[:, :, :height, :width]
        return x * torch.sigmoid(self.positions[: x.shape[2], : x.shape[3]])


class SizedTakingAll(Sized):
    """Scales its weights to maps of another size."""

    def forward(self, x: Tensor) -> Tensor:
        weights = functional.interpolate(self.positions[None, None], x.shape[2:])
        return x * torch.sigmoid(weights)


class OneThread(Clean):
    """Sets one thread, to be reproducible."""

    def forward(self, x: Tensor) -> Tensor:
        torch.set_num_threads(1)
        return super().forward(x)


class DoubleByDefault(Clean):
    """Makes float64 the default of all that comes after it."""

    def forward(self, x: Tensor) -> Tensor:
        torch.set_default_dtype(torch.float64)
        return super().forward(x)


class NoGradients(Clean):
    """Switches gradients off when it is built, as code does that loads a trained network."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        torch.set_grad_enabled(False)


class Leaving(torch.autograd.Function):
    """The identity; its backward pass leaves anomaly detection on."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        del ctx
        return x.clone()

    @staticmethod
    def backward(ctx: object, *gradients: Tensor) -> Tensor:
        del ctx
        torch.autograd.set_detect_anomaly(True)
        return gradients[0]


class AnomalyInBackward(Clean):
    """Leaves anomaly detection on after a backward pass."""

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = Leaving.apply(super().forward(x))
        return output


class Seeding(Clean):
    """Sets the seed when it is built."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        torch.manual_seed(42)
