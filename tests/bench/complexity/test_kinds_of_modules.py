"""The right figure, or a rule that fails alone, for kinds of modules that counters stumble over. Worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from bench.complexity.counter import count_all
from results.ledger import disagreements
from results.unseen import unseen_operators
from suites.complexity import counters

from .planted import (
    MAP,
    WIDTH,
    ByKeyword,
    Contraction,
    Fourier,
    MadeAtFirstCall,
    Named,
    Products,
    Scripted,
    TokenAttention,
    TokenLayer,
    Unregistered,
    Weighted,
    mixing,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Complexity

#: Of a 1x1 convolution of 64 channels on 256 positions.
MIXING_MACS = 64 * 64 * 256
#: Of attention of 256 tokens of 64: projections to queries, keys and values, their products, the projection back.
ATTENTION_MACS = 3 * 256 * 64 * 64 + 2 * 256 * 256 * 64 + 256 * 64 * 64


class Function(nn.Module):
    """A function in a module's clothes."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return self.function(x)


def counted(module: nn.Module) -> Complexity:
    """Count a module on the map by every rule of the suite."""
    return count_all(module, (torch.ones(MAP),), counters())


def products(complexity: Complexity) -> dict[str, int]:
    """Return what the two tracers count."""
    return {count.rule: count.total for count in complexity.counts if count.rule in {"fvcore", "torch"}}


def failed(complexity: Complexity) -> dict[str, str]:
    """Return rule -> error."""
    return {failure.rule: failure.error for failure in complexity.failures}


def test_multihead_attention_counts_all_its_products() -> None:
    """3 * 256 * 64**2 to queries, keys and values, 256**2 * 64 twice, 256 * 64**2 back: 12,582,912."""
    found = counted(TokenAttention())
    assert found.parameters == 16_640
    assert products(found) == {"fvcore": 12_582_912, "torch": 2 * 12_582_912}


def test_an_encoder_layer_counts_its_attention() -> None:
    """The same, and 2 * 256 * 64 * 128 of its two linear layers; fvcore has 5 * 2 * 256 * 64 of two norms besides."""
    found = counted(TokenLayer(nn.TransformerEncoderLayer(WIDTH, 4, 128, dropout=0.0, batch_first=True)))
    macs = ATTENTION_MACS + 2 * 256 * 64 * 128
    assert products(found) == {"fvcore": macs + 163_840, "torch": 2 * macs}


@pytest.mark.parametrize("enabled", [True, False])
def test_the_native_kernels_are_switched_back(enabled: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """What is timed afterwards takes the path of evaluation that it took before, also where the module raises."""
    before = torch.backends.mha.get_fastpath_enabled()
    try:
        torch.backends.mha.set_fastpath_enabled(enabled)
        counted(TokenAttention())
        with pytest.raises(RuntimeError):
            counted(nn.Linear(7, 7))
        assert torch.backends.mha.get_fastpath_enabled() == enabled
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


@pytest.mark.parametrize("fused", [True, False])
def test_fused_attention_counts_as_its_products(fused: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """By products of matrices or by the fused function, the two tracers have the same 12,582,912."""
    assert products(counted(Products(fused=fused))) == {"fvcore": ATTENTION_MACS, "torch": 2 * ATTENTION_MACS}


@pytest.mark.parametrize(
    "module",
    [
        Function(lambda x: x.flatten(2)[0].t().mm(torch.ones(64, 64))),
        Function(lambda x: torch.einsum("bchw,cd->bdhw", x, torch.ones(64, 64))),
        Function(torch.vmap(lambda each: each.flatten(1).t() @ torch.ones(64, 64))),
    ],
    ids=["mm", "einsum", "vmap"],
)
def test_a_product_has_one_name(module: nn.Module) -> None:
    """256 * 64 * 64 = 1,048,576, to the last digit, and under the same name by both tracers."""
    found = counted(module)
    assert {count.rule: dict(count.by_operator) for count in found.counts if count.total} == {
        "fvcore": {"matmul": 1_048_576},
        "torch": {"matmul": 2_097_152},
    }


def test_a_linear_layer_that_runs_as_a_product_is_no_disagreement() -> None:
    """Without a bias torch sees mm where fvcore and ptflops see linear: 256 * 64 * 64 all the same."""
    found = count_all(
        TokenLayer(nn.Linear(WIDTH, WIDTH, bias=False)),
        (torch.ones(MAP),),
        tuple(each for each in counters() if each.rule != "torchstat"),
    )
    assert {count.rule: dict(count.by_operator) for count in found.counts} == {
        "fvcore": {"linear": 1_048_576},
        "ptflops": {"linear": 1_048_576},
        "torch": {"matmul": 2_097_152},
    }
    assert disagreements(found) == ()


@pytest.mark.parametrize("norm", ["instance_norm", "group_norm"])
def test_norms_have_one_name(norm: str) -> None:
    """Fvcore counts 5 an element, ptflops 2, of 64 * 256 elements, and both stand in one row."""
    module = nn.InstanceNorm2d(WIDTH, affine=True) if norm == "instance_norm" else nn.GroupNorm(4, WIDTH)
    found = counted(module)
    assert {count.rule: dict(count.by_operator) for count in found.counts if count.total} == {
        "fvcore": {norm: 5 * 16_384},
        "ptflops": {norm: 2 * 16_384},
    }
    assert unseen_operators(found) == ()


FAILURES: dict[str, tuple[type[nn.Module], str, str, int, int]] = {
    "a product with a vector": (Weighted, "fvcore", "IndexError: ", 4096 + 64, 1),
    "a scripted part": (Scripted, "fvcore", "RuntimeError: register_forward_pre_hook is not supported", 4096, 1),
    "an unregistered layer": (Unregistered, "fvcore", "RuntimeError: Cannot insert a Tensor that requires", 4096, 2),
    "attributes of a counter": (
        Named,
        "ptflops",
        "RuntimeError: ptflops could not count: ValueError: somebody has overwritten my attribute",
        4096,
        1,
    ),
    "an input by keyword": (ByKeyword, "ptflops", "RuntimeError: ptflops could not count: IndexError: ", 4096, 1),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_rule_fails_alone(kind: str) -> None:
    """It is named with its cause; known parameters stay, as do the 64 * 64 * 256 of each convolution."""
    build, rule, error, parameters, convolutions = FAILURES[kind]
    found = counted(build())
    assert list(failed(found)) == [rule]
    assert failed(found)[rule].startswith(error)
    assert found.parameters == parameters
    assert [count.rule for count in found.counts] == [each.rule for each in counters() if each.rule != rule]
    assert found.total("torch") == 2 * convolutions * MIXING_MACS


def test_an_attribute_of_the_authors_is_left_alone() -> None:
    """A counter that uses the same name for itself gives back what was there."""
    module = Named()
    counted(module)
    kept: tuple[object, object] = (module.mix.__flops__, module.mix.__params__)
    assert kept == ("by hand", 7)


def test_what_compiles_itself_is_counted_uncompiled_and_can_be_compiled_afterwards() -> None:
    """64 * 64 * 256, and no code that a counter has watched is given up by torch.compile."""
    compiled: list[int] = []

    def backend(graph: Any, inputs: Any) -> Any:
        compiled.append(len(inputs))
        return graph

    mix = mixing()
    module = Function(torch.compile(lambda x: torch.sin(functional.conv2d(x, mix.weight)), backend=backend))
    found = counted(module)
    assert found.total("torch") == 2 * MIXING_MACS
    assert list(failed(found)) == ["fvcore"]
    assert compiled == []
    with torch.no_grad():
        module(torch.ones(MAP))
    assert len(compiled) == 1


def test_a_fourier_transform_is_named() -> None:
    """All rules say 0: it is named with its 64 * 256 real elements, the filter with 64 * 16 * 9 complex ones."""
    found = counted(Fourier())
    assert {count.total for count in found.counts} == {0}
    assert [tuple(each) for each in unseen_operators(found)] == [
        ("fft_c2r", 16_384),
        ("fft_r2c", 16_384),
        ("mul", 9_216),
    ]


def test_a_sum_of_products_of_elements_is_named() -> None:
    """64 * 256**2 products and as many sums, in no column; as a product of matrices they are counted."""
    found = counted(Contraction(elementwise=True))
    assert {count.total for count in found.counts} == {0}
    assert [tuple(each) for each in unseen_operators(found)] == [("mul", 4_194_304), ("sum", 4_194_304)]
    other = counted(Contraction(elementwise=False))
    assert products(other) == {"fvcore": 4_194_304, "torch": 2 * 4_194_304}
    assert unseen_operators(other) == ()


def test_a_product_with_a_vector_is_named() -> None:
    """Torch has no figure for it: the 256 * 64 elements are named beside those of the convolution, which is counted."""
    assert [tuple(each) for each in unseen_operators(counted(Weighted()))] == [("mv", 16_384)]


def test_what_moves_numbers_is_not_named() -> None:
    """Copies, views and shapes compute nothing, however much there is of them."""
    moved = counted(Function(lambda x: torch.cat([x.flip(1).contiguous(), x[:, [0, 1]], torch.zeros_like(x)], 1)))
    assert unseen_operators(moved) == ()


@pytest.mark.parametrize("activation", [nn.Hardswish(), nn.PReLU(), nn.GLU(1), nn.LogSigmoid(), nn.SiLU()], ids=str)
def test_an_activation_beside_a_layer_is_not_named(activation: nn.Module) -> None:
    """64 * 256 elements are less than a tenth of 64 * 64 * 256 multiply-accumulates, though no rule may know them."""
    assert unseen_operators(counted(nn.Sequential(mixing(), activation))) == ()


@pytest.mark.parametrize("lazy", [True, False])
def test_layers_of_the_first_call_are_counted(lazy: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """64 * 64 parameters, and 64 * 64 * 256 multiply-accumulates by torch."""
    found = counted(nn.LazyConv2d(WIDTH, 1, bias=False) if lazy else MadeAtFirstCall())
    assert found.parameters == 4_096
    assert found.total("torch") == 2 * MIXING_MACS


def test_layers_of_the_first_call_are_in_evaluation() -> None:
    """Fvcore counts 1 an element of a norm in inference, 4 in training, of 64 * 256."""
    found = counted(MadeAtFirstCall())
    assert found.total("fvcore") == MIXING_MACS + 16_384


def test_weight_norm_counts_as_its_convolution() -> None:
    """64 * 64 directions and 64 norms as parameters; 64 * 64 * 256 as without it, by both tracers."""
    found = counted(parametrizations.weight_norm(mixing()))
    assert found.parameters == 4_160
    assert products(found) == {"fvcore": MIXING_MACS, "torch": 2 * MIXING_MACS}


@pytest.mark.filterwarnings("ignore:flex_attention called without")
def test_flexible_attention_is_counted_or_named() -> None:
    """An operator on functions: 2 * 256**2 * 64 by torch; what cannot trace it fails alone."""
    flexible = pytest.importorskip("torch.nn.attention.flex_attention").flex_attention

    def attended(x: Tensor) -> Tensor:
        t = x.flatten(2).transpose(1, 2)[None]
        result: Tensor = flexible(t, t, t)
        return result

    found = counted(Function(attended))
    assert "torch" not in failed(found)
    assert found.total("torch") == 2 * 2 * 256 * 256 * 64
