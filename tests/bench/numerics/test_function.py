"""A function of rows of logits, as the search sees it."""

from __future__ import annotations

import pytest
import torch

from bench.numerics.function import Function, leaves_rows_alone

from .planted import Planted


def function(module: Planted, *, backward: bool = False, together: bool = True) -> Function:
    """Return it in bfloat16."""
    return Function(module=module, dtype=torch.bfloat16, device="cpu", backward=backward, rows=True, together=together)


@pytest.mark.parametrize("backward", [False, True])
def test_what_sees_other_rows_is_found_out(backward: bool) -> None:  # noqa: FBT001 - a parameter
    """A spread over the batch makes a row's result depend on its neighbours; softmax does not."""
    scaled = Planted(lambda x: (x / x.std()).softmax(1))
    assert not leaves_rows_alone(function(scaled, backward=backward), 5)
    assert leaves_rows_alone(function(Planted(lambda x: x.softmax(1)), backward=backward), 5)


def test_what_sees_other_rows_gets_one_at_a_time() -> None:
    """So that each row has the result that it has alone."""
    shifted = Planted(lambda x: x + x.sum())
    rows = torch.tensor([[1.0, 2.0], [10.0, 20.0]], dtype=torch.float64)
    assert function(shifted, together=False)(rows).tolist() == [[4.0, 5.0], [40.0, 50.0]]
