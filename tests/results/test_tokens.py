"""Promises of queries, keys and values: what they are called, and how much work they are at least."""

from __future__ import annotations

import pytest
import torch
from msgspec.structs import replace

from results.records import Direction, Tokens

SQUARE = Tokens(batch=2, heads=4, kv_heads=4, queries=8, keys=8, head_dim=16)
DECODING = Tokens(batch=1, heads=4, kv_heads=2, queries=1, keys=1024, head_dim=64)


def test_the_name_says_what_is_not_as_usual() -> None:
    """Shared keys, another number of keys, and which keys are seen."""
    assert SQUARE.name == "2×4×8×16"
    assert DECODING.name == "1×4×1×64, 2 key heads, 1024 keys"
    assert replace(SQUARE, causal=True, window=3).name == "2×4×8×16, causal, window 3"


@pytest.mark.parametrize(
    ("sizes", "pairs"),
    [
        ({}, 64),
        # S (S + 1) / 2, not half of S^2.
        ({"causal": True}, 36),
        # The one query is the last token.
        ({"queries": 1, "causal": True}, 8),
        ({"queries": 2, "causal": True}, 15),
        ({"window": 1}, 8),
        ({"window": 2}, 22),
        ({"window": 2, "causal": True}, 15),
        ({"window": 100}, 64),
        ({"window": 100, "causal": True}, 36),
    ],
)
def test_pairs_are_exact(sizes: dict[str, int], pairs: int) -> None:
    """Those of a query and a key that it sees, of one head of one sequence."""
    assert replace(SQUARE, **sizes).pairs == pairs


def test_model_flops_are_two_products_forward_and_four_backward() -> None:
    """2 B H pairs D for each: 2 x 2 x 4 x 64 x 16 = 16384."""
    assert {direction: SQUARE.model_flops(direction) for direction in Direction} == {
        Direction.FORWARD: 2 * 16384,
        Direction.BACKWARD: 4 * 16384,
        Direction.FORWARD_BACKWARD: 6 * 16384,
    }
    # FlashAttention's own rule, 4 S^2 D H, for its shape of 512 tokens and 16 heads of 128.
    flash = Tokens(batch=32, heads=16, kv_heads=16, queries=512, keys=512, head_dim=128)
    assert flash.model_flops(Direction.FORWARD) == 4 * 32 * 512**2 * 128 * 16


def test_every_tensor_is_moved_once() -> None:
    """Forward q, k, v and the result; backward these inputs with the result's gradient, and their gradients."""
    of_queries, of_keys = 4 * 64 * 2, 2 * 1024 * 64 * 2
    assert {direction: DECODING.least_bytes(direction, "bfloat16") for direction in Direction} == {
        Direction.FORWARD: 2 * of_queries + 2 * of_keys,
        Direction.BACKWARD: 3 * of_queries + 4 * of_keys,
        Direction.FORWARD_BACKWARD: 5 * of_queries + 6 * of_keys,
    }


def test_queries_keys_and_values_are_different_numbers() -> None:
    """Equal ones would make every query look for itself."""
    q, k, v = SQUARE.draw("float32", "cpu")
    assert not torch.equal(q, k)
    assert not torch.equal(k, v)
    assert [tuple(x.shape) for x in DECODING.draw("float32", "cpu")] == [
        (1, 4, 1, 64),
        (1, 2, 1024, 64),
        (1, 2, 1024, 64),
    ]


def test_the_baseline_sees_the_same_keys() -> None:
    """PyTorch's attention, with the options of the pattern."""
    assert SQUARE.baseline == "sdpa"
    assert replace(SQUARE, causal=True).baseline == "sdpa:causal=true"
    assert replace(SQUARE, causal=True, window=128).baseline == "sdpa:causal=true,window=128"


def test_heads_that_cannot_share_keys_are_refused() -> None:
    """A record of them would be of no measurement."""
    with pytest.raises(ValueError, match="6 query heads cannot share 4 key heads"):
        Tokens(batch=1, heads=6, kv_heads=4, queries=8, keys=8, head_dim=16)


@pytest.mark.parametrize(
    ("pattern", "pairs"),
    [
        # A row a query: of 8 the first sees 4 of a prefix, the last all.
        ({"causal": True, "prefix": 4}, 4 + 4 + 4 + 4 + 5 + 6 + 7 + 8),
        # Documents of 3, 3 and 2 tokens.
        ({"document": 3}, 9 + 9 + 4),
        ({"document": 3, "causal": True}, 6 + 6 + 3),
        ({"document": 4, "causal": True, "window": 2}, 7 + 7),
    ],
)
def test_pairs_of_a_prefix_and_of_documents(pattern: dict[str, object], pairs: int) -> None:
    """Counted one by one."""
    assert replace(SQUARE, **pattern).pairs == pairs


def test_a_prefix_and_documents_are_named() -> None:
    """In the name, and in that of the baseline, which sees the same."""
    one = replace(SQUARE, causal=True, prefix=4, document=8)
    assert one.name == "2×4×8×16, causal, prefix 4, document 8"
    assert one.baseline == "sdpa:causal=true,document=8,prefix=4"
