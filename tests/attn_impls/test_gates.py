"""Gates: sizes of the registered ones. Values and gradients are compared with the reference elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from attn_impls import builtin

from .setups import SITES


@pytest.mark.parametrize("name", ["se", "se/hard_sigmoid"])
def test_registered_squeeze_excite_reduces_by_sixteen(name: str) -> None:
    """The registered SE has a bottleneck of a sixteenth of its channels, with biases."""
    state = builtin().specs[name].build(replace(SITES["grouped"], out_channels=32)).state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == {
        "reduce.weight": (2, 32, 1, 1),
        "reduce.bias": (2,),
        "expand.weight": (32, 2, 1, 1),
        "expand.bias": (32,),
    }
