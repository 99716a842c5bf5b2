"""What the suites of a function's numbers do with attention between tokens: inputs in one vector, scores that grow."""

from __future__ import annotations

from math import prod, sqrt
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from bench.numerics.patterns import Pattern

if TYPE_CHECKING:
    from results.records import Tokens

SEED = 0
INF = float("inf")


class Packed(nn.Module):
    """An attention of one vector, which holds queries, keys and values one after the other.

    Args:
        module: of queries, keys and values.
        tokens: their sizes.

    """

    def __init__(self, module: nn.Module, tokens: Tokens) -> None:
        super().__init__()
        self.module = module
        self._shapes = shapes(tokens)

    def forward(self, packed: Tensor) -> Tensor:
        """Return the output of the module for the parts of the vector."""
        pieces = packed.split([prod(shape) for shape in self._shapes])
        output: Tensor = self.module(*(piece.view(shape) for piece, shape in zip(pieces, self._shapes, strict=True)))
        return output


def shapes(tokens: Tokens) -> tuple[tuple[int, ...], ...]:
    """Return the shapes of queries, keys and values."""
    return tokens.shape, tokens.kv_shape, tokens.kv_shape


def drawn(tokens: Tokens) -> tuple[Tensor, Tensor, Tensor]:
    """Return seeded standard normal queries and keys in float64, and the absolute values of such numbers as values.

    Sums of values by weights above 0 then have nothing that cancels: errors are those of the weights and the sums.
    """
    generator = torch.Generator().manual_seed(SEED)
    q, k, v = (torch.randn(shape, dtype=torch.float64, generator=generator) for shape in shapes(tokens))
    return q, k, v.abs()


def patterns(tokens: Tokens) -> tuple[Pattern, ...]:
    """Return queries that grow while keys and values stay, values that grow, and keys that hide or spoil.

    The magnitude is the score of a pair, or its scale; of *values* it is the value.
    """
    q, k, v = drawn(tokens)
    width = tokens.head_dim
    # Scores are the products over the root of the width: with this query, a key's first number is its score.
    along = torch.zeros_like(q)
    along[..., 0] = sqrt(width)

    def keys(first: Tensor | float) -> Tensor:
        made = torch.zeros_like(k)
        made[..., 0] = first
        return made

    places = torch.zeros(k.shape[:-1], dtype=torch.float64)
    one = places.clone()
    one[..., 0] = 1
    per_head = tokens.heads // tokens.kv_heads
    of_keys = k.repeat_interleave(per_head, 1)[:, :, -tokens.queries :]
    looking = of_keys if tokens.queries <= tokens.keys else q
    growing = {
        "one large": (along, keys(one), v),
        "all equal": (along, keys(1.0), v),
        "all negative": (along, keys(-1.0), v),
        "Gaussian": (q, k, v),
        "attention": (looking, k, v),
    }
    fixed = {
        "all -inf": (along, keys(-INF), v),
        "one +inf": (along, keys(_first(places, INF)), v),
        "one NaN": (along, keys(_first(places, float("nan"))), v),
    }
    return (
        *(_pattern(name, parts, moving=0) for name, parts in growing.items()),
        _pattern("values", (torch.zeros_like(q), torch.zeros_like(k), torch.ones_like(v)), moving=2),
        *(_pattern(name, parts, moving=None) for name, parts in fixed.items()),
    )


def scaled(tokens: Tokens) -> Pattern:
    """Return random tokens whose magnitude is the standard deviation of the scores."""
    return _pattern("Gaussian", drawn(tokens), moving=0)


def _first(places: Tensor, value: float) -> Tensor:
    changed = places.clone()
    changed[..., 0] = value
    return changed


def _pattern(name: str, parts: tuple[Tensor, Tensor, Tensor], *, moving: int | None) -> Pattern:
    """Return the parts one after the other, of which one grows, or none."""
    masks = [torch.full_like(part, index == moving, dtype=torch.bool).flatten() for index, part in enumerate(parts)]
    return Pattern(name=name, unit=torch.cat([part.flatten() for part in parts]), moving=torch.cat(masks))
