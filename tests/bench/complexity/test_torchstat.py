from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from bench.complexity.fvcore_counter import FvcoreCounter
from bench.complexity.ptflops_counter import PtflopsCounter
from bench.complexity.torch_counter import TorchCounter
from bench.complexity.torchstat import TorchstatCounter


class Twice(nn.Module):
    """Calls one module on a map of 4 x 4, and then on its pooled half."""

    def __init__(self, shared: nn.Module) -> None:
        super().__init__()
        self.shared = shared

    def forward(self, x: Tensor) -> Tensor:
        """Map [1, 8, 4, 4] to [1, 8, 2, 2]."""
        y: Tensor = self.shared(x)
        z: Tensor = self.shared(y[:, :, ::2, ::2])
        return z


class Recentred(nn.Module):
    """A normaliser spelled out."""

    def forward(self, x: Tensor) -> Tensor:
        """Map any shape to the same."""
        return x / x.sum(1, keepdim=True)


def total(module: nn.Module, shape: tuple[int, ...] = (1, 8, 4, 4), *, device: str = "cpu") -> int:
    """Count one call by torchstat's rule."""
    return TorchstatCounter().count(module.eval(), (torch.ones(shape, device=device),)).total


@pytest.mark.parametrize(
    ("module", "last_call"), [(nn.ReLU(), 32), (nn.BatchNorm2d(8), 128), (nn.Conv2d(8, 8, 1), 512), (nn.Softmax(1), 95)]
)
def test_a_shared_module_keeps_its_last_call(module: nn.Module, last_call: int) -> None:
    """Called on 128 elements and then on 32, it counts for 32, not for 160 and not for 128."""
    assert total(Twice(module)) == last_call


def test_two_modules_count_twice() -> None:
    """What matters is the object: two equal modules are two."""
    assert total(nn.Sequential(nn.ReLU(), nn.ReLU())) == 256


def test_a_module_in_two_places_counts_once() -> None:
    """One object that stands in a network under two names is still one."""
    relu = nn.ReLU()
    assert total(nn.Sequential(relu, relu)) == 128


def test_the_other_rules_count_every_call() -> None:
    """Sharing changes torchstat's total and no other: 1024 + 256 multiply-accumulates, ptflops with the bias."""
    network, inputs = Twice(nn.Conv2d(8, 8, 1)).eval(), (torch.ones(1, 8, 4, 4),)
    with torch.no_grad():
        assert FvcoreCounter().count(network, inputs).total == 1280
        assert PtflopsCounter().count(network, inputs).total == 1440
        assert TorchCounter().count(network, inputs).total == 2560


def test_a_module_that_is_not_called_does_not_count() -> None:
    """Counted is what runs, not what is registered."""

    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Conv2d(8, 8, 1)

        def forward(self, x: Tensor) -> Tensor:
            return x

    assert total(Idle()) == 0


def test_a_subclass_counts_like_its_base() -> None:
    """The rule asks ``isinstance``: a ReLU of one's own is a ReLU."""

    class MyReLU(nn.ReLU):
        pass

    assert total(MyReLU()) == total(nn.ReLU()) == 128


def test_a_bias_of_a_convolution_counts_and_one_of_a_linear_layer_does_not() -> None:
    """One addition for each output of a convolution with a bias; none for a linear layer."""
    assert total(nn.Conv2d(8, 8, 1)) - total(nn.Conv2d(8, 8, 1, bias=False)) == 128
    assert total(nn.Linear(4, 4)) == total(nn.Linear(4, 4, bias=False)) == 896


def test_normalisers_can_be_counted_like_softmax() -> None:
    """The sibling rule has a name of its own, and takes 3 n - 1 for the types that it is given."""
    sibling = TorchstatCounter((Recentred,), rule="as_softmax")
    count = sibling.count(Recentred(), (torch.ones(1, 2, 64),))
    assert (count.rule, count.total, count.by_operator) == ("as_softmax", 383, (("softmax", 383),))
    assert total(Recentred(), (1, 2, 64)) == 0


def test_it_counts_on_the_meta_device() -> None:
    """Counting needs shapes alone: no memory for weights, no time for products."""
    with torch.device("meta"):
        network = nn.Sequential(nn.Conv2d(8, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2))
    # 16 x 2 x 2 outputs: 64 x 144, 4 x 64, 64; and 16 maxima of four.
    assert total(network, device="meta") == 9216 + 256 + 64 + 48


def test_torchs_own_counter_works_on_the_meta_device_too() -> None:
    """The exact multiply-accumulates, doubled, of a network that was never built: 64 outputs of 72 products."""
    with torch.device("meta"):
        network = nn.Conv2d(8, 16, 3, 2, 1)
    assert TorchCounter().count(network, (torch.ones(1, 8, 4, 4, device="meta"),)).total == 2 * 64 * 72
