"""Attention between tokens against implementations that others wrote: values and gradients in float64.

Where a package differs by design the test says in what, and by how much.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import torch
from timm.layers.attention import AttentionRope
from torch import Tensor, nn
from torch.nn.attention.flex_attention import create_mask

from attn_impls import Heads, builtin
from attn_impls.tokens.performer import Performer

from .agreeing import Difference, difference_of_functions, drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

#: Of the same mathematics in float64.
TOLERANCE = 1e-10
HEADS, HEAD_DIM, LENGTH = 4, 8, 12


def build(name: str, heads: int = HEADS, head_dim: int = HEAD_DIM) -> nn.Module:
    """Return an attention of ours in float64, each head with keys of its own."""
    found = builtin().find(name).build_attention(Heads(heads=heads, head_dim=head_dim, kv_heads=heads))
    return found.double().eval()


def tokens(heads: int = HEADS, head_dim: int = HEAD_DIM, length: int = LENGTH, batch: int = 2) -> list[Tensor]:
    """Return queries, keys and values."""
    return [drawn(batch, heads, length, head_dim, seed=seed) for seed in range(3)]


def parted(x: Tensor, heads: int) -> Tensor:
    """Return tokens [B, S, H x D] as [B, H, S, D]."""
    return x.view(*x.shape[:2], heads, -1).transpose(1, 2)


def flexible(
    q: Tensor, k: Tensor, v: Tensor, *, mask_mod: Callable[..., Any] | None, score_mod: Callable[..., Any] | None
) -> Tensor:
    """Return softmax attention changed by functions as FlexAttention takes them, of all pairs at once."""
    batch, heads, length = q.shape[:3]
    scores = q @ k.mT / q.shape[-1] ** 0.5
    if score_mod is not None:
        places = [torch.arange(size).view(-1, *[1] * after) for after, size in ((2, heads), (1, length), (0, length))]
        scores = score_mod(scores, torch.arange(batch).view(-1, 1, 1, 1), *places)
    if mask_mod is not None:
        seen = create_mask(mask_mod, None, None, length, length, device="cpu")
        scores = scores.masked_fill(~seen, -torch.inf)
    return torch.matmul(scores.softmax(-1), v)


#: The last two change scores, which PyTorch's kernels do not.
CHANGES = (
    "causal=true",
    "causal=true,window=4",
    "causal=true,prefix=5",
    "causal=true,document=4",
    "causal=true,alibi=true",
    "soft_cap=1.5",
)


def of_attention_gym(options: str) -> Callable[..., Tensor]:
    """Return attention by attention-gym's mask and change of scores; its window counts the keys before a query's."""
    from attn_gym.masks import causal_mask, generate_doc_mask_mod, generate_prefix_lm_mask, generate_sliding_window
    from attn_gym.masks.document_mask import length_to_offsets
    from attn_gym.mods import generate_alibi_bias, generate_tanh_softcap

    found = {
        "causal=true": (causal_mask, None),
        "causal=true,window=4": (generate_sliding_window(3), None),
        "causal=true,prefix=5": (generate_prefix_lm_mask(5), None),
        "causal=true,document=4": (generate_doc_mask_mod(causal_mask, length_to_offsets([4, 4, 4], "cpu")), None),
        "causal=true,alibi=true": (causal_mask, generate_alibi_bias(HEADS)),
        "soft_cap=1.5": (None, generate_tanh_softcap(1.5)),
    }
    mask_mod, score_mod = found[options]
    return partial(flexible, mask_mod=mask_mod, score_mod=score_mod)


@pytest.mark.parametrize(
    ("name", "options"),
    [*(("attention/eager", each) for each in CHANGES), *(("sdpa", each) for each in CHANGES[:-2])],
)
def test_masks_and_scores_are_those_of_attention_gym(name: str, options: str) -> None:
    """Its functions say who sees whom and what becomes of a score."""
    theirs = of_attention_gym(options)
    assert difference_of_functions(build(f"{name}:{options}"), theirs, tokens()).within(TOLERANCE)


def test_slopes_of_six_heads_are_others_in_attention_gym() -> None:
    """Powers of 2^(-8 / 6); the paper's, and ours, are those of four heads and of every other one of eight.

    Outputs near 1 move by up to 0.9.
    """
    from attn_gym.masks import causal_mask
    from attn_gym.mods import generate_alibi_bias

    theirs = partial(flexible, mask_mod=causal_mask, score_mod=generate_alibi_bias(6))
    found = difference_of_functions(build("attention/eager:causal=true,alibi=true", heads=6), theirs, tokens(heads=6))
    assert 0.5 < found.values < 1.5


def performer() -> ModuleType:
    """Import performer-pytorch, which asks for versions by a deprecated class."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from performer_pytorch import performer_pytorch
    module: ModuleType = performer_pytorch
    return module


def theirs_of_features(q: Tensor, k: Tensor, v: Tensor, *, projection: Tensor, causal: bool, least: float) -> Tensor:
    """Return what performer-pytorch computes, with another number added to its features than 1e-4."""
    package = performer()
    features = partial(package.softmax_kernel, projection_matrix=projection, eps=least)
    of_q, of_k = features(q, is_query=True), features(k, is_query=False)
    of_all = partial(package.causal_linear_attention_noncuda, chunk_size=3, eps=0) if causal else None
    output: Tensor = (of_all or package.linear_attention)(of_q, of_k, v)
    return output


def against_performer(*, causal: bool, least: float) -> Difference:
    """Compare with the same projection."""
    ours = build(f"attention/performer:features=32,causal={str(causal).lower()}")
    assert isinstance(ours, Performer)
    theirs = partial(theirs_of_features, projection=ours.projection, causal=causal, least=least)
    return difference_of_functions(ours, theirs, tokens())


@pytest.mark.parametrize("causal", [False, True])
def test_performer_is_that_of_performer_pytorch(*, causal: bool) -> None:
    """Without what it adds to its features, a sum of positive numbers that the paper does not have."""
    assert against_performer(causal=causal, least=0).within(TOLERANCE)


def test_performer_pytorch_adds_to_its_features() -> None:
    """1e-4 to each, which are at most 1 and mostly far below: outputs near 1 move by up to 0.09."""
    found = against_performer(causal=False, least=1e-4)
    assert 0.05 < found.values < 0.15


def test_its_module_computes_what_its_functions_do() -> None:
    """So that what is compared above is the package's attention."""
    module = performer().FastAttention(HEAD_DIM, nb_features=32).double()
    inputs = tokens()
    theirs = theirs_of_features(*inputs, projection=module.projection_matrix, causal=False, least=1e-4)
    assert (module(*inputs) - theirs).abs().max() <= TOLERANCE


class OfTokens:
    """NystromAttention of nystrom-attention between queries, keys and values: its projections are the identity."""

    def __init__(self, heads: int, head_dim: int, landmarks: int) -> None:
        from nystrom_attention import NystromAttention

        self.module = NystromAttention(
            heads * head_dim, dim_head=head_dim, heads=heads, num_landmarks=landmarks, residual=False
        ).double()
        self.projections = _Given()
        self.module.to_qkv = self.projections
        self.module.to_out = nn.Identity()

    def __call__(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Return the mixed values [B, H, S, D]."""
        self.projections.given = torch.cat([x.transpose(1, 2).flatten(2) for x in (q, k, v)], -1)
        output: Tensor = self.module(q.transpose(1, 2).flatten(2))
        return parted(output, q.shape[1])


class _Given(nn.Module):
    """Gives what it was given, whatever comes in."""

    given: Tensor

    def forward(self, x: Tensor) -> Tensor:
        del x
        return self.given


@pytest.mark.parametrize("landmarks", [3, 4, 12])
def test_nystromformer_is_that_of_nystrom_attention(landmarks: int) -> None:
    """Of one head of one sequence."""
    ours = build(f"attention/nystromformer:landmarks={landmarks}", heads=1)
    found = difference_of_functions(ours, OfTokens(1, HEAD_DIM, landmarks), tokens(heads=1, batch=1))
    assert found.within(TOLERANCE)


def test_nystrom_attention_begins_all_inverses_with_one_size() -> None:
    """By the largest sums of all; the paper, and we, take each matrix's own. Outputs near 1 move by up to 0.08."""
    found = difference_of_functions(
        build("attention/nystromformer:landmarks=4"), OfTokens(HEADS, HEAD_DIM, 4), tokens()
    )
    assert 0.05 < found.values < 0.15


def rotations(length: int, width: int) -> Tensor:
    """Return the sines, then the cosines, of RoPE's angles as timm takes them, those of a pair in both its places."""
    angles = torch.arange(length, dtype=torch.float64)[:, None] * 10_000.0 ** (
        -torch.arange(width // 2, dtype=torch.float64) / (width // 2)
    )
    both = torch.cat((angles, angles), -1)
    return torch.cat((both.sin(), both.cos()), -1)


@pytest.mark.parametrize("causal", [False, True])
def test_rope_and_normed_queries_are_timms(*, causal: bool) -> None:
    """Its attention, between the projections: queries and keys over their root mean square, then rotated."""
    make: Any = AttentionRope
    theirs = make(
        HEADS * HEAD_DIM,
        HEADS,
        qkv_fused=False,
        num_prefix_tokens=0,
        norm_layer=partial(nn.RMSNorm, eps=1e-6),
        qk_norm=True,
        rotate_half=True,
    ).double()
    ours = build(f"attention/eager:rope=true,qk_norm=true,causal={str(causal).lower()}")
    weights = [1 + drawn(HEAD_DIM, seed=seed) / 4 for seed in (7, 8)]
    given: dict[str, Tensor] = {}
    with torch.no_grad():
        for name, weight in zip(("q_norm", "k_norm"), weights, strict=True):
            ours.get_parameter(f"{name}.weight").copy_(weight)
            theirs.get_parameter(f"{name}.weight").copy_(weight)
    for name in ("q_proj", "k_proj", "v_proj"):
        setattr(theirs, name, _Named(given, name))
    theirs.proj = nn.Identity()

    def between(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        flat = [x.transpose(1, 2).flatten(2) for x in (q, k, v)]
        given.update(zip(("q_proj", "k_proj", "v_proj"), flat, strict=True))
        output: Tensor = theirs(flat[0], rope=rotations(LENGTH, HEAD_DIM), is_causal=causal)
        return parted(output, HEADS)

    assert difference_of_functions(ours, between, tokens()).within(TOLERANCE)


class _Named(nn.Module):
    """Gives what stands under its name, whatever comes in."""

    def __init__(self, given: Mapping[str, Tensor], name: str) -> None:
        super().__init__()
        self._given, self._name = given, name

    def forward(self, x: Tensor) -> Tensor:
        del x
        return self._given[self._name]
