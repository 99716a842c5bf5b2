"""HardSoftmax attention in tiles: where the tiles end makes no difference, and no map of pairs lies in memory."""

from __future__ import annotations

import pytest
import torch
from torch.autograd import grad

from attn_impls import Heads, builtin
from attn_impls.tokens import hard_softmax
from bench.memory.observe import observe


def inputs(batch: int, heads: int, kv_heads: int, queries: int, keys: int) -> list[torch.Tensor]:
    """Return queries, keys and values of 8 numbers, with gradients."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(batch, heads, queries, 8), *[(batch, kv_heads, keys, 8)] * 2]
    return [torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for shape in shapes]


@pytest.mark.parametrize("tile", [(1, 1, 1), (3, 2, 6), (4, 5, 60), (2, 7, 1000)])
@pytest.mark.parametrize("causal", [False, True])
def test_any_tiles_give_the_same(tile: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch, *, causal: bool) -> None:
    """Values and gradients are those of the whole map, whichever tiles are cut off at the ends."""
    for name, size in zip(("TILE_QUERIES", "TILE_KEYS", "TILE_PAIRS"), tile, strict=True):
        monkeypatch.setattr(hard_softmax, name, size)
    registry, heads = builtin(), Heads(heads=4, head_dim=8, kv_heads=2)
    options = f":causal={str(causal).lower()}"
    found = []
    for name in ("attention/hard_softmax/tiled", "attention/hard_softmax"):
        given = inputs(2, 4, 2, 7, 9)
        output = registry.find(name + options).build_attention(heads).double()(*given)
        found.append((output, *grad(output.square().sum(), given)))
    for ours, theirs in zip(*found, strict=True):
        assert (ours - theirs).abs().max() <= 1e-12


def test_large_scores_stay_finite() -> None:
    """Logits of 2,500 as real models have them, in float32 and in float16, where exp would need a maximum."""
    module = builtin().find("attention/hard_softmax/tiled").build_attention(Heads(heads=1, head_dim=4, kv_heads=1))
    for dtype in (torch.float32, torch.float16):
        q = torch.full((1, 1, 3, 4), 50.0, dtype=dtype)
        k = torch.tensor([1.0, -1.0, 0.5], dtype=dtype)[:, None].mul(25).expand(1, 1, 3, 4).contiguous()
        output = module(q, k, torch.ones_like(k))
        assert torch.allclose(output, torch.ones_like(output), rtol=1e-3)


def test_memory_is_linear_in_the_length() -> None:
    """Four times as many tokens need at most four times the memory, forward and backward, beyond a few tiles."""
    registry, heads = builtin(), Heads(heads=2, head_dim=8, kv_heads=2)
    peaks = {}
    for length in (1024, 4096):
        module = registry.find("attention/hard_softmax/tiled").build_attention(heads)
        generator = torch.Generator().manual_seed(0)
        given = [torch.randn(1, 2, length, 8, generator=generator).requires_grad_() for _ in range(3)]

        def call(module: torch.nn.Module = module, given: list[torch.Tensor] = given) -> object:
            return grad(module(*given).sum(), given)

        peaks[length] = observe(call, "cpu").peak_live_bytes
    tiles = 4 * hard_softmax.TILE_PAIRS * 4
    assert peaks[4096] <= 4 * peaks[1024] + tiles
    # A map of pairs alone would be 2 x 4096^2 x 4 bytes, 134 MB.
    assert peaks[4096] < 10e6
