"""Token mixers against the slow reference, and what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch.autograd import grad, gradcheck

from attn_impls import Family, TokenSite, builtin

from .reference_mixers import REFERENCES
from .setups import as_function

if TYPE_CHECKING:
    from torch import Tensor, nn

#: Absolute, of outputs and gradients near 1.
TOLERANCE = 1e-10

NAMES = (
    "mha",
    "mha:causal=true",
    "mha:kv_heads=2,bias=false",
    "gqa",
    "gqa:group=2,causal=true",
    "mqa",
    "mla",
    "mla:causal=true,latent=5,rope_dim=4,query_latent=6",
    "linformer:keys=3",
    "linformer:keys=5,shared=true",
    "window:window_size=3",
    "window/shifted:window_size=3",
    "window/shifted:window_size=2",
    "sra",
    "sra:ratio=2",
    "sra/linear:pool=2",
    "lsa:window_size=3",
    "xca",
    "hilo:low_share=0.5",
    "hilo:low_share=0.8,window_size=3",
)


def site(height: int, width: int, heads: int = 4, dim: int = 12) -> TokenSite:
    """Return a place for tokens of a grid."""
    return TokenSite(dim=dim, heads=heads, height=height, width=width)


#: Windows tile the first grid, and none of the others; the widths of a head are 3 and 5, which 8 does not divide.
SITES = (site(6, 6), site(5, 4), site(2, 7, dim=20), site(3, 3, heads=8, dim=16))
#: Without a grid: a sequence, and one of a single token.
SEQUENCES = (site(1, 9), site(1, 1))


def build(name: str, at: TokenSite) -> nn.Module:
    """Return a mixer in float64 with random parameters."""
    torch.manual_seed(0)
    module = builtin().find(name).build(at).double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.5)
    return module


def drawn(at: TokenSite, *, batch: int = 2, seed: int = 0) -> Tensor:
    """Return tokens in float64."""
    shape = (batch, at.height * at.width, at.dim)
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def state_of(module: nn.Module) -> dict[str, Tensor]:
    """Return the parameters, gradients included; one that two names share is under both."""
    return dict(module.named_parameters(remove_duplicate=False))


def test_every_mixer_has_a_row_here() -> None:
    """Nothing of the family is registered without being held against the reference."""
    registered = {name for name, spec in builtin().specs.items() if spec.family is Family.MIXER}
    assert {name.partition(":")[0] for name in NAMES} == registered == set(REFERENCES)


def fitting(name: str) -> tuple[TokenSite, ...]:
    """Return the places of an implementation: one for grids is tried on grids."""
    base = name.partition(":")[0]
    # A grid with one row has no two rows to reduce; one token is no grid.
    return SITES if builtin().specs[base].sized else (*SITES[1:], *SEQUENCES)


@pytest.mark.parametrize(
    ("name", "at"),
    [pytest.param(name, at, id=f"{name}-{at.height}x{at.width}x{at.dim}") for name in NAMES for at in fitting(name)],
)
def test_values_and_gradients_equal_the_reference(name: str, at: TokenSite) -> None:
    """A mixer, and its gradients by tokens and parameters, are those of the definition."""
    module = build(name, at)
    ours, theirs = drawn(at).requires_grad_(), drawn(at).requires_grad_()
    options = dict(builtin().find(name).options)
    output = module(ours)
    reference = REFERENCES[name.partition(":")[0]]
    expected = torch.stack([reference(tokens, state_of(module), at, options) for tokens in theirs])
    assert (output - expected).abs().max() <= TOLERANCE
    upstream = torch.randn(expected.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    parameters = list(module.parameters())
    found = grad(output, [ours, *parameters], upstream)
    wanted = grad(expected, [theirs, *parameters], upstream, materialize_grads=True)
    for one, other in zip(found, wanted, strict=True):
        assert (one - other).abs().max() <= TOLERANCE * max(1, float(other.abs().max()))


@pytest.mark.parametrize("name", NAMES)
def test_gradients_equal_finite_differences(name: str) -> None:
    """The backward pass is the derivative of the forward pass, by tokens and by every parameter."""
    at = site(2, 3, dim=8)
    call, parameters = as_function(build(name, at))
    assert gradcheck(call, (drawn(at, batch=1).requires_grad_(), *parameters))


@pytest.mark.parametrize("name", [name for name in NAMES if "causal" in name])
def test_no_token_sees_a_later_one(name: str) -> None:
    """What comes after a token changes nothing of its output."""
    at = site(1, 12)
    module, x, other = build(name, at), drawn(at), drawn(at, seed=1)
    before = module(x)
    for last in (0, 5, 10):
        after = module(torch.cat((x[:, : last + 1], other[:, last + 1 :]), 1))
        assert (after[:, : last + 1] - before[:, : last + 1]).abs().max() <= TOLERANCE


@pytest.mark.parametrize("core", ["attention/eager", "attention/hard_softmax/tiled", "attention/linear"])
def test_any_attention_between_tokens_can_be_the_core(core: str) -> None:
    """Multi-head attention around it is its value between the projections."""
    at = site(1, 7)
    module, x = build(f"mha:attention={core}", at), drawn(at)
    inner = builtin().find(core).build_attention
    qkv = module.get_submodule("qkv")(x).view(2, 7, 3, 4, 3).permute(2, 0, 3, 1, 4)
    from attn_impls import Heads

    mixed = inner(Heads(heads=4, head_dim=3, kv_heads=4)).double()(*qkv)
    expected = module.get_submodule("proj")(mixed.transpose(1, 2).reshape(2, 7, 12))
    assert (module(x) - expected).abs().max() <= TOLERANCE


def test_an_unknown_core_is_refused() -> None:
    """The message has the closest, and all."""
    with pytest.raises(ValueError, match=r"^unknown attention 'spda'; did you mean 'sdpa'\? all: sdpa, "):
        builtin().find("mha:attention=spda")


@pytest.mark.parametrize(
    ("name", "at", "words"),
    [
        ("mha", site(1, 4, heads=5), "5 heads do not divide tokens of width 12; choose a divisor of 12"),
        ("gqa", site(1, 4, heads=6), "6 query heads are no groups of 4; choose a divisor of 6"),
        ("mha:kv_heads=3", site(1, 4), "4 query heads of width 3 cannot share 3 key heads"),
        ("sra:ratio=4", site(3, 3), "a grid of 3 x 3 cannot be reduced by 4; choose 1 to 3"),
        ("hilo", site(4, 4, heads=1), "0.9 of 1 heads are 0; choose a share"),
        ("mla:rope_dim=3", site(1, 4), "rope rotates pairs of numbers, and a head has 3; choose an even width"),
    ],
)
def test_what_cannot_be_built_is_refused(name: str, at: TokenSite, words: str) -> None:
    """One line says why, and what to choose."""
    with pytest.raises(ValueError, match=rf"\A{words}[^\n]*\Z"):
        builtin().find(name).build(at)


@pytest.mark.parametrize("name", NAMES)
def test_other_tokens_than_built_for_are_refused(name: str) -> None:
    """A token of another width does not slip through."""
    at = site(3, 3)
    with pytest.raises(ValueError, match=r"\Abuilt for tokens \[B, (N|9), 12\]; got \[2, 9, 16\]\Z"):
        build(name, at)(drawn(site(3, 3, dim=16)))


def test_a_grid_has_no_class_token() -> None:
    """What is built for a grid is refused where a class token stands before it."""
    with pytest.raises(ValueError, match=r"^'sra' is built for a grid of tokens, and a class token belongs to none; "):
        builtin().find("sra").build(TokenSite(dim=8, heads=2, height=2, width=2, class_tokens=1))
