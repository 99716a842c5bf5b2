"""The counting rules of thop in two of its years, written from their behaviour: papers differ in which they used.

Modules alone count; functionals and products of tensors count 0, so a gate that pools by a function counts less than
one that pools by a module: ``pooling=True`` counts both alike. Both years count the bias of a convolution. 2019 is
version 0.0.23.post1908021522: norms 4 n, activations n, linear layers 2 n - 1, and of a module that is called several
times only the last call, as torchstat. 2020 is version 0.0.31.post2005241907: norms 2 n as in
inference, activations 0, linear layers n, every call.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from results.records import Count, Unit

from .counter import by_operator, count_leaves

if TYPE_CHECKING:
    from .counter import Rule


class Year(StrEnum):
    """Of the rules."""

    Y2019 = "2019"
    Y2020 = "2020"


def _convolution(module: nn.Module, _: Tensor, output: Tensor) -> int:
    assert isinstance(module, nn.Conv1d | nn.Conv2d)  # noqa: S101 - the tables below pair types and rules
    per_output = module.in_channels // module.groups * math.prod(module.kernel_size)
    return output.numel() * (per_output + (module.bias is not None))


def _linear(_: nn.Module, inputs: Tensor, output: Tensor) -> int:
    return output.numel() * inputs.shape[-1]


def _linear_2019(_: nn.Module, inputs: Tensor, output: Tensor) -> int:
    return output.numel() * (2 * inputs.shape[-1] - 1)


def _times(factor: int) -> Rule:
    return lambda _, inputs, __: factor * inputs.numel()


def _adaptive_pool(_: nn.Module, inputs: Tensor, output: Tensor) -> int:
    """Return a sum over each window, and a division."""
    window = math.prod(a // b for a, b in zip(inputs.shape[2:], output.shape[2:], strict=True))
    return output.numel() * (window + 1)


_COMMON: dict[type[nn.Module], tuple[str, Rule]] = {
    nn.Conv1d: ("conv", _convolution),
    nn.Conv2d: ("conv", _convolution),
    nn.AdaptiveAvgPool2d: ("adaptive_avg_pool", _adaptive_pool),
}
RULES: dict[Year, dict[type[nn.Module], tuple[str, Rule]]] = {
    Year.Y2019: {
        **_COMMON,
        nn.Linear: ("linear", _linear_2019),
        nn.BatchNorm2d: ("batch_norm", _times(4)),
        nn.ReLU: ("relu", _times(1)),
        nn.ReLU6: ("relu", _times(1)),
    },
    Year.Y2020: {**_COMMON, nn.Linear: ("linear", _linear), nn.BatchNorm2d: ("batch_norm", _times(2))},
}


POOLINGS = (Tensor.sum, Tensor.mean, torch.sum, torch.mean)
MAP_DIMS = 4
#: Height and width of [B, C, H, W].
MAP_SIDES = ((2, 3), [2, 3], (-2, -1), [-2, -1])


class _Pooled(TorchFunctionMode):
    """Sees functions before nn.AdaptiveAvgPool2d becomes a mean, and so does not count the module's own."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        output = func(*args, **(kwargs or {}))
        if func in POOLINGS and len(args) > 1 and args[0].dim() == MAP_DIMS and args[1] in MAP_SIDES:
            self.count += args[0].numel() + output.numel()
        return output


class ThopCounter:
    """thop's rule of one year (see the module's docstring). Works on the meta device too.

    Args:
        year: of the rule.
        pooling: count sums and means over a map's height and width like nn.AdaptiveAvgPool2d(1).

    """

    unit = Unit.MAC

    def __init__(self, year: Year, *, pooling: bool = False) -> None:
        self.rule = f"thop_{year}_pooling" if pooling else f"thop_{year}"
        self._year, self._pooling = year, pooling

    def count(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
        """Count one forward call."""
        pooled = _Pooled()
        with pooled if self._pooling else nullcontext():
            tally = count_leaves(module, inputs, RULES[self._year], every_call=self._year is not Year.Y2019)
        tally["adaptive_avg_pool"] += pooled.count
        return Count(rule=self.rule, unit=self.unit, total=tally.total(), by_operator=by_operator(tally))
