"""Gates: sizes and errors. Values and gradients are compared with the reference elsewhere."""

from __future__ import annotations

import pytest

from attn_impls import builtin
from attn_impls.gates.squeeze_excite import SqueezeExcite

from .setups import SITES


@pytest.mark.parametrize("name", ["se", "se/hard_sigmoid"])
def test_registered_squeeze_excite_reduces_by_four(name: str) -> None:
    """The registered SE has a bottleneck of a quarter of its channels, with biases."""
    state = builtin().specs[name].build(SITES["grouped"]).state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == {
        "reduce.weight": (2, 8, 1, 1),
        "reduce.bias": (2,),
        "expand.weight": (8, 2, 1, 1),
        "expand.bias": (8,),
    }


def test_reduction_that_does_not_divide() -> None:
    """A bottleneck that would have a fractional width is refused."""
    with pytest.raises(ValueError, match=r"^reduction 4 does not divide 18 channels$"):
        SqueezeExcite(18, reduction=4)


def test_unknown_excitation() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(ValueError, match=r"^unknown excitation 'tanh'; choose from sigmoid, hard_sigmoid$"):
        SqueezeExcite(16, excitation="tanh")
