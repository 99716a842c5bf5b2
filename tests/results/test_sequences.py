"""Tokens of a mixer: their name, who is the baseline, and what no memory holds."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from results.records import Direction, Sequences

VIT = Sequences(batch=4, height=14, width=14, heads=12, head_dim=64)


def test_the_name_has_what_differs() -> None:
    """A grid is named, a row of tokens is not; what is causal says so."""
    assert VIT.name == "4×196×768, 14×14 tokens, 12 heads"
    assert replace(VIT, height=1, width=196, causal=True).name == "4×196×768, 12 heads, causal"
    assert VIT.title(None, Direction.FORWARD) == ("token mixer", VIT.name, "forward")


def test_others_are_divided_by_multi_head_attention_that_sees_the_same() -> None:
    """Causal ones by a causal one."""
    assert VIT.baseline == "mha"
    assert replace(VIT, causal=True).baseline == "mha:causal=true"


def test_what_no_memory_holds_is_refused() -> None:
    """The message has the shape."""
    with pytest.raises(ValueError, match=r"^1×1073741824×1073741824 are more than \d+ elements$"):
        Sequences(batch=1, height=2**15, width=2**15, heads=2**15, head_dim=2**15)
