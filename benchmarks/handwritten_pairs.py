"""Attentions of ours beside the same ones of timm, torchvision, PyTorch and others, with equal weights."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from timm.layers.attention import Attention, AttentionRope
from timm.layers.attention2d import MultiQueryAttentionV2
from timm.models.pvt_v2 import Attention as OfPvt
from timm.models.swin_transformer import SwinTransformerBlock
from timm.models.twins import LocallyGroupedAttn
from timm.models.xcit import XCA
from torch import Tensor, nn
from torchvision.models.swin_transformer import ShiftedWindowAttention

from attn_impls import Heads, TokenSite, builtin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    State = Mapping[str, Tensor]

GRID = (14, 14)
DIM, HEADS = 384, 6
WIDTH = DIM // HEADS
BATCH, LENGTH = 2, 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One attention, by our name and by what others call theirs."""

    ours: str
    theirs: str
    build: Callable[[], nn.Module]
    """Theirs, called as ours is."""
    as_theirs: Callable[[State], State]
    """Its parameters from those of ours; those that ours has alone are made zero before."""
    zero: str = ""
    """The parameter that ours has alone."""
    judged: bool = True
    """Whether it is timm's, torchvision's or PyTorch's."""
    between: bool = False
    """Queries, keys and values in place of tokens."""

    def made(self) -> tuple[nn.Module, nn.Module]:
        """Return ours and theirs with the same random weights."""
        torch.manual_seed(0)
        spec = builtin().find(self.ours)
        if self.between:
            ours = spec.build_attention(Heads(heads=HEADS, head_dim=WIDTH, kv_heads=HEADS))
        else:
            ours = spec.build(TokenSite(dim=DIM, heads=HEADS, height=GRID[0], width=GRID[1]))
        theirs = self.build()
        with torch.no_grad():
            if self.zero:
                ours.get_parameter(self.zero).zero_()
            given = self.as_theirs({**dict(ours.named_parameters()), **dict(ours.named_buffers())})
            wanted = {**dict(theirs.named_parameters()), **dict(theirs.named_buffers())}
            for name, value in given.items():
                wanted[name].copy_(value)
        return ours, theirs

    def inputs(self, dtype: torch.dtype = torch.float32) -> tuple[Tensor, ...]:
        """Return random inputs."""
        generator = torch.Generator().manual_seed(0)
        shape = (BATCH, HEADS, LENGTH, WIDTH) if self.between else (BATCH, GRID[0] * GRID[1], DIM)
        return tuple(torch.randn(shape, generator=generator).to(dtype) for _ in range(3 if self.between else 1))


class Called(nn.Module):
    """Theirs, called as ours is."""

    def __init__(self, inner: nn.Module, call: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        self.inner = inner
        self._call = call

    def forward(self, x: Tensor) -> Tensor:
        return self._call(self.inner, x)


def _inner(state: State) -> State:
    return {f"inner.{name}": value for name, value in state.items()}


def _timm(*, fused: bool) -> nn.Module:
    made: Any = Attention(DIM, HEADS, qkv_bias=True)
    made.fused_attn = fused
    module: nn.Module = made
    return module


def _grids(inner: nn.Module) -> nn.Module:
    return Called(inner, lambda module, x: module(x.view(len(x), *GRID, DIM)).flatten(1, 2))


def _told(inner: nn.Module) -> nn.Module:
    return Called(inner, lambda module, x: module(x, GRID))


def _swin_block(shift: int) -> nn.Module:
    block: Any = SwinTransformerBlock(DIM, GRID, num_heads=HEADS, window_size=7, shift_size=shift)
    return Called(block, lambda module, x: module._attn(x.view(len(x), *GRID, DIM)).flatten(1, 2))  # noqa: SLF001 - timm's own


def _of_torch(state: State) -> State:
    names = {"in_proj_weight": "qkv.weight", "in_proj_bias": "qkv.bias"}
    names |= {f"out_proj.{leaf}": f"proj.{leaf}" for leaf in ("weight", "bias")}
    return {f"inner.{theirs}": state[ours] for theirs, ours in names.items()}


def _grouped(state: State) -> State:
    found = {f"proj.{leaf}": state[f"proj.{leaf}"] for leaf in ("weight", "bias")}
    for leaf in ("weight", "bias"):
        parts = torch.split(state[f"qkv.{leaf}"], [DIM, DIM // 2, DIM // 2])
        found |= {f"{letter}_proj.{leaf}": part for letter, part in zip("qkv", parts, strict=True)}
    return found


def _multi_query(state: State) -> State:
    of_q, of_k, of_v = torch.split(state["qkv.weight"], [DIM, WIDTH, WIDTH])
    return {
        "inner.query_proj": of_q.view(HEADS, WIDTH, DIM),
        "inner.key_proj": of_k.T,
        "inner.value_proj": of_v.T,
        "inner.out_proj": state["proj.weight"].view(DIM, HEADS, WIDTH),
    }


def _of_window(prefix: str) -> Callable[[State], State]:
    def change(state: State) -> State:
        names = {name: "relative_position_bias_table" if name == "bias" else name for name in state}
        return {f"{prefix}{names[name]}": value for name, value in state.items() if name not in ("index", "apart")}

    return change


def _reduced(*, pooled: bool) -> Callable[[State], State]:
    before = ("reduce.1.", "norm.0.") if pooled else ("reduce.0.", "norm.")
    return lambda state: _inner(
        {name.replace(before[0], "sr.").replace(before[1], "norm."): value for name, value in state.items()}
    )


def _linformer() -> nn.Module:
    from linformer import LinformerSelfAttention

    made: nn.Module = LinformerSelfAttention(DIM, GRID[0] * GRID[1], k=64, heads=HEADS)
    return made


def _of_linformer(state: State) -> State:
    parts = dict(zip(("to_q.weight", "to_k.weight", "to_v.weight"), state["qkv.weight"].chunk(3), strict=True))
    sums = {"proj_k": state["of_keys"].T, "proj_v": state["of_values"].T}
    return {**parts, **sums, **{f"to_out.{leaf}": state[f"proj.{leaf}"] for leaf in ("weight", "bias")}}


class _Performer(nn.Module):
    """performer-pytorch's functions, without what they add to features."""

    def __init__(self) -> None:
        super().__init__()
        self.projection: Tensor
        self.register_buffer("projection", torch.zeros(256, WIDTH))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            from performer_pytorch import performer_pytorch
        self._package = performer_pytorch

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        features = self._package.softmax_kernel
        of_q = features(q, projection_matrix=self.projection, is_query=True, eps=0)
        of_k = features(k, projection_matrix=self.projection, is_query=False, eps=0)
        output: Tensor = self._package.linear_attention(of_q, of_k, v)
        return output


def _math() -> nn.Module:
    found = builtin().find("sdpa:backend=math")
    return found.build_attention(Heads(heads=HEADS, head_dim=WIDTH, kv_heads=HEADS))


def _nothing(state: State) -> State:
    del state
    return {}


PAIRS = (
    Pair(ours="attention/eager", theirs="PyTorch, math", build=_math, as_theirs=_nothing, between=True),
    Pair(ours="mha", theirs="timm Attention", build=lambda: _timm(fused=True), as_theirs=dict),
    Pair(
        ours="mha:attention=attention/eager",
        theirs="timm Attention, by hand",
        build=lambda: _timm(fused=False),
        as_theirs=dict,
    ),
    Pair(
        ours="mha",
        theirs="torch MultiheadAttention",
        build=lambda: Called(
            nn.MultiheadAttention(DIM, HEADS, batch_first=True),
            lambda module, x: module(x, x, x, need_weights=False)[0],
        ),
        as_theirs=_of_torch,
    ),
    Pair(
        ours="gqa:group=2",
        theirs="timm AttentionRope",
        build=lambda: AttentionRope(DIM, HEADS, qkv_fused=False, num_kv_heads=HEADS // 2, num_prefix_tokens=0),
        as_theirs=_grouped,
    ),
    Pair(
        ours="mqa:bias=false",
        theirs="timm MultiQueryAttentionV2",
        build=lambda: Called(
            MultiQueryAttentionV2(DIM, num_heads=HEADS, key_dim=WIDTH, value_dim=WIDTH),
            lambda module, x: module(x.mT.reshape(len(x), DIM, *GRID)).flatten(2).mT,
        ),
        as_theirs=_multi_query,
        zero="proj.bias",
    ),
    *(
        Pair(
            ours="window/shifted" if shift else "window",
            theirs=f"torchvision, shift {shift}",
            build=lambda shift=shift: _grids(ShiftedWindowAttention(DIM, [7, 7], [shift, shift], HEADS)),  # type: ignore[misc]
            as_theirs=_of_window("inner."),
        )
        for shift in (0, 3)
    ),
    *(
        Pair(
            ours="window/shifted" if shift else "window",
            theirs=f"timm Swin, shift {shift}",
            build=lambda shift=shift: _swin_block(shift),  # type: ignore[misc]
            as_theirs=_of_window("inner.attn."),
        )
        for shift in (0, 3)
    ),
    Pair(
        ours="lsa",
        theirs="timm LocallyGroupedAttn",
        build=lambda: _told(LocallyGroupedAttn(DIM, HEADS, ws=7)),
        as_theirs=_inner,
    ),
    Pair(
        ours="sra",
        theirs="timm PVTv2",
        build=lambda: _told(OfPvt(DIM, HEADS, sr_ratio=2)),
        as_theirs=_reduced(pooled=False),
    ),
    Pair(
        ours="sra/linear",
        theirs="timm PVTv2, linear",
        build=lambda: _told(OfPvt(DIM, HEADS, linear_attn=True)),
        as_theirs=_reduced(pooled=True),
    ),
    Pair(ours="xca", theirs="timm XCA", build=lambda: XCA(DIM, HEADS, qkv_bias=True), as_theirs=dict),
    Pair(
        ours="linformer",
        theirs="linformer",
        build=_linformer,
        as_theirs=_of_linformer,
        zero="qkv.bias",
        judged=False,
    ),
    Pair(
        ours="attention/performer",
        theirs="performer-pytorch",
        build=_Performer,
        as_theirs=lambda state: {"projection": state["projection"]},
        between=True,
        judged=False,
    ),
)
