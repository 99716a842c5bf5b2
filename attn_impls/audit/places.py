"""Where an implementation is tried: how it is built there, what it gets, what must come out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING, assert_never

from ..site import Heads, Site, TokenSite
from ..spec import Family
from .findings import Name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

BATCH = 4
#: The first width that works is home. Numbers of heads such as 12, 5, 7 or 9 do not divide 64.
HOME_CHANNELS = (64, 96, 80, 112, 72, 120, 128, 256, 512, 768)
CHANNELS = HOME_CHANNELS[0]
#: The first size that works is home. Published code is often tied to one of the sizes of a ResNet on 224 pixels.
HOME_SIZES = ((8, 8), (7, 7), (14, 14), (28, 28), (56, 56), (32, 32), (16, 16), (4, 4))
OTHER_SIZES = ((1, 1), (7, 5), (14, 14))
#: The least and the most that small backbones have, and counts that few powers of two divide.
OTHER_CHANNELS = (16, 72, 88, 256)
LOGITS = (4, 6, 5)
OTHER_LOGITS = ((LOGITS, 0), (LOGITS, 2), (LOGITS, -1), ((7,), 0), ((3, 2, 5, 4), 1))
OTHER_SHAPES = ((), (5,), (3, 4), (4, 8, 7, 5))
#: Query heads and their width; the first that works is home.
HOME_HEADS = ((4, 16), (4, 32), (8, 64), (16, 64), (12, 64), (16, 128))
LENGTH = 24
#: Queries and keys.
OTHER_LENGTHS = ((1, 1), (7, 7), (1, LENGTH), (5, 21), (70, 70))
#: Width of a token and heads, and the grid of a mixer; the first that work are home.
HOME_MIXERS = ((64, 4), (96, 3), (128, 4), (256, 8), (768, 12))
HOME_GRIDS = ((14, 14), (7, 7), (8, 8), (16, 16), (32, 32))
#: A window of 7 does not tile the second; the last is a sequence.
OTHER_GRIDS = ((7, 7), (9, 5), (16, 16), (1, 50))
OTHER_MIXERS = ((96, 3), (60, 6), (64, 8))
#: What vectors of 8 numbers do not divide.
ODD_WIDTHS = (20, 36)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One way to build an implementation and one input for it."""

    spec: Spec
    at: Site | TokenSite | Heads | int
    """A site in a network, the heads of an attention between tokens, or the dimension of a normaliser."""
    shape: tuple[int, ...]
    """Of the input."""
    expected: tuple[int, ...]
    """Shape of the output, by the family's contract."""
    settles: bool = False
    """Whether the implementation makes parameters or buffers when it is called for the first time."""
    parts: tuple[tuple[int, ...], ...] = ()
    """Shapes of queries, keys and values, which lie one behind the other in the one input."""

    def __str__(self) -> str:
        shape = "×".join(map(str, self.shape)) or "a scalar"
        if isinstance(self.at, int):
            return f"{shape} along {self.at}" if self.spec.family == Family.NORMALIZER else shape
        if isinstance(self.at, Heads):
            queries, keys, _ = ("×".join(map(str, part)) for part in self.parts)
            return f"queries {queries}, keys {keys}"
        if isinstance(self.at, TokenSite):
            return f"{shape}, {self.at.height}×{self.at.width} tokens, {self.at.heads} heads"
        if self.spec.family == Family.BRANCH:
            where = f"to {self.at.out_channels} channels, kernel {self.at.kernel_size}, stride {self.at.stride}"
            return f"{shape} {where}, groups {self.at.groups}"
        return shape


def homes(spec: Spec) -> Iterator[Place]:
    """Give the ordinary places of a family; at the first where an implementation runs, everything is looked at."""
    match spec.family:
        case Family.NORMALIZER:
            yield Place(spec=spec, at=1, shape=LOGITS, expected=LOGITS)
        case Family.ACTIVATION:
            yield Place(spec=spec, at=1, shape=(BATCH, 8, 7, 7), expected=(BATCH, 8, 7, 7))
        case Family.GATE | Family.BRANCH:
            for channels in HOME_CHANNELS:
                for size in HOME_SIZES:
                    yield map_place(spec, size=size, channels=channels, out_channels=channels)
        case Family.ATTENTION:
            for heads, head_dim in HOME_HEADS:
                yield token_place(spec, Heads(heads=heads, head_dim=head_dim, kv_heads=heads))
        case Family.MIXER:
            yield from _mixer_homes(spec)
        case _:
            assert_never(spec.family)


def _mixer_homes(spec: Spec) -> Iterator[Place]:
    for (dim, heads), grid in product(HOME_MIXERS, HOME_GRIDS):
        yield mixer_place(spec, dim=dim, heads=heads, grid=grid)


def neighbours(home: Place) -> Iterator[tuple[Name, Place]]:
    """Give the places that differ from home in one thing, with the name of what is found if one does not work."""
    for name, place in _neighbours(home):
        yield name, replace(place, settles=home.settles)


def _neighbours(home: Place) -> Iterator[tuple[Name, Place]]:
    spec = home.spec
    match spec.family:
        case Family.NORMALIZER:
            for shape, dim in OTHER_LOGITS:
                yield Name.SHAPE, Place(spec=spec, at=dim, shape=shape, expected=shape)
        case Family.ACTIVATION:
            for other in OTHER_SHAPES:
                yield Name.SHAPE, Place(spec=spec, at=1, shape=other, expected=other)
        case Family.GATE:
            yield from _sizes_and_batches(home)
            for channels in _other_channels(home, OTHER_CHANNELS):
                yield Name.SITE, map_place(spec, size=_size(home), channels=channels, out_channels=channels)
        case Family.BRANCH:
            yield from _sizes_and_batches(home)
            size, width = _size(home), home.shape[1]
            yield Name.SITE, _as_wide(home, size, stride=2)
            yield Name.SITE, _as_wide(home, (7, 5), stride=2)
            yield Name.SITE, _as_wide(home, size, groups=width // 4)
            yield Name.SITE, _as_wide(home, size, groups=width, kernel_size=5, stride=2)
            others = [(channels, channels) for channels in _other_channels(home, (16, 88))]
            for channels, out_channels in ((width, 2 * width), (width, width // 2), *others):
                yield Name.SITE, map_place(spec, size=size, channels=channels, out_channels=out_channels)
        case Family.ATTENTION | Family.MIXER:
            yield from _token_neighbours(home) if spec.family == Family.ATTENTION else _mixer_neighbours(home)
        case _:
            assert_never(spec.family)


def _token_neighbours(home: Place) -> Iterator[tuple[Name, Place]]:
    assert isinstance(home.at, Heads)  # noqa: S101 - of the family
    spec, heads = home.spec, home.at
    for queries, keys in OTHER_LENGTHS:
        yield Name.LENGTH, token_place(spec, heads, queries=queries, keys=keys)
    for batch in (1, BATCH + 1):
        yield Name.BATCH_SIZE, with_batch(home, batch)
    for shared in (1, heads.heads // 2):
        yield Name.HEADS, token_place(spec, replace(heads, kv_heads=shared))
    for width in ODD_WIDTHS:
        yield Name.HEADS, token_place(spec, replace(heads, head_dim=width))


def _mixer_neighbours(home: Place) -> Iterator[tuple[Name, Place]]:
    assert isinstance(home.at, TokenSite)  # noqa: S101 - of the family
    spec, at = home.spec, home.at
    for grid in OTHER_GRIDS:
        yield Name.LENGTH, mixer_place(spec, dim=at.dim, heads=at.heads, grid=grid)
    for batch in (1, BATCH + 1):
        yield Name.BATCH_SIZE, with_batch(home, batch)
    for dim, heads in OTHER_MIXERS:
        yield Name.HEADS, mixer_place(spec, dim=dim, heads=heads, grid=(at.height, at.width))


def _other_channels(home: Place, others: tuple[int, ...]) -> list[int]:
    """Return the widths to try beside that of home; the usual one is tried in any case."""
    return [channels for channels in dict.fromkeys((CHANNELS, *others)) if channels != home.shape[1]]


def _sizes_and_batches(home: Place) -> Iterator[tuple[Name, Place]]:
    for size in OTHER_SIZES:
        yield Name.MAP_SIZE, _as_wide(home, size)
    for batch in (1, BATCH + 1):
        yield Name.BATCH_SIZE, with_batch(home, batch)


def _as_wide(home: Place, size: tuple[int, int], *, kernel_size: int = 3, stride: int = 1, groups: int = 1) -> Place:
    """Return a place with as many channels as home."""
    return map_place(
        home.spec,
        size=size,
        channels=home.shape[1],
        out_channels=home.shape[1],
        kernel_size=kernel_size,
        stride=stride,
        groups=groups,
    )


def with_batch(home: Place, batch: int) -> Place:
    """Return home with another number of images, or of sequences."""
    if isinstance(home.at, Heads):
        (_, _, queries, _), (_, _, keys, _), _ = home.parts
        place = token_place(home.spec, home.at, batch=batch, queries=queries, keys=keys)
        return replace(place, settles=home.settles)
    return replace(home, shape=(batch, *home.shape[1:]), expected=(batch, *home.expected[1:]))


def map_place(
    spec: Spec,
    *,
    size: tuple[int, int],
    batch: int = BATCH,
    channels: int = CHANNELS,
    out_channels: int = CHANNELS,
    kernel_size: int = 3,
    stride: int = 1,
    groups: int = 1,
) -> Place:
    """Return the place of a gate or a branch."""
    height, width = size
    site = Site(
        in_channels=channels,
        out_channels=out_channels,
        kernel_size=kernel_size,
        stride=stride,
        groups=groups,
        height=height,
        width=width,
    )
    # -(-a // b) rounds up.
    expected = (batch, out_channels, -(-height // stride), -(-width // stride))
    return Place(spec=spec, at=site, shape=(batch, channels, height, width), expected=expected)


def token_place(spec: Spec, heads: Heads, *, batch: int = BATCH, queries: int = LENGTH, keys: int = LENGTH) -> Place:
    """Return the place of an attention between tokens: its input has queries, keys and values one behind the other."""
    of_queries = (batch, heads.heads, queries, heads.head_dim)
    of_keys = (batch, heads.kv_heads, keys, heads.head_dim)
    parts = (of_queries, of_keys, of_keys)
    return Place(spec=spec, at=heads, shape=(sum(map(prod, parts)),), expected=of_queries, parts=parts)


def mixer_place(spec: Spec, *, dim: int, heads: int, grid: tuple[int, int]) -> Place:
    """Return the place of a token mixer."""
    height, width = grid
    shape = (BATCH, height * width, dim)
    return Place(spec=spec, at=TokenSite(dim=dim, heads=heads, height=height, width=width), shape=shape, expected=shape)


def _size(place: Place) -> tuple[int, int]:
    return place.shape[-2], place.shape[-1]
