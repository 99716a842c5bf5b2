"""What each attention between tokens computes, written as plainly as can be: a weight for every pair of tokens.

They need the whole map of queries and keys, and none of the reformulations that make attention fast or safe. They run
in any dtype: in float64 they say what is right, and in a lower one what plain code makes of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..seen import Seen
from .eager import EPSILON
from .linear import LEAST_SUM
from .nystromformer import Nystromformer, pseudo_inverse, segment_means
from .pattern import hidden
from .positions import alibi_slopes, rotated

if TYPE_CHECKING:
    from ..spec import Option, Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Query heads of one sequence that share one key head."""

    q: Tensor
    """[G, Sq, D]."""
    k: Tensor
    """[Sk, D]."""
    v: Tensor
    """[Sk, Dv]."""
    first: int
    """Which of all query heads the first of these is."""
    heads: int
    """All query heads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """An implementation as it was built."""

    options: Mapping[str, Option]
    module: nn.Module
    """In the dtype in which its definition is computed."""


#: The weights [G, Sq, Sk] of the values; those of hidden keys are 0.
Weights = Callable[[Group, Setting], Tensor]


def defined(spec: Spec, module: nn.Module, group: Group) -> Tensor:
    """Return what an implementation promises for a group of heads [G, Sq, Dv], in the dtype of the group.

    Args:
        spec: of the implementation.
        module: as it was built, in any dtype. One with a method ``definition(q, k, v)`` says itself what it computes,
            of q [1, G, Sq, D], k and v [1, 1, Sk, D]: a plug-in's own, written plainly.
        group: queries, keys and values.

    """
    module = deepcopy(module).to(group.q.dtype)
    own = getattr(module, "definition", None)
    if own is not None:
        output: Tensor = own(group.q[None], group.k[None, None], group.v[None, None])
        return output[0]
    weights = DEFINITIONS.get(spec.name.partition(":")[0], softmax)
    return weights(group, Setting(options=spec.options, module=module)) @ group.v


def is_softmax(spec: Spec, module: nn.Module) -> bool:
    """Return whether an implementation promises plain softmax attention, be it masked."""
    if hasattr(module, "definition"):
        return False
    weights = DEFINITIONS.get(spec.name.partition(":")[0], softmax)
    plain = not any(spec.options.get(name) for name in ("soft_cap", "alibi", "rope", "relative", "qk_norm"))
    named = str(spec.options.get("normalizer", "softmax"))
    return plain and (weights is softmax or (weights is normalised and named == "softmax"))


def softmax(group: Group, setting: Setting) -> Tensor:
    """Return exp(s) over its sum."""
    return torch.softmax(scores(group, setting), -1)


def normalised(group: Group, setting: Setting) -> Tensor:
    """Return what the normaliser of the module makes of the scores."""
    normalizer = setting.module.normalizer
    assert isinstance(normalizer, nn.Module)  # noqa: S101 - of the class that has this definition
    weights: Tensor = normalizer(scores(group, setting))
    return weights


def hard_softmax(group: Group, setting: Setting) -> Tensor:
    """Return E(s) over its sum, E(s) = 1 + s above 0 and 1 / (1 - s) below."""
    found = scores(group, setting)
    energies = torch.where(found > 0, 1 + found, 1 / (1 - found))
    return energies / energies.sum(-1, keepdim=True)


def sigmoid(group: Group, setting: Setting) -> Tensor:
    """Return the sigmoid of s - log n, n the number of all keys."""
    return torch.sigmoid(scores(group, setting) - math.log(len(group.k)))


def linear(group: Group, setting: Setting) -> Tensor:
    """Return products of elu(x) + 1 over their sum."""
    of_q, of_k = (torch.where(x > 0, 1 + x, x.exp()) for x in (group.q, group.k))
    return _shares(of_q @ of_k.T, group, setting.options)


def cosformer(group: Group, setting: Setting) -> Tensor:
    """Return relu(q) relu(k) cos(pi d / 2 M), d the distance and M the length, over the sum, which is 1e-6 at least."""
    queries, keys = group.q.shape[1], len(group.k)
    angles = _distances(queries, keys, group.q) * (math.pi / 2 / max(queries, keys))
    energies = group.q.relu() @ group.k.relu().T * angles.cos()
    return _shares(energies, group, setting.options, least=LEAST_SUM)


def performer(group: Group, setting: Setting) -> Tensor:
    """Return sums over w of exp(w q - |q|^2 / 2) exp(w k - |k|^2 / 2), q and k over D^(1/4), over their sum."""
    projection = setting.module.projection
    assert isinstance(projection, Tensor)  # noqa: S101 - of the class that has this definition
    scaled = (x / group.q.shape[-1] ** 0.25 for x in (group.q, group.k))
    of_q, of_k = ((x @ projection.T - x.square().sum(-1, keepdim=True) / 2).exp() for x in scaled)
    return _shares(of_q @ of_k.T, group, setting.options)


def nystromformer(group: Group, setting: Setting) -> Tensor:
    """Return softmax(q l') pinv(softmax(l l')) softmax(l k), l and l' the landmarks of queries and keys."""
    module = setting.module
    assert isinstance(module, Nystromformer)  # noqa: S101 - the class that has this definition
    scale = group.q.shape[-1] ** -0.25
    q, k = group.q * scale, group.k * scale
    of_q, of_k = segment_means(q, module.landmarks), segment_means(k, module.landmarks)
    between = pseudo_inverse((of_q @ of_k.T).softmax(-1), module.iterations)
    return (q @ of_k.T).softmax(-1) @ between @ (of_q @ k.T).softmax(-1)


def scores(group: Group, setting: Setting) -> Tensor:
    """Return q k / sqrt(D) of all pairs [G, Sq, Sk], changed by options; -inf where a query does not see the key."""
    q, k, options = group.q, group.k, setting.options
    queries, keys = q.shape[1], len(k)
    if options.get("qk_norm"):
        q, k = _normed(q, setting.module.q_norm), _normed(k, setting.module.k_norm)
    if options.get("rope"):
        q, k = rotated(q, keys - queries), rotated(k, 0)
    found = q @ k.T / math.sqrt(q.shape[-1])
    cap = float(options.get("soft_cap", 0))
    if cap:
        found = cap * torch.tanh(found / cap)
    if options.get("alibi"):
        slopes = alibi_slopes(group.heads)[group.first : group.first + len(q)]
        found = found - found.new_tensor(slopes)[:, None, None] * _distances(queries, keys, found).abs()
    farthest = int(options.get("relative", 0))
    if farthest:
        table = setting.module.get_parameter("relative.table")[group.first : group.first + len(q)]
        found = found + table[:, (_distances(queries, keys, found).long().clamp(-farthest, farthest) + farthest)]
    unseen = _hidden(group, options)
    return found if unseen is None else found.masked_fill(unseen, -math.inf)


def _normed(x: Tensor, norm: object) -> Tensor:
    assert isinstance(norm, nn.RMSNorm)  # noqa: S101 - of the class that has this option
    return x / (x.square().mean(-1, keepdim=True) + EPSILON).sqrt() * norm.weight


def _shares(energies: Tensor, group: Group, options: Mapping[str, Option], *, least: float = 0.0) -> Tensor:
    unseen = _hidden(group, options)
    if unseen is not None:
        energies = energies.masked_fill(unseen, 0)
    total = energies.sum(-1, keepdim=True)
    return energies / (total.clamp(min=least) if least else total)


def _hidden(group: Group, options: Mapping[str, Option]) -> Tensor | None:
    queries, keys = group.q.shape[1], len(group.k)
    return hidden(queries, keys, Seen.of(options), group.q.device)


def _distances(queries: int, keys: int, like: Tensor) -> Tensor:
    places = torch.arange(keys, device=like.device)
    return (torch.arange(queries, device=like.device)[:, None] + (keys - queries) - places).to(like.dtype)


#: Implementation, without its options -> its weights. Whatever is not here promises softmax attention.
DEFINITIONS: Mapping[str, Weights] = MappingProxyType(
    {
        "attention/eager": normalised,
        "attention/softmax_one": normalised,
        "attention/hard_softmax": hard_softmax,
        "attention/hard_softmax/tiled": hard_softmax,
        "attention/sigmoid": sigmoid,
        "attention/linear": linear,
        "attention/cosformer": cosformer,
        "attention/performer": performer,
        "attention/nystromformer": nystromformer,
    }
)
