"""Attention between tokens: does a query see what it promises to see, and are all three of its inputs used?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from ..site import Heads
from ..spec import Family
from ..tokens.pattern import hidden
from .findings import Finding, Name, fault, note
from .subject import agree, build, draw, largest_difference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .places import Place

#: Of the inputs, in their order.
INPUTS = ("the queries", "the keys", "the values")
SEEDS = 3
#: Values that are hidden hold such a share of the dtype's largest number: infinity, times a weight of 0, is NaN.
SHARE_OF_LARGEST = 0.25


class Parts(NamedTuple):
    """Queries, keys and values."""

    q: Tensor
    k: Tensor
    v: Tensor

    def packed(self) -> Tensor:
        """Return them one behind the other, as all checks have them."""
        return torch.cat([part.flatten() for part in self])


def drawn(home: Place, seed: int = 0) -> Parts:
    """Return the three parts of an input."""
    sizes = [torch.Size(part).numel() for part in home.parts]
    pieces = draw(home, seed=seed).split(sizes)
    return Parts(*(piece.view(part) for piece, part in zip(pieces, home.parts, strict=True)))


def _is_of_tokens(home: Place) -> bool:
    return home.spec.family == Family.ATTENTION and isinstance(home.at, Heads)


def check_visible(home: Place) -> Iterator[Finding]:
    """Change the keys and values that a query promises not to see, and look whether its output changes."""
    if not _is_of_tokens(home):
        return
    module, parts = build(home), drawn(home)
    unseen = _unseen(home)
    if unseen is None:
        row = parts.q.shape[2] // 2
        later = torch.arange(parts.k.shape[2]) > row + parts.k.shape[2] - parts.q.shape[2]
        moved = _with_others(parts, later, drawn(home, seed=1))
        if agree(_row(module, moved, row), _row(module, parts, row)):
            words = (
                f"query {row} does not see the keys after it, and nothing says so: operations are counted for all pairs"
            )
            yield fault(Name.UNSAID, words, "take causal= as an option, and give causal=True where it is described")
        return
    for row in range(len(unseen)):
        moved = _with_others(parts, unseen[row], drawn(home, seed=1))
        before, after = _row(module, parts, row), _row(module, moved, row)
        if not agree(after, before):
            by = largest_difference(after, before)
            words = f"the output of query {row} changes by {by:.3g} with keys or values that it promises not to see"
            yield fault(Name.SEES_HIDDEN, words, "hide scores before they are normalised: masked_fill(hidden, -inf)")
            return


def check_poisoned(home: Place) -> Iterator[Finding]:
    """Put NaN into the keys, and huge numbers into the values, that a query promises not to see."""
    if not _is_of_tokens(home):
        return
    unseen = _unseen(home)
    if unseen is None:
        return
    module, parts = build(home), drawn(home)
    keys = torch.full_like(parts.k, float("nan"))
    values = torch.full_like(parts.v, SHARE_OF_LARGEST * torch.finfo(parts.v.dtype).max)
    for row in range(len(unseen)):
        moved = _with_others(parts, unseen[row], Parts(parts.q, keys, values))
        if not agree(_row(module, moved, row), _row(module, parts, row)):
            words = f"NaN in a key, or a huge value, that query {row} does not see changes its output"
            remedy = "replace hidden scores, as masked_fill does; adding -inf leaves NaN what it is"
            yield note(Name.HIDDEN_NAN, words, remedy)
            return


def check_inputs_used(home: Place) -> Iterator[Finding]:
    """Send a random gradient back to queries, keys and values."""
    if not _is_of_tokens(home):
        return
    sizes = [torch.Size(part).numel() for part in home.parts]
    largest = [0.0] * len(sizes)
    for seed in range(SEEDS):
        x = draw(home, seed=seed).requires_grad_()
        output = build(home, seed=seed, training=True)(x)
        if not output.requires_grad:
            return
        upstream = torch.randn(output.shape, generator=torch.Generator().manual_seed(seed)).to(output)
        (gradient,) = torch.autograd.grad(output, x, upstream, allow_unused=True)
        if gradient is not None:
            largest = [max(size, float(part.abs().max())) for size, part in zip(largest, gradient.split(sizes))]  # noqa: B905 - as many
    without = [name for name, size in zip(INPUTS, largest, strict=True) if size == 0]
    if without and len(without) < len(INPUTS):
        words = f"none for {', '.join(without)} in {SEEDS} draws"
        yield fault(Name.NO_GRADIENT, words, "use each of the three, without detach() or no_grad()")


def _unseen(home: Place) -> Tensor | None:
    """Return which keys each query promises not to see; None: it promises nothing."""
    queries, keys = home.parts[0][2], home.parts[1][2]
    return hidden(queries, keys, home.spec.seen, torch.device("cpu"))


def _with_others(parts: Parts, chosen: Tensor, others: Parts) -> Parts:
    """Return the parts with other keys and values in some places."""
    where = chosen[:, None]
    return Parts(parts.q, torch.where(where, others.k, parts.k), torch.where(where, others.v, parts.v))


def _row(module: nn.Module, parts: Parts, row: int) -> Tensor:
    with torch.no_grad():
        output: Tensor = module(parts.packed())
    return output[:, :, row]
