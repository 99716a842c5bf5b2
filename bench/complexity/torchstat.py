"""The counting rule of torchstat 0.0.7, "Total MAdd", written from its behaviour.

Only leaf modules count, each distinct module object once; an object called several times keeps its *last* call. The
total therefore depends on how a network shares its modules.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch import Tensor, nn

from results.records import Count, Unit

from .counter import by_operator, count_leaves

if TYPE_CHECKING:
    from .counter import Rule


def _convolution(module: nn.Module, _: Tensor, output: Tensor) -> int:
    assert isinstance(module, nn.Conv2d)  # noqa: S101 - the table below pairs types and rules
    per_output = 2 * math.prod(module.kernel_size) * module.in_channels // module.groups - 1
    return output.numel() * (per_output + (module.bias is not None))


def _linear(module: nn.Module, _: Tensor, output: Tensor) -> int:
    assert isinstance(module, nn.Linear)  # noqa: S101 - the table below pairs types and rules
    return output.numel() * (2 * module.in_features - 1)


def _batch_norm(_: nn.Module, inputs: Tensor, __: Tensor) -> int:
    return 4 * inputs.numel()


def _elementwise(_: nn.Module, inputs: Tensor, __: Tensor) -> int:
    return inputs.numel()


def _window(module: nn.Module) -> int:
    assert isinstance(module, nn.MaxPool2d | nn.AvgPool2d)  # noqa: S101 - the table below pairs types and rules
    size = module.kernel_size
    return size * size if isinstance(size, int) else math.prod(size)


def _max_pool(module: nn.Module, _: Tensor, output: Tensor) -> int:
    return (_window(module) - 1) * output.numel()


def _avg_pool(module: nn.Module, _: Tensor, output: Tensor) -> int:
    return _window(module) * output.numel()


def _softmax(_: nn.Module, inputs: Tensor, __: Tensor) -> int:
    return 3 * inputs.numel() - 1


#: Everything else counts 0: adaptive pooling, hard swish, sigmoid, custom modules, functionals, sums and products.
RULES: dict[type[nn.Module], tuple[str, Rule]] = {
    nn.Conv2d: ("conv", _convolution),
    nn.Linear: ("linear", _linear),
    nn.BatchNorm2d: ("batch_norm", _batch_norm),
    nn.ReLU: ("relu", _elementwise),
    nn.ReLU6: ("relu", _elementwise),
    nn.MaxPool2d: ("max_pool", _max_pool),
    nn.AvgPool2d: ("avg_pool", _avg_pool),
    nn.Softmax: ("softmax", _softmax),
}


class TorchstatCounter:
    """torchstat's rule; a multiplication and an addition are two operations.

    Args:
        softmax_like: further module types to be counted like nn.Softmax, 3 n - 1 for n elements.
        rule: the name of the rule in reports.

    """

    unit = Unit.MADD

    def __init__(self, softmax_like: tuple[type[nn.Module], ...] = (), rule: str = "torchstat") -> None:
        self.rule = rule
        self._rules = RULES | dict.fromkeys(softmax_like, ("softmax", _softmax))

    def count(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
        """Count one forward call (see the module's docstring). Works on the meta device too."""
        tally = count_leaves(module, inputs, self._rules, every_call=False)
        return Count(rule=self.rule, unit=self.unit, total=tally.total(), by_operator=by_operator(tally))
