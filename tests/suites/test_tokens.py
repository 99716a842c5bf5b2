"""Attention between tokens on the way from what a user writes to what is measured."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from attn_impls import builtin
from bench.errors import UsageError
from results.blocks import blocks_of
from results.records import Direction, Tokens
from suites import complexity
from suites.request import Request, plan

if TYPE_CHECKING:
    from pathlib import Path


def request(*suites: str, **chosen: object) -> Request:
    """Ask for the forward pass on the CPU."""
    return Request(suites=suites, devices=("cpu",), directions=("forward",), **chosen)  # type: ignore[arg-type]


def test_every_size_is_a_block_with_torchs_own_as_baseline() -> None:
    """It is there without being asked for, as are queries and keys of two default lengths."""
    _, cases, _ = plan(request("latency", impls=("attention/linear",)))
    found = blocks_of(cases)
    assert [[case.implementation for case in block.cases] for block in found] == [["sdpa", "attention/linear"]] * 2
    assert [block.baseline for block in found] == [0, 0]
    assert [block.shared.input for block in found] == [
        Tokens(batch=4, heads=8, kv_heads=8, queries=length, keys=length, head_dim=64) for length in (256, 1024)
    ]


def test_what_sees_other_keys_is_compared_apart() -> None:
    """Causal attention does half of the work: its baseline does so too."""
    _, cases, _ = plan(request("latency", impls=("attention/eager", "attention/eager:causal=true"), lengths=("16",)))
    assert [[case.implementation for case in block.cases] for block in blocks_of(cases)] == [
        ["sdpa", "attention/eager"],
        ["sdpa:causal=true", "attention/eager:causal=true"],
    ]


def test_every_size_can_be_chosen() -> None:
    """Of several the suite measures all combinations."""
    _, cases, _ = plan(
        request("latency", impls=("sdpa",), lengths=("1x32",), heads=(4,), head_dims=(16, 20), kv_heads=(4, 1))
    )
    assert [case.input for case in cases] == [
        Tokens(batch=4, heads=4, kv_heads=shared, queries=1, keys=32, head_dim=width)
        for width in (16, 20)
        for shared in (4, 1)
    ]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"lengths": ("0",)}, "--length 0: write a number of tokens, or of queries and keys: 1024, 1x1024"),
        ({"lengths": ("8x",)}, "--length 8x: write a number of tokens, or of queries and keys: 1024, 1x1024"),
        (
            {"heads": (6,), "kv_heads": (4,)},
            "--kv-heads 4: 6 query heads cannot share them; choose a divisor of 6, or other --heads",
        ),
        (
            {"impls": ("se",), "lengths": ("256",)},
            "--length 256 is for attention between tokens; choose one: --impl sdpa --impl 'attention/*' --length 256",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(chosen: dict[str, object], words: str) -> None:
    """With what to write in its place."""
    with pytest.raises(UsageError) as raised:
        plan(request("latency", **{"impls": ("sdpa",), **chosen}))
    assert str(raised.value) == words


def test_networks_and_logit_functions_stay_among_themselves() -> None:
    """An attention between tokens has no place in a network, and is no logit function."""
    _, cases, _ = plan(request("latency", "operators", impls=("sdpa",), lengths=("16",)))
    assert {(case.suite, case.subject.value) for case in cases} == {("latency", "tokens")}


def test_counts_are_what_exact_attention_needs_and_what_ran() -> None:
    """Four S^2 D of each head; linear attention runs 4 S D^2 and 2 S D for the sum of its weights."""
    _, cases, _ = plan(request("complexity", impls=("attention/linear",), lengths=("32",), heads=(2,), head_dims=(16,)))
    counted = {case.implementation: complexity.count(case, builtin()) for case in cases}
    model = 4 * 2 * 32**2 * 16
    totals = {name: {count.rule: count.total for count in found.counts} for name, found in counted.items()}
    assert totals == {
        "sdpa": {"model": model, "torch": model},
        "attention/linear": {"model": model, "torch": 2 * (4 * 32 * 16**2 + 2 * 32 * 16)},
    }


def test_a_plug_in_of_one_file_is_measured_beside_them(tmp_path: Path) -> None:
    """One decorator describes it, and names what it promises to hide."""
    file = tmp_path / "mine.py"
    file.write_text(
        dedent("""
            import torch
            from attn_impls import attention

            @attention("mine/causal", causal=True)
            class Mine(torch.nn.Module):
                '''Attention of one's own.'''

                def __init__(self, heads, head_dim, *, kv_heads, causal):
                    super().__init__()

                def forward(self, q, k, v):
                    return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        """),
        encoding="utf-8",
    )
    _, cases, _ = plan(request("latency", impls=("mine/causal",), plugins=(str(file),), lengths=("16",)))
    assert [case.implementation for case in cases] == ["sdpa:causal=true", "mine/causal"]
    assert all(case.input.causal for case in cases if isinstance(case.input, Tokens))
    assert cases[1].direction is Direction.FORWARD


def test_a_class_built_otherwise_is_told_what_to_write(tmp_path: Path) -> None:
    """The function that builds it of what the family gives, heads and their width each in its place."""
    file = tmp_path / "other.py"
    file.write_text(
        dedent("""
            import torch
            from attn_impls import attention

            @attention("other")
            class Other(torch.nn.Module):
                def __init__(self, dim, num_heads):
                    super().__init__()
        """),
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match=r"def build\(heads, head_dim, kv_heads\): return Other\(head_dim, heads\)\Z"):
        plan(request("latency", impls=("other",), plugins=(str(file),)))
