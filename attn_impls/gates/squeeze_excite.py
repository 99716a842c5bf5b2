"""Squeeze-and-excitation (Hu et al., arXiv:1709.01507)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from ..activations import FeLU
from ..arguments import bottleneck_width, require_known
from ..pointwise import Pointwise
from ..reductions import mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SQUEEZES = ("avg", "max", "none")
EXCITATIONS: dict[str, Callable[[], nn.Module]] = {
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "hard_sigmoid": nn.Hardsigmoid,
}
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "felu": FeLU,
    "softplus": nn.Softplus,
    "sigmoid": nn.Sigmoid,
    "softsign": nn.Softsign,
    "leaky_relu": lambda: nn.LeakyReLU(inplace=True),
}


class SqueezeExcite(nn.Module):
    """SE, arXiv:1709.01507, eq. 2-4: x * excitation(W2 activation(W1 mean(x) + b1) + b2). [B, C, H, W] -> same.

    Defaults are the official ones (hujie-frank/SENet, ``models/*.prototxt``): reduction 16, and biases, which the
    paper's ablations (section 6) do without. Its tables 10 to 12 and 16 vary the options; FeLU in place of the ReLU is
    He and Sun's (2020).

    Args:
        channels: C.
        reduction: C over the width of the bottleneck, which is rounded down, but never below 1.
        squeeze: ``avg``, ``max``, or ``none``: no pooling, a gate of its own for every position (NoSqueeze).
        excitation: ``sigmoid``, ``tanh``, ``relu``, or ``hard_sigmoid``: relu6(x + 3) / 6.
        activation: in the bottleneck: ``relu``, ``felu``, ``softplus``, ``sigmoid``, ``softsign``, or ``leaky_relu``
            with a slope of 0.01.
        bias: b1 and b2; False: neither.

    Raises:
        ValueError: the reduction is below 1, or the squeeze, the excitation or the activation is unknown.

    """

    def __init__(
        self,
        channels: int,
        *,
        reduction: int = 16,
        squeeze: str = "avg",
        excitation: str = "sigmoid",
        activation: str = "relu",
        bias: bool = True,
    ) -> None:
        super().__init__()
        width = bottleneck_width(channels, reduction)
        require_known("squeeze", squeeze, SQUEEZES)
        self.squeeze = squeeze
        self.reduce = Pointwise(channels, width, bias=bias)
        self.activation = _make("activation", activation, ACTIVATIONS)
        self.expand = Pointwise(width, channels, bias=bias)
        self.excitation = _make("excitation", excitation, EXCITATIONS)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, _, _ = x.shape
        gate = self.excitation(self.expand(self.activation(self.reduce(self._squeezed(x)))))
        return x * (gate if self.squeeze == "none" else gate.view(batch, channels, 1, 1))

    def _squeezed(self, x: Tensor) -> Tensor:
        match self.squeeze:
            case "avg":
                return mean(x, 2, 3, keepdim=False)
            case "max":
                return x.amax((2, 3))
            case _:
                return x

    def extra_repr(self) -> str:
        return f"squeeze={self.squeeze}"


def _make(what: str, name: str, known: Mapping[str, Callable[[], nn.Module]]) -> nn.Module:
    require_known(what, name, known)
    return known[name]()
