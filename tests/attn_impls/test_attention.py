"""Attention between tokens against the slow reference, and what it promises of shapes and of hidden keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
import torch
from torch.autograd import grad, gradcheck

from attn_impls import Family, Heads, builtin

from .reference_attention import REFERENCES, attention, scores

if TYPE_CHECKING:
    from torch import Tensor, nn

#: Absolute, of outputs and gradients near 1.
TOLERANCE = 1e-10

NAMES = (
    "sdpa",
    "sdpa:backend=math",
    "sdpa:backend=flash",
    "sdpa:causal=true",
    "sdpa:backend=math,causal=true",
    "sdpa:window=3",
    "sdpa:causal=true,window=3",
    "attention/eager",
    "attention/eager:causal=true",
    "attention/eager:window=3",
    "attention/eager:causal=true,window=3",
    "attention/eager:soft_cap=1.5",
    "attention/eager:alibi=true,causal=true",
    "attention/eager:rope=true",
    "attention/eager:rope=true,alibi=true,soft_cap=2.5,causal=true",
    "sdpa:causal=true,prefix=4",
    "sdpa:document=3",
    "attention/eager:causal=true,prefix=4",
    "attention/eager:causal=true,document=3,window=2",
    "attention/eager:relative=2",
    "attention/eager:qk_norm=true,relative=3,rope=true,causal=true",
    "attention/nystromformer:landmarks=3",
    "attention/nystromformer:landmarks=4,iterations=2",
    "attention/softmax_one",
    "attention/softmax_one:causal=true",
    "attention/hard_softmax",
    "attention/hard_softmax:causal=true",
    "attention/hard_softmax/tiled",
    "attention/hard_softmax/tiled:causal=true",
    "attention/sigmoid",
    "attention/sigmoid:causal=true,rope=true",
    "attention/linear",
    "attention/linear:causal=true",
    "attention/cosformer",
    "attention/cosformer:causal=true",
    "attention/performer:features=12",
    "attention/performer:features=12,causal=true",
)
#: On the CPU they have no backward pass.
FORWARD_ONLY = (
    "attention/flex:compiled=false",
    "attention/flex:compiled=false,causal=true,prefix=4,soft_cap=2.0",
    "attention/flex:compiled=false,window=3,alibi=true",
    "attention/flex:compiled=false,causal=true,document=3",
)


class Sizes(NamedTuple):
    """Of queries, keys and values."""

    batch: int
    heads: int
    kv_heads: int
    queries: int
    keys: int
    head_dim: int


SIZES = (
    Sizes(2, 3, 3, 6, 6, 8),
    # Grouped and shared keys, fewer queries than keys, a width that 8 does not divide, more tokens than a chunk has.
    Sizes(1, 4, 2, 5, 9, 12),
    Sizes(1, 4, 1, 3, 3, 10),
    Sizes(1, 2, 2, 1, 1, 8),
    Sizes(1, 2, 1, 1, 7, 6),
    Sizes(1, 1, 1, 67, 70, 4),
)
SMALL = Sizes(1, 2, 1, 3, 4, 4)


def build(name: str, sizes: Sizes) -> nn.Module:
    """Return an implementation in float64."""
    spec = builtin().find(name)
    heads = Heads(heads=sizes.heads, head_dim=sizes.head_dim, kv_heads=sizes.kv_heads)
    return spec.build_attention(heads).double().eval()


def drawn(sizes: Sizes, seed: int = 0) -> list[Tensor]:
    """Return queries, keys and values in float64."""
    generator = torch.Generator().manual_seed(seed)
    of_queries = (sizes.batch, sizes.heads, sizes.queries, sizes.head_dim)
    of_keys = (sizes.batch, sizes.kv_heads, sizes.keys, sizes.head_dim)
    return [torch.randn(shape, dtype=torch.float64, generator=generator) for shape in (of_queries, of_keys, of_keys)]


def test_every_attention_has_a_row_here() -> None:
    """Nothing of the family is registered without being held against the reference."""
    registered = {name for name, spec in builtin().specs.items() if spec.family is Family.ATTENTION}
    assert {name.partition(":")[0] for name in (*NAMES, *FORWARD_ONLY)} == registered


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: "-".join(map(str, sizes)))
@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients_equal_the_reference(name: str, sizes: Sizes) -> None:
    """An implementation, and its gradients, are those of the definition."""
    module = build(name, sizes)
    ours = [x.requires_grad_() for x in drawn(sizes)]
    theirs = [x.requires_grad_() for x in drawn(sizes)]
    output = module(*ours)
    weights = REFERENCES[name.partition(":")[0]]
    expected = attention(theirs, weights, builtin().find(name).options, module.state_dict())
    assert (output - expected).abs().max() <= TOLERANCE
    upstream = torch.randn(expected.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    # With one key its weight is 1 whatever it is: the reference may not use it at all.
    expected_gradients = grad(expected, theirs, upstream, materialize_grads=True)
    for one, other in zip(grad(output, ours, upstream), expected_gradients, strict=True):
        assert (one - other).abs().max() <= TOLERANCE


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: "-".join(map(str, sizes)))
@pytest.mark.parametrize("name", FORWARD_ONLY)
def test_values_without_a_backward_pass_equal_the_reference(name: str, sizes: Sizes) -> None:
    """They are those of the definition."""
    # A process compiles it for a few patterns and sizes, and refuses further ones.
    torch.compiler.reset()
    expected = attention(drawn(sizes), REFERENCES[name.partition(":")[0]], builtin().find(name).options, {})
    assert (build(name, sizes)(*drawn(sizes)) - expected).abs().max() <= TOLERANCE


@pytest.mark.parametrize("name", NAMES)
def test_gradients_equal_finite_differences(name: str) -> None:
    """The backward pass is the derivative of the forward pass."""
    inputs = tuple(x.requires_grad_() for x in drawn(SMALL))
    assert gradcheck(build(name, SMALL), inputs)


@pytest.mark.parametrize("name", ["sdpa", "attention/eager", "attention/sigmoid", "attention/linear"])
def test_heads_that_cannot_share_are_refused(name: str) -> None:
    """Six query heads cannot share four key heads, and one line says so."""
    with pytest.raises(ValueError, match=r"\A6 query heads of width 8 cannot share 4 key heads; [^\n]*\Z"):
        build(name, Sizes(1, 6, 4, 5, 5, 8))


MASKED = [name for name in NAMES if "causal" in name or "window" in name or "document" in name]


@pytest.mark.parametrize("name", MASKED)
def test_queries_before_all_keys_are_refused(name: str) -> None:
    """Of more queries than keys the first would see none."""
    sizes = Sizes(1, 2, 2, 5, 3, 8)
    with pytest.raises(ValueError, match="5 queries and 3 keys"):
        build(name, sizes)(*drawn(sizes))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MASKED])
def test_more_queries_than_keys_are_taken_where_all_are_seen(name: str) -> None:
    """Without a mask any number of queries goes with any number of keys."""
    sizes = Sizes(1, 2, 1, 5, 3, 8)
    module, inputs = build(name, sizes), drawn(sizes)
    weights = REFERENCES[name.partition(":")[0]]
    expected = attention(inputs, weights, builtin().find(name).options, module.state_dict())
    assert (module(*inputs) - expected).abs().max() <= TOLERANCE


@pytest.mark.parametrize("name", NAMES)
def test_other_shapes_than_built_for_are_refused(name: str) -> None:
    """Keys of another number of heads than the module was built for do not slip through."""
    with pytest.raises(ValueError, match="built for 4 query heads, 2 key heads and width 8"):
        build(name, Sizes(1, 4, 2, 5, 5, 8))(*drawn(Sizes(1, 4, 4, 5, 5, 8)))


@pytest.mark.parametrize("name", [name for name in NAMES if "causal" in name])
def test_no_output_depends_on_later_tokens(name: str) -> None:
    """What comes after a query, and after the prefix, changes nothing of its output."""
    sizes = Sizes(1, 2, 1, 70, 70, 8)
    module, (q, k, v), (_, other_k, other_v) = build(name, sizes), drawn(sizes), drawn(sizes, seed=1)
    before = module(q, k, v)
    for row in (0, 33, 68):
        later = torch.arange(70)[:, None] > max(row, builtin().find(name).seen.prefix - 1)
        after = module(q, torch.where(later, other_k, k), torch.where(later, other_v, v))
        assert (after[:, :, : row + 1] - before[:, :, : row + 1]).abs().max() <= TOLERANCE


#: torch's own adds -inf to a score that is NaN.
OURS_WITH_MASK = [name for name in MASKED if not name.startswith("sdpa")]


@pytest.mark.parametrize("name", OURS_WITH_MASK)
def test_nan_in_hidden_keys_never_reaches_the_output(name: str) -> None:
    """NaN in a key, and a huge number in a value, leave queries alone that do not see them."""
    sizes = Sizes(1, 2, 1, 70, 70, 8)
    module, (q, k, v) = build(name, sizes), drawn(sizes)
    before = module(q, k, v)
    k[:, :, 50], v[:, :, 50] = float("nan"), 1e300
    after = module(q, k, v)
    # Without causal=true a window of 3 lets 48 and 49 see it.
    assert (after[:, :, :48] - before[:, :, :48]).abs().max() <= TOLERANCE
    assert bool(after[:, :, 50].isnan().any())


def test_performer_is_near_softmax() -> None:
    """Many random features approximate the attention that they stand for."""
    sizes = Sizes(2, 2, 2, 32, 32, 16)
    inputs = [x / 2 for x in drawn(sizes)]
    exact = build("attention/eager", sizes)(*inputs)
    errors = [
        float((build(f"attention/performer:features={features}", sizes)(*inputs) - exact).abs().mean())
        for features in (16, 256, 4096)
    ]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.01


#: Of the registry, without those whose kernels other tests hold against the same functions.
NORMALIZERS = [
    name
    for name, spec in builtin().specs.items()
    if spec.family is Family.NORMALIZER and not name.endswith("/fused") and name != "entmax15"
]


@pytest.mark.parametrize("normalizer", NORMALIZERS)
def test_any_normaliser_can_stand_in_place_of_softmax(normalizer: str) -> None:
    """The weights of a query are those that it makes of the query's scores."""
    sizes = Sizes(1, 4, 2, 5, 9, 12)
    module, inputs = build(f"attention/eager:normalizer={normalizer}", sizes), drawn(sizes)
    function = builtin().find(normalizer).build_op(-1).double()
    expected = attention(inputs, lambda seen: function(scores(seen)), {}, {})
    assert (module(*inputs) - expected).abs().max() <= TOLERANCE


def test_a_prefix_of_what_is_not_causal_is_refused() -> None:
    """All keys are seen without it."""
    with pytest.raises(ValueError, match=r"^prefix=4: all keys are seen as it is; choose causal=true with it$"):
        build("sdpa:prefix=4", SMALL)


def test_flex_attention_without_a_backward_pass_says_so() -> None:
    """On the CPU there is none; one line says what to choose."""
    inputs = [x.requires_grad_() for x in drawn(SMALL)]
    with pytest.raises(RuntimeError, match=r"^FlexAttention has no backward pass on the CPU; choose [^\n]*$"):
        build("attention/flex", SMALL)(*inputs)


def test_flex_attention_is_compiled() -> None:
    """Its fused kernel, with all that changes scores and masks, gives what the hand-written one gives, in float32."""
    options = "causal=true,window=40,prefix=8,soft_cap=20.0,alibi=true"
    sizes = Sizes(2, 4, 2, 64, 64, 16)
    inputs = [x.float() for x in drawn(sizes)]
    flex, eager = (build(f"attention/{name}:{options}", sizes).float() for name in ("flex", "eager"))
    with torch.inference_mode():
        assert (flex(*inputs) - eager(*inputs)).abs().max() <= 1e-5
