"""Token mixers as their papers define them: one token and one head at a time, each over the list of what it sees."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .reference_attention import turned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from attn_impls import TokenSite
    from attn_impls.spec import Option

State = dict[str, Tensor]
Options = dict[str, "Option"]
#: Tokens [N, C] of one sequence, parameters, place and options -> [N, C].
Reference = Callable[[Tensor, State, "TokenSite", Options], Tensor]


def linear(x: Tensor, state: Mapping[str, Tensor], name: str) -> Tensor:
    """W x + b."""
    found = state[f"{name}.weight"] @ x
    return found + state[f"{name}.bias"] if f"{name}.bias" in state else found


def softmax(scores: Sequence[Tensor]) -> list[Tensor]:
    """exp(s) over its sum."""
    energies = [score.exp() for score in scores]
    total = torch.stack(energies).sum()
    return [energy / total for energy in energies]


def heads_of(x: Tensor, width: int) -> list[Tensor]:
    """The heads of a vector, one after the other."""
    return list(torch.split(x, width))


def attend(query: Tensor, keys: Sequence[Tensor], values: Sequence[Tensor], bias: Sequence[Tensor] = ()) -> Tensor:
    """The values by softmax of q k / sqrt(D), plus a bias."""
    scores = [query @ key / math.sqrt(len(query)) for key in keys]
    if bias:
        scores = [score + each for score, each in zip(scores, bias, strict=True)]
    return torch.stack([weight * value for weight, value in zip(softmax(scores), values, strict=True)]).sum(0)


def multi_head(x: Tensor, state: State, at: TokenSite, options: Options) -> Tensor:
    """Every token sees all, or all up to itself; neighbouring heads share keys and values."""
    width = at.dim // at.heads
    shared = int(options.get("kv_heads", 0)) or at.heads
    projected = [heads_of(linear(token, state, "qkv"), width) for token in x]
    rows = []
    for place, own in enumerate(projected):
        seen = projected[: place + 1] if options.get("causal") else projected
        outputs = []
        for head in range(at.heads):
            key = at.heads + head // (at.heads // shared)
            outputs.append(attend(own[head], [each[key] for each in seen], [each[key + shared] for each in seen]))
        rows.append(linear(torch.cat(outputs), state, "proj"))
    return torch.stack(rows)


def grouped_query(x: Tensor, state: State, at: TokenSite, options: Options) -> Tensor:
    """Groups of heads share keys and values."""
    return multi_head(x, state, at, {**options, "kv_heads": at.heads // int(options.get("group", 4))})


def multi_query(x: Tensor, state: State, at: TokenSite, options: Options) -> Tensor:
    """All heads share keys and values."""
    return multi_head(x, state, at, {**options, "kv_heads": 1})


def rms(x: Tensor, weight: Tensor) -> Tensor:
    """X over the root of its mean square."""
    return x / (x.square().mean() + 1e-6).sqrt() * weight


def latent(x: Tensor, state: State, at: TokenSite, options: Options) -> Tensor:
    """Keys and values of a head from c = norm(V x), its key continued by r, rotated by the position."""
    width = at.dim // at.heads
    of_c = int(options.get("latent", 0)) or 4 * width
    keys: list[list[Tensor]] = []
    values: list[list[Tensor]] = []
    queries: list[list[Tensor]] = []
    for place, token in enumerate(x):
        down = linear(token, state, "down")
        up = heads_of(linear(rms(down[:of_c], state["norm.weight"]), state, "up"), width)
        r = turned(down[of_c:], place)
        keys.append([torch.cat((each, r)) for each in up[: at.heads]])
        values.append(up[at.heads :])
        if options.get("query_latent"):
            query = linear(rms(linear(token, state, "q.0"), state["q.1.weight"]), state, "q.2")
        else:
            query = linear(token, state, "q")
        parts = [torch.split(each, [width, len(each) - width]) for each in heads_of(query, width + len(r))]
        queries.append([torch.cat((one, turned(other, place))) for one, other in parts])
    rows = []
    for place in range(len(x)):
        last = place + 1 if options.get("causal") else len(x)
        outputs = [
            attend(queries[place][head], [each[head] for each in keys[:last]], [each[head] for each in values[:last]])
            for head in range(at.heads)
        ]
        rows.append(linear(torch.cat(outputs), state, "proj"))
    return torch.stack(rows)


def linformer(x: Tensor, state: State, at: TokenSite, options: Options) -> Tensor:
    """Each key and each value is a learned sum of those of all tokens."""
    width = at.dim // at.heads
    of_values = state["of_keys" if options.get("shared") else "of_values"]
    projected = [heads_of(linear(token, state, "qkv"), width) for token in x]
    outputs = [[torch.zeros(0)] * at.heads for _ in x]
    for head in range(at.heads):
        keys = [sum_by(row, [each[at.heads + head] for each in projected]) for row in state["of_keys"]]
        values = [sum_by(row, [each[2 * at.heads + head] for each in projected]) for row in of_values]
        for place, own in enumerate(projected):
            outputs[place][head] = attend(own[head], keys, values)
    return torch.stack([linear(torch.cat(each), state, "proj") for each in outputs])


def sum_by(weights: Tensor, vectors: Sequence[Tensor]) -> Tensor:
    """The sum of vectors by weights."""
    return torch.stack([weight * vector for weight, vector in zip(weights, vectors, strict=True)]).sum(0)


def window(x: Tensor, state: State, at: TokenSite, options: Options) -> Tensor:
    """A place sees those of its window on its side of the border; padding is a token of zeros."""
    size, width = int(options.get("window_size", 7)), at.dim // at.heads
    sides = at.height, at.width
    shifts = [size // 2 if options.get("shifted") and size < side else 0 for side in sides]
    padded = [side + -side % size for side in sides]

    def token(row: int, column: int) -> list[Tensor]:
        inside = row < at.height and column < at.width
        return heads_of(linear(x[row * at.width + column] if inside else 0 * x[0], state, "qkv"), width)

    def part(place: int, axis: int) -> tuple[int, bool]:
        # Where it is after the roll; whether the roll took it around the border.
        rolled = (place - shifts[axis]) % padded[axis]
        return rolled // size, place < shifts[axis]

    places = [(row, column) for row in range(padded[0]) for column in range(padded[1])]
    projected = {place: token(*place) for place in places}
    rows = []
    for row in range(at.height):
        for column in range(at.width):
            seen = [
                other for other in places if part(other[0], 0) == part(row, 0) and part(other[1], 1) == part(column, 1)
            ]
            outputs = []
            for head in range(at.heads):
                bias = [state["bias"][number(row - down, column - right, size), head] for down, right in seen]
                keys = [projected[other][at.heads + head] for other in seen]
                values = [projected[other][2 * at.heads + head] for other in seen]
                outputs.append(attend(projected[row, column][head], keys, values, bias))
            rows.append(linear(torch.cat(outputs), state, "proj"))
    return torch.stack(rows)


def number(down: int, right: int, size: int) -> int:
    """The row of the table of biases that belongs to a relative position."""
    return (down + size - 1) * (2 * size - 1) + right + size - 1


def locally_grouped(x: Tensor, state: State, at: TokenSite, options: Options) -> Tensor:
    """As Swin's plain windows, with a bias of 0."""
    size = int(options.get("window_size", 7))
    return window(x, {**state, "bias": torch.zeros((2 * size - 1) ** 2, at.heads, dtype=x.dtype)}, at, options)


def spatial_reduction(x: Tensor, state: State, at: TokenSite, options: Options) -> Tensor:
    """Keys and values of a grid whose tokens are learned sums of blocks, or means of them, normed."""
    width = at.dim // at.heads
    fewer = [kept(token) for token in x]
    pool = int(options.get("pool", 0))
    ratio = int(options.get("ratio", 0)) or max(1, min(at.height, at.width) // 7)
    if pool:
        means = [
            torch.stack([x[row * at.width + column] for row in rows for column in columns]).mean(0)
            for rows in segments(at.height, pool)
            for columns in segments(at.width, pool)
        ]
        weight, bias = state["reduce.1.weight"][:, :, 0, 0], state["reduce.1.bias"]
        fewer = [gelu(normed(weight @ mean + bias, state, "norm.0")) for mean in means]
    elif ratio > 1:
        weight, bias = state["reduce.0.weight"], state["reduce.0.bias"]
        fewer = []
        for row in range(at.height // ratio):
            for column in range(at.width // ratio):
                found = bias
                for down in range(ratio):
                    for right in range(ratio):
                        token = x[(row * ratio + down) * at.width + column * ratio + right]
                        found = found + weight[:, :, down, right] @ token
                fewer.append(normed(found, state, "norm"))
    others = [heads_of(linear(token, state, "kv"), width) for token in fewer]
    rows = []
    for token in x:
        own = heads_of(linear(token, state, "q"), width)
        outputs = [
            attend(own[head], [each[head] for each in others], [each[at.heads + head] for each in others])
            for head in range(at.heads)
        ]
        rows.append(linear(torch.cat(outputs), state, "proj"))
    return torch.stack(rows)


def kept(token: Tensor) -> Tensor:
    """A token as it is."""
    return token


def segments(length: int, count: int) -> Iterator[range]:
    """Parts of a length that are as equal as can be, and overlap where it is no multiple."""
    for index in range(count):
        yield range(index * length // count, -(-(index + 1) * length // count))


def normed(x: Tensor, state: Mapping[str, Tensor], name: str) -> Tensor:
    """Layer norm."""
    deviation = x - x.mean()
    scaled = deviation / (deviation.square().mean() + 1e-5).sqrt()
    return scaled * state[f"{name}.weight"] + state[f"{name}.bias"]


def gelu(x: Tensor) -> Tensor:
    """X times the share of normal numbers below it."""
    return x * (1 + torch.erf(x / math.sqrt(2))) / 2


def cross_covariance(x: Tensor, state: State, at: TokenSite, options: Options) -> Tensor:
    """A channel sees the channels of its head, by the cosine of what they are over all tokens."""
    del options
    width = at.dim // at.heads
    projected = torch.stack([linear(token, state, "qkv") for token in x])
    q, k, v = torch.split(projected, at.dim, 1)
    channels = []
    for channel in range(at.dim):
        head = channel // width
        others = range(head * width, (head + 1) * width)
        query = q[:, channel] / q[:, channel].norm()
        scores = [query @ (k[:, other] / k[:, other].norm()) * state["temperature"][head, 0, 0] for other in others]
        channels.append(sum_by(torch.stack(softmax(scores)), [v[:, other] for other in others]))
    return torch.stack([linear(token, state, "proj") for token in torch.stack(channels, 1)])


def hilo(x: Tensor, state: State, at: TokenSite, options: Options) -> Tensor:
    """High heads see their window; low heads the mean of each window. Padding is a token of zeros."""
    size, width = int(options.get("window_size", 2)), at.dim // at.heads
    low = int(float(options.get("low_share", 0.9)) * at.heads)
    high = at.heads - low
    across = -(-at.width // size)
    places = [(row, column) for row in range(at.height) for column in range(at.width)]
    found: dict[int, list[Tensor]] = {index: [] for index in range(-(-at.height // size) * across)}
    for (row, column), token in zip(places, x, strict=True):
        found[row // size * across + column // size].append(token)
    filled = {index: [*each, *[0 * x[0]] * (size * size - len(each))] for index, each in found.items()}
    means = [heads_of(linear(torch.stack(each).mean(0), state, "low_kv"), width) for each in filled.values()]
    near = {
        index: [heads_of(linear(token, state, "high_qkv"), width) for token in each] for index, each in filled.items()
    }
    rows = []
    for (row, column), token in zip(places, x, strict=True):
        own = heads_of(linear(token, state, "high_qkv"), width)
        seen = near[row // size * across + column // size]
        of_high = [
            attend(own[head], [each[high + head] for each in seen], [each[2 * high + head] for each in seen])
            for head in range(high)
        ]
        query = heads_of(linear(token, state, "low_q"), width)
        of_low = [
            attend(query[head], [each[head] for each in means], [each[low + head] for each in means])
            for head in range(low)
        ]
        outputs = linear(torch.cat(of_high), state, "high_proj"), linear(torch.cat(of_low), state, "low_proj")
        rows.append(torch.cat(outputs))
    return torch.stack(rows)


REFERENCES: dict[str, Reference] = {
    "mha": multi_head,
    "gqa": grouped_query,
    "mqa": multi_query,
    "mla": latent,
    "linformer": linformer,
    "window": window,
    "window/shifted": window,
    "sra": spatial_reduction,
    "sra/linear": spatial_reduction,
    "lsa": locally_grouped,
    "xca": cross_covariance,
    "hilo": hilo,
}
