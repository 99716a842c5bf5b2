"""Sequences of unlike lengths in one batch: each gets what it gets alone, and what takes no lengths says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch.autograd import grad

from attn_impls import builtin
from attn_impls.tokens.lengths import TakesNoLengthsError

from .reference_attention import REFERENCES, padded
from .test_attention import FORWARD_ONLY, NAMES, SIZES, TOLERANCE, Sizes, build, drawn

if TYPE_CHECKING:
    from torch import Tensor

REFUSED = ("attention/nystromformer:landmarks=3", "attention/nystromformer:landmarks=4,iterations=2")
TAKEN = tuple(name for name in NAMES if name not in REFUSED)
#: Grouped keys, and more tokens than a chunk has.
SQUARE = (Sizes(3, 4, 2, 9, 9, 8), Sizes(2, 1, 1, 70, 70, 4))
LENGTHS = {SQUARE[0]: [9, 1, 5], SQUARE[1]: [66, 70]}
#: Weights do not depend on positions.
UNPLACED = tuple(
    name
    for name in TAKEN
    if not any(word in name for word in ("causal", "window", "document", "rope", "alibi", "relative", "cosformer"))
)


def seen_rows(output: Tensor, lengths: list[int]) -> Tensor:
    """Return the output with zeros where it is padding."""
    beyond = torch.arange(output.shape[2]) >= torch.tensor(lengths)[:, None]
    return output.masked_fill(beyond[:, None, :, None], 0)


@pytest.mark.parametrize("sizes", SQUARE, ids=["9", "70"])
@pytest.mark.parametrize("name", TAKEN)
def test_each_sequence_gets_what_it_gets_alone(name: str, sizes: Sizes) -> None:
    """Values and gradients of the reference without padding; padding has none."""
    module, lengths = build(name, sizes), LENGTHS[sizes]
    ours, theirs = ([x.requires_grad_() for x in drawn(sizes)] for _ in range(2))
    output = seen_rows(module(*ours, lengths=torch.tensor(lengths)), lengths)
    weights = REFERENCES[name.partition(":")[0]]
    expected = padded(theirs, lengths, weights, builtin().find(name).options, module.state_dict())
    assert (output - expected).abs().max() <= TOLERANCE
    upstream = torch.randn(expected.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for one, other in zip(grad(output, ours, upstream), grad(expected, theirs, upstream), strict=True):
        assert (one - other).abs().max() <= TOLERANCE


@pytest.mark.parametrize("name", FORWARD_ONLY)
def test_without_a_backward_pass_each_sequence_gets_what_it_gets_alone(name: str) -> None:
    """The values of the reference without padding."""
    # A process compiles it for a few patterns and sizes, and refuses further ones.
    torch.compiler.reset()
    sizes = SQUARE[0]
    lengths = LENGTHS[sizes]
    expected = padded(drawn(sizes), lengths, REFERENCES[name.partition(":")[0]], builtin().find(name).options, {})
    output = build(name, sizes)(*drawn(sizes), lengths=torch.tensor(lengths))
    assert (seen_rows(output, lengths) - expected).abs().max() <= TOLERANCE


@pytest.mark.parametrize("name", UNPLACED)
def test_keys_alone_can_be_padded(name: str) -> None:
    """Of other numbers of queries than of keys no query is padding."""
    sizes = Sizes(3, 4, 2, 5, 9, 8)
    module, lengths = build(name, sizes), [3, 9, 1]
    expected = padded(
        drawn(sizes), lengths, REFERENCES[name.partition(":")[0]], builtin().find(name).options, module.state_dict()
    )
    assert (module(*drawn(sizes), lengths=torch.tensor(lengths)) - expected).abs().max() <= TOLERANCE


@pytest.mark.parametrize("name", TAKEN)
def test_nan_in_padding_never_reaches_a_sequence(name: str) -> None:
    """Nor huge numbers in its values; and what padding itself gets is finite as long as padding is."""
    sizes = SQUARE[0]
    module, lengths = build(name, sizes), LENGTHS[sizes]
    q, k, v = drawn(sizes)
    before = module(q, k, v, lengths=torch.tensor(lengths))
    assert bool(before.isfinite().all())
    if name.startswith("sdpa"):
        # torch's own adds -inf to a score that is NaN: the audit notes it.
        return
    beyond = (torch.arange(9) >= torch.tensor(lengths)[:, None])[:, None, :, None]
    after = module(q, k.masked_fill(beyond, torch.nan), v.masked_fill(beyond, 1e300), lengths=torch.tensor(lengths))
    assert (seen_rows(after, lengths) - seen_rows(before, lengths)).abs().max() <= TOLERANCE


@pytest.mark.parametrize("name", REFUSED)
def test_what_takes_no_lengths_says_so(name: str) -> None:
    """One line has the reason, and what to do."""
    with pytest.raises(
        TakesNoLengthsError, match=r"\A[^\n]*one length for all; give each sequence without its padding"
    ):
        build(name, SIZES[0])(*drawn(SIZES[0]), lengths=torch.tensor([6, 2]))


@pytest.mark.parametrize(
    ("name", "lengths", "words"),
    [
        ("sdpa", torch.tensor([7, 2]), r"lengths of \[7, 2\] for 6 keys; each is 1 to 6"),
        ("attention/eager", torch.tensor([0, 2]), r"lengths of \[0, 2\] for 6 keys; each is 1 to 6"),
        ("attention/linear", torch.tensor([6]), r"lengths are torch.int64 \[1\]; give int64 \[2\], one for each"),
        ("attention/flex", torch.tensor([6.0, 2.0]), r"lengths are torch.float32 \[2\]; give int64 \[2\]"),
    ],
)
def test_lengths_that_are_none_are_refused(name: str, lengths: Tensor, words: str) -> None:
    """Too long, empty, of another batch, no whole numbers."""
    with pytest.raises(ValueError, match=rf"\A{words}"):
        build(name, SIZES[0])(*drawn(SIZES[0]), lengths=lengths)


@pytest.mark.parametrize("name", [name for name in TAKEN if name not in UNPLACED])
def test_queries_without_a_position_beside_padding_are_refused(name: str) -> None:
    """Five queries of nine keys, of which some are padding: which positions have they?"""
    sizes = Sizes(2, 4, 2, 5, 9, 8)
    with pytest.raises(ValueError, match=r"\A5 queries of 9 keys have no positions beside padding; give as many"):
        build(name, sizes)(*drawn(sizes), lengths=torch.tensor([9, 4]))
