"""Limits and errors of attention between tokens: scores that grow, in every dtype, forward and backward."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from attn_impls import builtin
from bench.numerics.errors import measure_errors
from bench.numerics.frontier import find_frontiers
from results.numerics import Fault
from results.records import Frontier, Tokens
from suites import accuracy, overflow
from suites.request import Request, plan
from suites.token_numbers import patterns

if TYPE_CHECKING:
    from results.records import Case, ErrorAtScale

TOKENS = Tokens(batch=1, heads=2, kv_heads=1, queries=4, keys=4, head_dim=4)


def case_of(suite: str, name: str, direction: str, dtype: str) -> Case:
    """Return one small case."""
    _, cases, _ = plan(
        Request(
            suites=(suite,),
            impls=(name,),
            devices=("cpu",),
            dtypes=(dtype,),
            directions=(direction,),
            lengths=("16",),
            heads=(2,),
            head_dims=(16,),
        )
    )
    return cases[-1]


def limits(name: str, direction: str = "forward", dtype: str = "float16") -> dict[str, Frontier]:
    """Return where an attention first fails, by pattern."""
    found = find_frontiers(overflow.prepare(case_of("overflow", name, direction, dtype), builtin()))
    return {each.pattern: each for each in found}


def errors(name: str, direction: str, dtype: str) -> dict[float, ErrorAtScale]:
    """Return how far an attention is from float64, by the scale of its scores."""
    found = measure_errors(accuracy.prepare(case_of("accuracy", name, direction, dtype), builtin()))
    return {each.scale: each for each in found}


def test_scores_are_what_grows() -> None:
    """The magnitude of a pattern is the score of the pair: keys and values stay."""
    found = {each.name: each for each in patterns(TOKENS)}
    at = found["one large"].at(torch.tensor([2500.0], dtype=torch.float64))[0]
    q, k = at[:32], at[32:48]
    scores = q.view(2, 4, 4) @ k.view(4, 4).T / 2
    assert set(scores[:, :, 0].flatten().tolist()) == {2500.0}
    assert set(scores[:, :, 1:].flatten().tolist()) == {0.0}


def test_softmax_attention_of_large_scores_is_finite_in_half_precision() -> None:
    """Scores of 2,500 are no trouble to PyTorch's own, forward or backward."""
    for direction in ("forward", "backward"):
        found = limits("sdpa", direction)
        for pattern in ("one large", "all equal", "Gaussian", "attention"):
            threshold = found[pattern].threshold
            assert threshold is None or threshold > 2500 or found[pattern].failure is Fault.VANISHED


def test_naive_exponentials_overflow_at_ordinary_scores() -> None:
    """The sum of 16 times exp(8.32) is more than float16 holds: all weights are 0. The operator is named."""
    found = limits("attention/eager:normalizer=softmax/naive")["all equal"]
    assert found.failure is Fault.ZEROS
    assert found.threshold == pytest.approx(8.32, abs=0.01)
    assert found.operator == "aten.sum"


def test_a_row_without_a_key_is_told_of() -> None:
    """Written by hand, softmax of -inf alone is NaN; PyTorch's math kernel gives 0, which is a masked row's right."""
    assert limits("attention/eager")["all -inf"].failure is Fault.NAN
    assert limits("sdpa:backend=math")["all -inf"].failure is not Fault.NAN


def test_errors_are_against_float64_over_the_scale_of_the_scores() -> None:
    """Forward and backward; in float32 they are small, and in bfloat16 they are not."""
    narrow, wide = errors("sdpa", "forward", "bfloat16"), errors("sdpa", "forward", "float32")
    assert list(wide) == [0.01, 1.0, 10.0, 100.0, 500.0, 2500.0]
    assert wide[1.0].max_relative is not None
    assert narrow[1.0].max_relative is not None
    assert wide[1.0].max_relative < 1e-5 < narrow[1.0].max_relative
    assert all(each.not_finite == 0 for each in errors("sdpa", "backward", "float16").values())
