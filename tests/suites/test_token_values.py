"""Nothing is timed before its values agree with what it promises, and the kernel that ran is on record."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from attn_impls import builtin
from results.records import Backend, Case, Ran
from suites import choices, latency
from suites.request import Request, plan
from suites.token_values import WrongValuesError

if TYPE_CHECKING:
    from pathlib import Path

    from attn_impls import Registry

PATTERNS = (
    "sdpa",
    "sdpa:backend=math",
    "sdpa:causal=true,window=5",
    "attention/eager:rope=true,alibi=true,soft_cap=2.5",
    "attention/eager:normalizer=softmax_one",
    "attention/softmax_one",
    "attention/hard_softmax",
    "attention/hard_softmax/tiled:causal=true",
    "attention/sigmoid",
    "attention/linear",
    "attention/linear:causal=true",
    "attention/cosformer",
    "attention/performer",
)


def case_of(name: str, direction: str = "forward", **chosen: object) -> Case:
    """Return the case of an implementation, small and on the CPU."""
    sizes = {"lengths": ("7x24",), "heads": (4,), "kv_heads": (2,), "head_dims": (16,), "batch_sizes": (2,)}
    _, cases, _ = plan(
        Request(
            suites=("latency",),
            impls=(name,),
            devices=("cpu",),
            directions=(direction,),
            **{**sizes, **chosen},  # type: ignore[arg-type]
        )
    )
    return cases[-1]


def looked_at(case: Case, registry: Registry | None = None) -> Ran:
    """Return what is found before a case is timed."""
    look = latency.prepare(case, registry or builtin()).look
    assert look is not None
    return look()


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("name", PATTERNS)
def test_every_attention_gives_what_it_promises(name: str, dtype: str) -> None:
    """Its output and its gradients are as near to the definition as PyTorch's own code comes in the dtype."""
    for direction in ("forward", "both"):
        ran = looked_at(case_of(name, direction, dtypes=(dtype,)))
        assert 0 <= ran.agreement.error <= ran.agreement.allowed
        assert ran.agreement.allowed < {"float32": 1e-3, "float64": 1e-11, "float16": 5.0}[dtype]


def test_the_kernel_that_ran_stands_beside_the_one_that_was_asked_for() -> None:
    """By the operators that were dispatched; others than PyTorch's own have none."""
    found = {name: looked_at(case_of(name)) for name in ("sdpa", "sdpa:backend=math", "attention/eager")}
    assert [(each.asked, each.backends) for each in found.values()] == [
        ("auto", (Backend.FLASH,)),
        ("math", (Backend.MATH,)),
        (None, ()),
    ]


def test_what_ran_is_told_of_a_backward_pass_alone() -> None:
    """Its graph was made by the forward pass, whose operators tell the kernel."""
    assert looked_at(case_of("sdpa:backend=math", "backward")).backends == (Backend.MATH,)


def test_why_the_others_refuse_is_on_record() -> None:
    """On a CPU there is no efficient kernel, and torch says so."""
    refused = dict(looked_at(case_of("sdpa")).refused)
    assert set(refused) == {Backend.EFFICIENT, Backend.CUDNN}
    assert refused[Backend.EFFICIENT] == "No viable backend for scaled_dot_product_attention was found"


def test_a_kernel_that_is_not_there_is_refused_in_one_line() -> None:
    """With the reason that torch gives, and what to do."""
    case = case_of("sdpa:backend=efficient")
    with pytest.raises(
        RuntimeError,
        match=r"\APyTorch's efficient kernel does not take this: No viable backend for scaled_dot_product_attention "
        r"was found; choose another backend, or auto\Z",
    ):
        latency.prepare(case, builtin()).call()


def test_executed_operations_are_those_of_the_direction() -> None:
    """Kernels that compute scores again run five products backward; the math kernel keeps weights, and runs four."""
    of_one = 2 * 2 * 4 * 7 * 24 * 16
    counted = {
        (name, direction): looked_at(case_of(name, direction)).executed_flops
        for name in ("sdpa", "sdpa:backend=math")
        for direction in ("forward", "backward")
    }
    assert counted == {
        ("sdpa", "forward"): 2 * of_one,
        ("sdpa", "backward"): 5 * of_one,
        ("sdpa:backend=math", "forward"): 2 * of_one,
        ("sdpa:backend=math", "backward"): 4 * of_one,
    }


WRONG = """
    import torch
    from attn_impls import attention

    @attention("wrong", causal=True)
    class Wrong(torch.nn.Module):
        '''Hides what it should show.'''

        def __init__(self, heads, head_dim, *, kv_heads, causal):
            super().__init__()

        def forward(self, q, k, v):
            inverted = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool).triu()
            return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=inverted)
"""
MEAN = """
    import torch
    from attn_impls import attention

    @attention("mean")
    class Mean(torch.nn.Module):
        '''Every key counts the same.'''

        def __init__(self, heads, head_dim, *, kv_heads):
            super().__init__()

        def forward(self, q, k, v):
            return v.mean(2, keepdim=True).expand(*q.shape[:3], v.shape[3])
"""
DEFINITION = """
        def definition(self, q, k, v):
            weights = torch.full((1, q.shape[1], q.shape[2], k.shape[2]), 1 / k.shape[2], dtype=q.dtype)
            return weights @ v
"""


def test_an_inverted_mask_is_found_before_it_is_timed(tmp_path: Path) -> None:
    """Public benchmarks have timed one."""
    file = tmp_path / "wrong.py"
    file.write_text(dedent(WRONG), encoding="utf-8")
    case = case_of("wrong", plugins=(str(file),), lengths=("24",), kv_heads=(4,))
    with pytest.raises(WrongValuesError, match=r"\Aits output is .* from softmax attention in float64, and .* allowed"):
        looked_at(case, choices.registry((str(file),)))


def test_what_computes_something_else_says_so(tmp_path: Path) -> None:
    """Without a definition of its own it is held against softmax attention, and not timed."""
    without, with_ = tmp_path / "without.py", tmp_path / "with.py"
    without.write_text(dedent(MEAN), encoding="utf-8")
    with_.write_text(dedent(MEAN + DEFINITION), encoding="utf-8")
    with pytest.raises(WrongValuesError, match=r"says what it computes in a method definition\(q, k, v\)\Z"):
        looked_at(
            case_of("mean", plugins=(str(without),), lengths=("24",), kv_heads=(4,)), choices.registry((str(without),))
        )
    ran = looked_at(
        case_of("mean", plugins=(str(with_),), lengths=("24",), kv_heads=(4,)), choices.registry((str(with_),))
    )
    assert ran.agreement.own
