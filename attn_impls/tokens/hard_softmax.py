"""HardSoftmax attention in tiles: each key is passed once, and no map of queries x keys lies in memory."""

from __future__ import annotations

import math
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from .lengths import padding, require_lengths
from .pattern import require_heads, require_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Queries and keys of a tile: as many as keep products of matrices fast...
TILE_QUERIES, TILE_KEYS = 512, 512
#: ...and pairs, of one or more heads: a tile of float32 fills the cache of a core.
TILE_PAIRS = 2**18


class TiledHardSoftmaxAttention(nn.Module):
    """Attention with HardSoftmax (Zhu et al. 2021, doi:10.3778/j.issn.1002-8331.2010-0085), in tiles.

    q [B, H, Sq, D], k [B, Hk, Sk, D], v [B, Hk, Sk, Dv] -> [B, H, Sq, Dv]. The weights are E(s) over their sum with
    E(s) = 1 + s for s > 0 and 1 / (1 - s) for s <= 0, s the scores q k / sqrt(D). E grows no faster than s: sums need
    no maximum taken off before, as those of exp do, and a row is done in one pass. The backward pass computes the
    scores once more. Sums overflow where a score is beyond the dtype's largest number over Sk, and vanish where all
    are below minus that; float16 and bfloat16 are computed in float32. ``lengths`` [B]: keys from a sequence's length
    on are padding, which no query sees.

    Args:
        heads: H.
        head_dim: D.
        kv_heads: Hk; H is a multiple of it.
        causal: no query sees a later key; there are no more queries than keys, and the last query is the last token.

    """

    def __init__(self, heads: int, head_dim: int, *, kv_heads: int, causal: bool = False) -> None:
        super().__init__()
        require_heads(heads, head_dim, kv_heads)
        self._heads, self._causal = (heads, head_dim, kv_heads), causal

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        require_shapes(q, k, v, self._heads, aligned=self._causal)
        require_lengths(lengths, q, k, placed=self._causal)
        wide = torch.promote_types(q.dtype, torch.float32)
        shared = self._heads[0] // self._heads[2]
        k, v = (each.to(wide) if shared == 1 else each.to(wide).repeat_interleave(shared, 1) for each in (k, v))
        scaled = (q.to(wide) * (1 / math.sqrt(self._heads[1]))).flatten(0, 1)
        beyond = None if lengths is None else padding(lengths, k.shape[2]).repeat_interleave(self._heads[0], 0)
        output: Tensor = _Tiled.apply(scaled, k.flatten(0, 1), v.flatten(0, 1), (beyond, self._causal))
        return output.unflatten(0, q.shape[:2]).to(q.dtype)


class _Tiled(torch.autograd.Function):
    """q [N, Sq, D], k [N, Sk, D], v [N, Sk, Dv] -> [N, Sq, Dv]; with it which keys are padding, [N, Sk] or None."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, hiding: tuple[Tensor | None, bool]) -> Tensor:
        beyond, causal = hiding
        output = q.new_zeros(*q.shape[:2], v.shape[2])
        sums = q.new_zeros(*q.shape[:2], 1)
        room = _Room(q, k, tiles=2)
        for tile in _tiles(q, k, beyond, causal=causal):
            energies, _ = tile.energies(q, k, room)
            sums[tile.heads, tile.queries] += energies.sum(-1, keepdim=True)
            output[tile.heads, tile.queries].baddbmm_(energies, v[tile.heads, tile.keys])
        output /= sums
        ctx.save_for_backward(q, k, v, beyond, output, sums)
        ctx.causal = causal
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, beyond, output, sums = ctx.saved_tensors
        # Divided here, where there is a number for each query, and not a pair.
        over = upstream / sums
        less = -(over * output).sum(-1, keepdim=True)
        of_q, of_k, of_v = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
        room = _Room(q, k, tiles=3)
        for tile in _tiles(q, k, beyond, causal=ctx.causal):
            heads, queries, keys, hidden = tile
            energies, curved = tile.energies(q, k, room)
            of_v[heads, keys].baddbmm_(energies.mT, over[heads, queries])
            # E' is 1 above 0 and E^2 below: 1 / (1 - s)^2.
            gradient = torch.baddbmm(
                less[heads, queries], over[heads, queries], v[heads, keys].mT, out=room.of(energies.shape, 2)
            )
            gradient.div_(curved).div_(curved)
            if hidden is not None:
                gradient.masked_fill_(hidden, 0)
            of_q[heads, queries].baddbmm_(gradient, k[heads, keys])
            of_k[heads, keys].baddbmm_(gradient.mT, q[heads, queries])
        return of_q, of_k, of_v, None


class _Room:
    """Memory for the tiles of a call, one after the other in the same place: in the cache, and never new."""

    def __init__(self, q: Tensor, k: Tensor, *, tiles: int) -> None:
        high, wide, together = _tile_sizes(q, k)
        self._places = q.new_empty(tiles, together * high * wide)
        self.one = q.new_ones(())

    def of(self, shape: Sequence[int], place: int) -> Tensor:
        """Return a tile of this shape, of whatever numbers, in one of the places."""
        return self._places[place, : prod(shape)].view(*shape)


class _Tile(NamedTuple):
    heads: slice
    queries: slice
    keys: slice
    hidden: Tensor | None
    """The pairs of which the query does not see the key; None: it sees all."""

    def energies(self, q: Tensor, k: Tensor, room: _Room) -> tuple[Tensor, Tensor]:
        """Return E of the scores of a tile, max(s, 0) + 1 / (1 - min(s, 0)), and what 1 is divided by in it.

        As few passes over the tile as can be: with the cache full, each costs as much as a tenth of a product.
        """
        those, all_keys = q[self.heads, self.queries], k[self.heads, self.keys].mT
        shape = (*those.shape[:2], all_keys.shape[2])
        scores = torch.bmm(those, all_keys, out=room.of(shape, 0))
        curved = torch.clamp(scores, max=0, out=room.of(shape, 1))
        torch.sub(1, curved, out=curved)
        energies = scores.clamp_(min=0).addcdiv_(room.one, curved)
        if self.hidden is not None:
            energies.masked_fill_(self.hidden, 0)
        return energies, curved


def _tile_sizes(q: Tensor, k: Tensor) -> tuple[int, int, int]:
    """Return the queries, keys and heads of a tile."""
    high, wide = min(q.shape[1], TILE_QUERIES), min(k.shape[1], TILE_KEYS)
    return high, wide, min(q.shape[0], max(1, TILE_PAIRS // (high * wide)))


def _tiles(q: Tensor, k: Tensor, beyond: Tensor | None, *, causal: bool) -> Iterator[_Tile]:
    """Yield the tiles in which a query sees a key."""
    count, queries, keys = q.shape[0], q.shape[1], k.shape[1]
    high, wide, together = _tile_sizes(q, k)
    places = torch.arange(keys, device=q.device)
    for head in range(0, count, together):
        for row in range(0, queries, high):
            # Positions: the last query is the last token.
            first = row + keys - queries
            last = min(row + high, queries) - 1 + keys - queries
            for column in range(0, last + 1 if causal else keys, wide):
                where = slice(head, head + together), slice(row, row + high), slice(column, column + wide)
                hidden = None if beyond is None else beyond[where[0], None, where[2]]
                if causal and min(column + wide, keys) - 1 > first:
                    later = places[where[2]] > places[first : last + 1, None]
                    hidden = later if hidden is None else hidden | later
                yield _Tile(*where, hidden)
