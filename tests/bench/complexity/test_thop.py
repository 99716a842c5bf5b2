from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from bench.complexity.thop import ThopCounter, Year


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


class Pooled(nn.Module):
    """The mean of every map, by a function."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, H, W] to [B, C]."""
        return x.mean((2, 3))


def total(module: nn.Module, year: str, *, shape: tuple[int, ...] = (1, 8, 4, 4), pooling: bool = False) -> int:
    """Count one call, on the meta device."""
    counter = ThopCounter(Year(year), pooling=pooling)
    return counter.count(module.eval().to("meta"), (torch.empty(shape, device="meta"),)).total


@pytest.mark.parametrize(
    ("module", "of_2019", "of_2020"),
    [
        pytest.param(nn.Conv2d(8, 8, 1), 1152, 1152, id="convolution with bias"),
        pytest.param(nn.Conv2d(8, 8, 3, padding=1, groups=4, bias=False), 2304, 2304, id="grouped convolution"),
        pytest.param(nn.BatchNorm2d(8), 512, 256, id="norm"),
        pytest.param(nn.ReLU(), 128, 0, id="activation"),
        pytest.param(nn.ReLU6(), 128, 0, id="bounded activation"),
        pytest.param(nn.MaxPool2d(2), 0, 0, id="max-pooling"),
        pytest.param(nn.AdaptiveAvgPool2d(1), 136, 136, id="global pooling"),
        pytest.param(nn.AdaptiveAvgPool2d(2), 160, 160, id="pooling to 2 x 2"),
        pytest.param(Pooled(), 0, 0, id="functional"),
    ],
)
def test_operators(module: nn.Module, of_2019: int, of_2020: int) -> None:
    """What each operator counts on 128 elements, as thop's versions of these years do."""
    assert (total(module, "2019"), total(module, "2020")) == (of_2019, of_2020)


def test_linear() -> None:
    """8 inputs and 4 outputs: a multiplication and an addition less one each in 2019, 8 multiplications in 2020."""
    assert total(nn.Linear(8, 4), "2019", shape=(1, 8)) == 60
    assert total(nn.Linear(8, 4), "2020", shape=(1, 8)) == 32


def test_a_shared_module_keeps_its_last_call_in_2019() -> None:
    """Called on 128 elements and on 32, a convolution counts 32 x 9 in 2019, both calls in 2020."""
    assert total(Twice(nn.Conv2d(8, 8, 1)), "2019") == 288
    assert total(Twice(nn.Conv2d(8, 8, 1)), "2020") == 1440


def test_pooling_by_a_function_counts_like_pooling_by_a_module() -> None:
    """With ``pooling`` both count the 128 elements and 8 divisions, and a module's own is not counted twice."""
    assert total(Pooled(), "2019", pooling=True) == 136
    assert total(nn.AdaptiveAvgPool2d(1), "2019", pooling=True) == 136
    assert total(nn.Conv2d(8, 8, 1), "2019", pooling=True) == 1152


def test_resnet50_is_what_eca_net_and_simam_print() -> None:
    """Torchvision's ResNet-50 has 3.86 of 2**30 by the rule of 2019 and 4.11 billion by that of 2020."""
    from torchvision.models import resnet50

    with torch.device("meta"):
        network = resnet50()
    assert f"{total(network, '2019', shape=(1, 3, 224, 224)) / 2**30:.2f}" == "3.86"
    assert f"{total(network, '2020', shape=(1, 3, 224, 224)) / 1e9:.2f}" == "4.11"
