"""Attention between tokens as its papers define it: one query at a time, over the keys that it sees and no others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attn_impls.spec import Option


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one query sees."""

    query: Tensor
    """[D]."""
    queries: Tensor
    """[Sq, D], all of its head."""
    keys: Tensor
    """[n, D], those that it sees."""
    position: int
    positions: Tensor
    """Of the keys, [n]."""
    length: int
    """Of all keys, seen or not."""
    longest: int
    """The larger one of the numbers of queries and of keys."""
    head: int
    heads: int
    options: Mapping[str, Option]
    state: Mapping[str, Tensor] = field(default_factory=dict)


#: Weights [n] of the values that a query sees.
Weights = Callable[[Seen], Tensor]


def attention(
    inputs: Sequence[Tensor], weights: Weights, options: Mapping[str, Option], state: Mapping[str, Tensor]
) -> Tensor:
    """Return the sum of the seen values by their weights, for every query of every head."""
    q, k, v = inputs
    batch, heads, queries, _ = q.shape
    keys, shared = k.shape[2], heads // k.shape[1]
    rows = []
    for image in range(batch):
        for head in range(heads):
            for index in range(queries):
                position = index + keys - queries
                places = [place for place in range(keys) if sees(position, place, options)]
                seen = Seen(
                    query=q[image, head, index],
                    queries=q[image, head],
                    keys=k[image, head // shared, places],
                    position=position,
                    positions=torch.tensor(places, dtype=q.dtype),
                    length=keys,
                    longest=max(queries, keys),
                    head=head,
                    heads=heads,
                    options=options,
                    state=state,
                )
                rows.append(weights(seen) @ v[image, head // shared, places])
    return torch.stack(rows).view(batch, heads, queries, -1)


def padded(
    inputs: Sequence[Tensor],
    lengths: Sequence[int],
    weights: Weights,
    options: Mapping[str, Option],
    state: Mapping[str, Tensor],
) -> Tensor:
    """Return what each sequence gets alone, without its padding; zeros for queries that are padding.

    Of as many queries as keys those from the length on are padding, too.
    """
    outputs = []
    for index, length in enumerate(lengths):
        q, k, v = (each[index : index + 1] for each in inputs)
        own = q[:, :, :length] if q.shape[2] == k.shape[2] else q
        found = attention((own, k[:, :, :length], v[:, :, :length]), weights, options, state)
        outputs.append(torch.cat((found, found.new_zeros(1, q.shape[1], q.shape[2] - own.shape[2], found.shape[3])), 2))
    return torch.cat(outputs)


def sees(position: int, place: int, options: Mapping[str, Option]) -> bool:
    """Return whether a query at a position sees the key at a place."""
    window = int(options.get("window", 0))
    document = int(options.get("document", 0))
    later = options.get("causal") and place > position and place >= int(options.get("prefix", 0))
    elsewhere = document and place // document != position // document
    return not later and not elsewhere and not (window and abs(place - position) >= window)


def scores(seen: Seen) -> Tensor:
    """Return the scores of the keys that a query sees."""
    query, keys = seen.query, seen.keys
    if seen.options.get("qk_norm"):
        query = normed(query) * seen.state["q_norm.weight"]
        keys = torch.stack([normed(key) * seen.state["k_norm.weight"] for key in keys])
    if seen.options.get("rope"):
        query = turned(query, seen.position)
        keys = torch.stack([turned(key, int(place)) for key, place in zip(keys, seen.positions, strict=True)])
    found = keys @ query / math.sqrt(len(query))
    cap = float(seen.options.get("soft_cap", 0))
    if cap:
        found = cap * torch.tanh(found / cap)
    if seen.options.get("alibi"):
        found = found - slope(seen.head, seen.heads) * (seen.positions - seen.position).abs()
    farthest = int(seen.options.get("relative", 0))
    if farthest:
        distances = [seen.position - int(place) for place in seen.positions]
        table = seen.state["relative.table"][seen.head]
        found = found + torch.stack([table[max(-farthest, min(farthest, each)) + farthest] for each in distances])
    return found


def normed(x: Tensor) -> Tensor:
    """Return a vector over the root of its mean square."""
    return x / (x.square().mean() + 1e-6).sqrt()


def slope(head: int, heads: int) -> float:
    """Return ALiBi's slope of a head: for 2^n heads the powers of 2^(-8 / 2^n); the others' lie between."""
    power = 1
    while 2 * power <= heads:
        power *= 2
    if head < power:
        return math.pow(2, -8 * (head + 1) / power)
    return math.pow(2, -8 * (2 * (head - power) + 1) / (2 * power))


def turned(x: Tensor, position: int) -> Tensor:
    """Return a vector as complex numbers x[i] + x[i + D / 2] i times e^(position / 10000^(2 i / D) i)."""
    half = len(x) // 2
    numbers = torch.complex(x[:half], x[half:])
    angles = torch.tensor([position / 10_000 ** (2 * index / len(x)) for index in range(half)], dtype=x.dtype)
    product = numbers * torch.polar(torch.ones_like(angles), angles)
    return torch.cat((product.real, product.imag))


def softmax(seen: Seen) -> Tensor:
    """exp(s) over its sum."""
    energies = scores(seen).exp()
    return energies / energies.sum()


def softmax_one(seen: Seen) -> Tensor:
    """exp(s) over 1 and its sum."""
    energies = scores(seen).exp()
    return energies / (1 + energies.sum())


def hard_softmax(seen: Seen) -> Tensor:
    """E(s) over its sum, E(s) = 1 + s above 0, 1 / (1 - s) below."""
    found = scores(seen)
    energies = torch.stack([1 + score if score > 0 else 1 / (1 - score) for score in found])
    return energies / energies.sum()


def sigmoid(seen: Seen) -> Tensor:
    """1 / (1 + exp(-s) n), n the number of all keys."""
    return 1 / (1 + (-scores(seen)).exp() * seen.length)


def linear(seen: Seen) -> Tensor:
    """Products of elu(x) + 1, over their sum."""
    energies = elu_plus_one(seen.keys) @ elu_plus_one(seen.query)
    return energies / energies.sum()


def elu_plus_one(x: Tensor) -> Tensor:
    """1 + x above 0, exp(x) below."""
    return torch.where(x > 0, 1 + x, x.exp())


def cosformer(seen: Seen) -> Tensor:
    """relu(q) relu(k) cos(pi / 2 times the distance over the length), over their sum, which is 1e-6 at least."""
    angles = math.pi / 2 * (seen.positions - seen.position) / seen.longest
    energies = (seen.keys.relu() @ seen.query.relu()) * angles.cos()
    return energies / energies.sum().clamp(min=1e-6)


def performer(seen: Seen) -> Tensor:
    """Sums over random w of exp(w q - |q|^2 / 2) exp(w k - |k|^2 / 2), q and k over D^(1/4), over their sum."""
    scale = len(seen.query) ** 0.25
    projection = seen.state["projection"]

    def features(x: Tensor) -> Tensor:
        x = x / scale
        return (x @ projection.T - (x * x).sum(-1, keepdim=True) / 2).exp()

    energies = features(seen.keys) @ features(seen.query)
    return energies / energies.sum()


def nystromformer(seen: Seen) -> Tensor:
    """softmax(q K') Z softmax(Q' K), Z near the pseudo-inverse of softmax(Q' K'), Q' and K' means of segments."""
    landmarks, iterations = int(seen.options.get("landmarks", 64)), int(seen.options.get("iterations", 6))
    scale = math.sqrt(len(seen.query))
    of_q, of_k = means(seen.queries, landmarks), means(seen.keys, landmarks)

    def rows(one: Tensor, other: Tensor) -> Tensor:
        energies = (one @ other.T / scale).exp()
        return energies / energies.sum(1, keepdim=True)

    between, unit = rows(of_q, of_k), torch.eye(len(of_q), dtype=of_q.dtype)
    inverse = between.T / (between.sum(0).max() * between.sum(1).max())
    for _ in range(iterations):
        near = between @ inverse
        inverse = inverse @ (13 * unit - near @ (15 * unit - near @ (7 * unit - near))) / 4
    return rows(seen.query[None], of_k)[0] @ inverse @ rows(of_q, seen.keys)


def means(x: Tensor, count: int) -> Tensor:
    """Return the means of so many segments, token i in segment i count / length."""
    count = min(count, len(x))
    parts: list[list[Tensor]] = [[] for _ in range(count)]
    for index, token in enumerate(x):
        parts[index * count // len(x)].append(token)
    return torch.stack([torch.stack(part).mean(0) for part in parts])


REFERENCES: dict[str, Weights] = {
    "sdpa": softmax,
    "attention/eager": softmax,
    "attention/softmax_one": softmax_one,
    "attention/hard_softmax": hard_softmax,
    "attention/hard_softmax/tiled": hard_softmax,
    "attention/sigmoid": sigmoid,
    "attention/linear": linear,
    "attention/cosformer": cosformer,
    "attention/performer": performer,
    "attention/nystromformer": nystromformer,
    "attention/flex": softmax,
}
