"""A module that makes its layers when it is called for the first time: all of them are part of a backward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from results.records import Case, Direction, FeatureMap
from suites.call import call_of

if TYPE_CHECKING:
    from collections.abc import Callable


class MadeAtFirstCall(nn.Module):
    """Makes its convolution when it sees a map."""

    def __init__(self) -> None:
        super().__init__()
        self.mix: nn.Module | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixed map."""
        if self.mix is None:
            self.mix = nn.Conv2d(x.shape[1], x.shape[1], 1, bias=False)
        mixed: Tensor = self.mix(x)
        return mixed


@pytest.mark.parametrize("direction", [Direction.BACKWARD, Direction.FORWARD_BACKWARD])
@pytest.mark.parametrize("build", [MadeAtFirstCall, lambda: nn.LazyConv2d(8, 1, bias=False)], ids=["made", "lazy"])
def test_their_gradients_are_asked_for(build: Callable[[], nn.Module], direction: Direction) -> None:
    """That of the map, and that of the 8 x 8 weight."""
    case = Case(
        suite="latency",
        implementation="mine",
        source="",
        input=FeatureMap(batch=2, channels=8, height=4, width=4),
        direction=direction,
    )
    gradients = call_of(build(), case)()
    assert isinstance(gradients, tuple)
    assert [tuple(each.shape) for each in gradients] == [(2, 8, 4, 4), (8, 8, 1, 1)]
    assert all(isinstance(each, torch.Tensor) for each in gradients)
