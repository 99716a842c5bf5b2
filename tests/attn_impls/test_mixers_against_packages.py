"""Token mixers against timm's, torchvision's, PyTorch's and linformer's, with equal weights, in float64.

timm has no HiLo, no MLA and no Linformer. Where a package differs by design the test says in what, and by how much.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import torch
from timm.layers.attention import Attention, AttentionRope
from timm.layers.attention2d import MultiQueryAttentionV2
from timm.models.edgenext import CrossCovarianceAttn
from timm.models.nest import Attention as InBlocks
from timm.models.pvt_v2 import Attention as OfPvt
from timm.models.swin_transformer import SwinTransformerBlock
from timm.models.twins import GlobalSubSampleAttn, LocallyGroupedAttn
from timm.models.xcit import XCA
from torch import Tensor, nn
from torchvision.models.swin_transformer import ShiftedWindowAttention

from attn_impls import TokenSite, builtin

from .agreeing import Difference, difference_of_modules, drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    State = Mapping[str, Tensor]

#: Of the same mathematics in float64.
TOLERANCE = 1e-10
DIM, HEADS = 16, 4


def same(state: State) -> State:
    """Return parameters under their own names."""
    return state


def renamed(**names: str) -> Callable[[State], State]:
    """Return what gives parameters the names that begin so."""

    def change(state: State) -> State:
        found = {}
        for name, value in state.items():
            head, dot, rest = name.partition(".")
            found[names.get(head, head) + dot + rest] = value
        return found

    return change


def ours(name: str, height: int, width: int) -> nn.Module:
    """Return a mixer of ours for a grid."""
    return builtin().find(name).build(TokenSite(dim=DIM, heads=HEADS, height=height, width=width))


def difference(
    name: str,
    theirs: nn.Module,
    as_theirs: Callable[[State], State],
    grid: tuple[int, int],
    call: Callable[[Any, Tensor], Tensor] = lambda module, x: module(x),
) -> Difference:
    """Compare on two sequences of the tokens of a grid."""
    return difference_of_modules(ours(name, *grid), theirs, as_theirs, drawn(2, grid[0] * grid[1], DIM), call)


def on_grid(module: Any, x: Tensor, *, grid: tuple[int, int]) -> Tensor:
    """Call what takes and gives grids [B, h, w, C]."""
    output: Tensor = module(x.view(len(x), *grid, -1))
    return output.flatten(1, 2)


def with_grid(module: Any, x: Tensor, *, grid: tuple[int, int]) -> Tensor:
    """Call what is told the grid."""
    output: Tensor = module(x, grid)
    return output


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("fused", [False, True])
def test_multi_head_attention_is_timms(*, causal: bool, fused: bool) -> None:
    """Written by hand, and by PyTorch's kernel."""
    theirs: Any = Attention(DIM, HEADS, qkv_bias=True)
    theirs.fused_attn = fused
    found = difference(
        f"mha:causal={str(causal).lower()}", theirs, same, (1, 9), lambda module, x: module(x, is_causal=causal)
    )
    assert found.within(TOLERANCE)


def test_multi_head_attention_is_pytorchs() -> None:
    """torch.nn.MultiheadAttention, with another name for each parameter."""

    def as_theirs(state: State) -> State:
        return {
            "in_proj_weight": state["qkv.weight"],
            "in_proj_bias": state["qkv.bias"],
            "out_proj.weight": state["proj.weight"],
            "out_proj.bias": state["proj.bias"],
        }

    theirs = nn.MultiheadAttention(DIM, HEADS, batch_first=True)
    found = difference("mha", theirs, as_theirs, (1, 9), lambda module, x: module(x, x, x, need_weights=False)[0])
    assert found.within(TOLERANCE)


@pytest.mark.parametrize(("name", "kv_heads"), [("gqa:group=2", 2), ("mqa", 1), ("mha", 4)])
def test_shared_keys_are_timms(name: str, kv_heads: int) -> None:
    """Grouped-query and multi-query attention: its projections are three in place of one."""
    width = DIM // HEADS

    def as_theirs(state: State) -> State:
        found = {f"proj.{leaf}": state[f"proj.{leaf}"] for leaf in ("weight", "bias")}
        for leaf in ("weight", "bias"):
            parts = torch.split(state[f"qkv.{leaf}"], [HEADS * width, kv_heads * width, kv_heads * width])
            found |= {f"{letter}_proj.{leaf}": part for letter, part in zip("qkv", parts, strict=True)}
        return found

    theirs = AttentionRope(DIM, HEADS, qkv_fused=False, num_kv_heads=kv_heads, num_prefix_tokens=0)
    assert difference(name, theirs, as_theirs, (1, 9)).within(TOLERANCE)


def test_multi_query_attention_is_that_of_timms_mobilenet() -> None:
    """On maps, without biases."""
    width = DIM // HEADS

    def as_theirs(state: State) -> State:
        of_q, of_k, of_v = torch.split(state["qkv.weight"], [DIM, width, width])
        return {
            "query_proj": of_q.view(HEADS, width, DIM),
            "key_proj": of_k.T,
            "value_proj": of_v.T,
            "out_proj": state["proj.weight"].view(DIM, HEADS, width),
        }

    def call(module: nn.Module, x: Tensor) -> Tensor:
        output: Tensor = module(x.mT.reshape(len(x), DIM, 3, 3)).flatten(2).mT
        return output

    mixer = ours("mqa:bias=false", 3, 3)
    mixer.get_submodule("proj").register_parameter("bias", None)
    theirs = MultiQueryAttentionV2(DIM, num_heads=HEADS, key_dim=width, value_dim=width)
    assert difference_of_modules(mixer, theirs, as_theirs, drawn(2, 9, DIM), call).within(TOLERANCE)


@pytest.mark.parametrize("theirs", [XCA, CrossCovarianceAttn])
def test_cross_covariance_is_timms(theirs: type[nn.Module]) -> None:
    """XCiT's and EdgeNeXt's."""
    assert difference("xca", theirs(DIM, HEADS, qkv_bias=True), same, (1, 9)).within(TOLERANCE)


#: A grid that windows of 3 tile, and two that they do not.
GRIDS = ((6, 3), (4, 5), (2, 7))


@pytest.mark.parametrize("grid", GRIDS)
def test_locally_grouped_attention_is_timms(grid: tuple[int, int]) -> None:
    """Twins' LSA, zeros beside the grid included."""
    theirs = LocallyGroupedAttn(DIM, HEADS, ws=3)
    assert difference("lsa:window_size=3", theirs, same, grid, partial(with_grid, grid=grid)).within(TOLERANCE)


def test_locally_grouped_attention_is_that_of_timms_nest() -> None:
    """Its tokens come in blocks; its heads are not joined one after the other, but number by number."""

    def as_theirs(state: State) -> State:
        # Each row of the last weights: heads x width as width x heads.
        by_number = state["proj.weight"].view(DIM, HEADS, -1).transpose(1, 2).flatten(1)
        return {**state, "proj.weight": by_number}

    def call(module: nn.Module, x: Tensor) -> Tensor:
        blocks = x.view(2, 2, 3, 1, 3, DIM).transpose(2, 3).reshape(2, 2, 9, DIM)
        output: Tensor = module(blocks)
        return output.view(2, 2, 1, 3, 3, DIM).transpose(2, 3).reshape(2, 18, DIM)

    theirs = InBlocks(DIM, HEADS, qkv_bias=True)
    assert difference("lsa:window_size=3", theirs, as_theirs, (6, 3), call).within(TOLERANCE)


@pytest.mark.parametrize("ratio", [1, 2])
@pytest.mark.parametrize("theirs", [GlobalSubSampleAttn, OfPvt])
def test_spatial_reduction_is_timms(theirs: type[nn.Module], ratio: int) -> None:
    """Twins' GSA and PVTv2's attention, with and without a convolution, on a grid that it does not tile."""
    grid = (5, 4)
    as_theirs = renamed(reduce="sr")

    def without_number(state: State) -> State:
        return {name.replace("sr.0.", "sr."): value for name, value in as_theirs(state).items()}

    module = theirs(DIM, HEADS, sr_ratio=ratio)
    found = difference(f"sra:ratio={ratio}", module, without_number, grid, partial(with_grid, grid=grid))
    assert found.within(TOLERANCE)


def test_linear_spatial_reduction_is_timms() -> None:
    """PVTv2's: the grid is pooled to 7 x 7."""
    grid = (9, 8)

    def as_theirs(state: State) -> State:
        return {name.replace("reduce.1.", "sr.").replace("norm.0.", "norm."): value for name, value in state.items()}

    found = difference(
        "sra/linear", OfPvt(DIM, HEADS, linear_attn=True), as_theirs, grid, partial(with_grid, grid=grid)
    )
    assert found.within(TOLERANCE)


OF_SWIN = renamed(bias="relative_position_bias_table")


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("shifted", [False, True])
def test_windows_are_torchvisions(grid: tuple[int, int], *, shifted: bool) -> None:
    """Plain and shifted, and zeros beside the grid included."""
    theirs = ShiftedWindowAttention(DIM, [3, 3], [1, 1] if shifted else [0, 0], HEADS)
    name = "window/shifted" if shifted else "window"
    assert difference(f"{name}:window_size=3", theirs, OF_SWIN, grid, partial(on_grid, grid=grid)).within(TOLERANCE)


class _Windows(nn.Module):
    """The attention of timm's Swin block, whose other parts have parameters too."""

    def __init__(self, grid: tuple[int, int], *, shift: int) -> None:
        super().__init__()
        block: Any = SwinTransformerBlock(DIM, grid, num_heads=HEADS, window_size=3, shift_size=shift)
        self.attn = block.attn
        # No part of this module, and so without parameters in it.
        self._block = [block]

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self._block[0]._attn(x)
        return output


def with_prefix(state: State) -> State:
    """Return the names of timm's attention in its block."""
    return {f"attn.{name}": value for name, value in OF_SWIN(state).items()}


@pytest.mark.parametrize("shifted", [False, True])
def test_windows_are_timms_where_they_tile_the_grid(*, shifted: bool) -> None:
    """It takes 100 off hidden scores, where ours are hidden: exp(-100) is nothing in float64."""
    grid = (6, 9)
    name = "window/shifted" if shifted else "window"
    found = difference(
        f"{name}:window_size=3",
        _Windows(grid, shift=1 if shifted else 0).double(),
        with_prefix,
        grid,
        partial(on_grid, grid=grid),
    )
    assert found.within(TOLERANCE)


def test_timm_shifts_a_grid_before_it_is_padded() -> None:
    """Torchvision, and we, pad it before: other tokens share the windows at the border, and outputs are others."""
    grid = (4, 5)
    theirs = _Windows(grid, shift=1).double()
    found = difference("window/shifted:window_size=3", theirs, with_prefix, grid, partial(on_grid, grid=grid))
    assert found.values > 0.1


def test_linformer_is_that_of_linformer() -> None:
    """Its keys and values are projected along the length before heads part; it has no biases before."""
    from linformer import LinformerSelfAttention

    def as_theirs(state: State) -> State:
        of_q, of_k, of_v = state["qkv.weight"].chunk(3)
        found = {
            "to_q.weight": of_q,
            "to_k.weight": of_k,
            "to_v.weight": of_v,
            "proj_k": state["of_keys"].T,
            "proj_v": state["of_values"].T,
        }
        return found | {f"to_out.{leaf}": state[f"proj.{leaf}"] for leaf in ("weight", "bias")}

    length = 9
    mixer = ours("linformer:keys=5", 1, length)
    mixer.get_submodule("qkv").register_parameter("bias", None)
    theirs = LinformerSelfAttention(DIM, length, k=5, heads=HEADS)
    assert difference_of_modules(mixer, theirs, as_theirs, drawn(2, length, DIM)).within(TOLERANCE)


def test_linformer_shares_values_where_it_shares_sums() -> None:
    """Its ``share_kv`` has one projection for keys and values; ours one sum along the length, as in the paper."""
    from linformer import LinformerSelfAttention

    theirs = LinformerSelfAttention(DIM, 9, k=5, heads=HEADS, share_kv=True)
    assert {name for name, _ in theirs.named_parameters()} == {
        "proj_k",
        "to_q.weight",
        "to_k.weight",
        "to_out.weight",
        "to_out.bias",
    }
    assert torch.equal(theirs(torch.zeros(1, 9, DIM)), theirs.to_out.bias.expand(1, 9, DIM))
