"""The single attention layers that a published table compares: shapes, and which tokens see which."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from attn_impls import builtin
from suites.papers.layers import LAYERS, SIDE, TOKENS, WIDTH, Projected, Window
from suites.papers.rebuild import Network, Rebuilder


def reached(layer: nn.Module, row: int, column: int) -> Tensor:
    """Return which places of the 14 x 14 results a change of one token changes."""
    layer = layer.eval()
    for parameter in layer.parameters():
        # Whatever is at rest at first must pass a change on too.
        nn.init.normal_(parameter, std=0.05)
    tokens = torch.randn(1, TOKENS, WIDTH, generator=torch.Generator().manual_seed(0))
    changed = tokens.clone()
    changed[0, row * SIDE + column] += 1.0
    with torch.no_grad():
        apart = (layer(changed) - layer(tokens)).abs().amax(-1)
    changed_places: Tensor = apart.reshape(SIDE, SIDE) > 0
    return changed_places


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_keeps_the_shape_of_its_tokens(name: str) -> None:
    """[1, 196, 768] -> [1, 196, 768]."""
    with torch.device("meta"):
        assert LAYERS[name]()(torch.empty(1, TOKENS, WIDTH)).shape == (1, TOKENS, WIDTH)


def test_windows_are_where_they_are_said_to_be() -> None:
    """A token changes the 7 x 7 results of its window, and no others."""
    expected = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    expected[:7, 7:] = True
    assert torch.equal(reached(Window(), 2, 9), expected)


def test_shifted_windows_are_moved_by_three() -> None:
    """A window begins at 3 and ends at 9; what it leaves at the edges is joined, as there is no mask."""
    expected = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    expected[3:10, 3:10] = True
    assert torch.equal(reached(Window(shift=3), 3, 9), expected)


def test_stripes_cross() -> None:
    """A token changes the results of its seven rows by one half of the heads, of its seven columns by the other."""
    expected = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    expected[:7] = True
    expected[:, 7:] = True
    assert torch.equal(reached(LAYERS["cross_window"](), 0, 13), expected)


def test_plain_attention_is_torchs() -> None:
    """With equal weights the values are those of nn.MultiheadAttention."""
    ours, theirs = Projected().double(), nn.MultiheadAttention(WIDTH, 12, batch_first=True).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.in_proj_bias.copy_(ours.qkv.bias)
        theirs.out_proj.weight.copy_(ours.project.weight)
        theirs.out_proj.bias.copy_(ours.project.bias)
        tokens = torch.randn(1, TOKENS, WIDTH, dtype=torch.float64)
        expected, _ = theirs(tokens, tokens, tokens, need_weights=False)
        torch.testing.assert_close(ours(tokens), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "macs"),
    [
        ("msa", 4 * 196 * 768**2 + 2 * 196**2 * 768),
        ("window", 4 * 196 * 768**2 + 2 * 196 * 49 * 768),
        ("shifted_window", 4 * 196 * 768**2 + 2 * 196 * 49 * 768),
        ("xca", 4 * 196 * 768**2 + 2 * 196 * 768 * 64),
        ("sra", 7 * 196 * 768**2 // 2 + 2 * 196 * 49 * 768),
        ("linformer", 4 * 196 * 768**2 + 4 * 196 * 256 * 768),
        ("cross_window", 4 * 196 * 768**2 + 2 * 196 * 98 * 768 + 196 * 768 * 9),
    ],
)
def test_multiply_accumulates_are_the_closed_forms(name: str, macs: int) -> None:
    """Of N tokens, each d wide: 4 N d^2 for projections, 2 N M d for M keys a token."""
    network = Network(host=f"layer:{name}", image_size=0, num_classes=0)
    assert Rebuilder(builtin()).exact(network, "macs") == macs
