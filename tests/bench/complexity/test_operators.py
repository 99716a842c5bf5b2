"""What each rule gives for one operator on 1 x 8 x 4 x 4 = 128 elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from bench.complexity.counter import count_all
from bench.complexity.fvcore_counter import FvcoreCounter
from bench.complexity.ptflops_counter import PtflopsCounter
from bench.complexity.torch_counter import TorchCounter
from bench.complexity.torchstat import TorchstatCounter
from results.records import Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.complexity.counter import Counter

COUNTERS: tuple[Counter, ...] = (TorchstatCounter(), FvcoreCounter(), PtflopsCounter(), TorchCounter())


class Function(nn.Module):
    """A function in a module's clothes."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self._function = function

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return self._function(x)


def attended(x: Tensor) -> Tensor:
    """Attend from a map to itself: 8 heads, 4 tokens, 4 features."""
    # By matrix products: not every version's counter knows the fused kernel of the CPU.
    with sdpa_kernel(SDPBackend.MATH):
        return functional.scaled_dot_product_attention(x, x, x)


#: Operator -> module, and its total by torchstat, fvcore, ptflops and torch.
MODULES = {
    "conv 1x1 with bias": (nn.Conv2d(8, 8, 1), 2048, 1024, 1152, 2048),
    "conv 1x1": (nn.Conv2d(8, 8, 1, bias=False), 1920, 1024, 1024, 2048),
    "conv 3x3, grouped, stride 2": (nn.Conv2d(8, 16, 3, 2, 1, groups=4, bias=False), 2240, 1152, 1152, 2304),
    "linear": (nn.Sequential(nn.Flatten(), nn.Linear(128, 10)), 2550, 1280, 1290, 2560),
    "batch norm": (nn.BatchNorm2d(8), 512, 256, 256, 0),
    "layer norm": (nn.LayerNorm((4, 4)), 0, 640, 128, 0),
    "ReLU": (nn.ReLU(), 128, 0, 128, 0),
    "ReLU6": (nn.ReLU6(), 128, 0, 128, 0),
    "GELU": (nn.GELU(), 0, 0, 128, 0),
    "hard swish": (nn.Hardswish(), 0, 0, 0, 0),
    "sigmoid": (nn.Sigmoid(), 0, 0, 0, 0),
    "hard sigmoid": (nn.Hardsigmoid(), 0, 0, 0, 0),
    "max pool 2x2": (nn.MaxPool2d(2), 96, 0, 128, 0),
    "max pool 3x3, stride 1": (nn.MaxPool2d(3, 1, 1), 1024, 0, 128, 0),
    "max pool 2x1": (nn.MaxPool2d((2, 1)), 64, 0, 128, 0),
    "average pool 2x2": (nn.AvgPool2d(2), 128, 0, 128, 0),
    "adaptive average pool": (nn.AdaptiveAvgPool2d(1), 0, 128, 128, 0),
    "softmax": (nn.Softmax(1), 383, 0, 0, 0),
}
FUNCTIONS: dict[str, tuple[Callable[[Tensor], Tensor], int, int, int, int]] = {
    "conv 1x1": (lambda x: functional.conv2d(x, torch.ones(8, 8, 1, 1)), 0, 1024, 0, 2048),
    "linear": (lambda x: functional.linear(x.flatten(1), torch.ones(10, 128)), 0, 1280, 0, 2560),
    "matmul": (lambda x: x @ x, 0, 512, 0, 1024),
    "einsum": (lambda x: torch.einsum("bchw,bcwk->bchk", x, x), 0, 512, 0, 1024),
    "attention": (attended, 0, 1024, 0, 2048),
    "relu": (functional.relu, 0, 0, 0, 0),
    "softmax": (lambda x: torch.softmax(x, 1), 0, 0, 0, 0),
    "sigmoid": (torch.sigmoid, 0, 0, 0, 0),
    "tanh": (torch.tanh, 0, 0, 0, 0),
    "hard sigmoid": (functional.hardsigmoid, 0, 0, 0, 0),
    "mean": (lambda x: x.mean((2, 3)), 0, 0, 0, 0),
    "largest": (lambda x: x.amax(1), 0, 0, 0, 0),
    "sum": (lambda x: x.sum(1), 0, 0, 0, 0),
    "max pool": (lambda x: functional.max_pool2d(x, 2), 0, 0, 0, 0),
    "average pool": (lambda x: functional.avg_pool2d(x, 2), 0, 0, 0, 0),
    "adaptive average pool": (lambda x: functional.adaptive_avg_pool2d(x, 1), 0, 128, 0, 0),
    "product of elements": (lambda x: x * x, 0, 0, 0, 0),
    "torch.mul": (lambda x: torch.mul(x, x), 0, 0, 0, 0),
    "sum of elements": (lambda x: x + x, 0, 0, 0, 0),
    "torch.add": (lambda x: torch.add(x, x), 0, 0, 0, 0),
}


def totals(module: nn.Module) -> tuple[int, ...]:
    """Count by every rule; each total must be the sum of its operators."""
    counts = count_all(module, (torch.randn(1, 8, 4, 4),), COUNTERS).counts
    assert [sum(share.count for share in count.by_operator) for count in counts] == [count.total for count in counts]
    return tuple(count.total for count in counts)


@pytest.mark.parametrize("name", MODULES)
def test_modules(name: str) -> None:
    """A module counts what its rule says, once: ptflops does not add the functional inside it."""
    module, *expected = MODULES[name]
    assert totals(module) == tuple(expected)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    """Only fvcore and torch see what is not a module; elementwise work counts nowhere."""
    function, *expected = FUNCTIONS[name]
    assert totals(Function(function)) == tuple(expected)


def test_units() -> None:
    """One count stands for another thing in each rule, and each says for which."""
    assert {counter.rule: unit_of(counter) for counter in COUNTERS} == {
        "torchstat": Unit.MADD,
        "fvcore": Unit.MAC,
        "ptflops": Unit.MAC,
        "torch": Unit.FLOP,
    }


def unit_of(counter: Counter) -> Unit:
    """Return the unit of a count by this rule."""
    return counter.count(nn.ReLU(), (torch.zeros(1, 8, 4, 4),)).unit


def test_operators_have_one_name_in_all_rules() -> None:
    """The same convolution, norm or product stands in one row of a table of operators."""
    network = nn.Sequential(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(128, 10))
    counts = count_all(network, (torch.randn(1, 8, 4, 4),), COUNTERS).counts
    assert {count.rule: {share.operator: share.count for share in count.by_operator} for count in counts} == {
        "torchstat": {"conv": 2048, "batch_norm": 512, "relu": 128, "linear": 2550},
        "fvcore": {"conv": 1024, "batch_norm": 256, "linear": 1280},
        "ptflops": {"conv": 1152, "batch_norm": 256, "relu": 128, "linear": 1290},
        "torch": {"conv": 2048, "linear": 2560},
    }


def test_the_largest_operator_comes_first() -> None:
    """A table of operators begins with what matters; what counts nothing is left out."""
    network = nn.Sequential(nn.ReLU(), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 1), nn.Sigmoid())
    (count,) = count_all(network, (torch.randn(1, 8, 4, 4),), (TorchstatCounter(),)).counts
    assert [share.operator for share in count.by_operator] == ["conv", "batch_norm", "relu"]
