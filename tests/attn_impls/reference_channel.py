"""References of gates that weigh channels, and of SimAM, in the manner of reference.py: slow, and meant to be read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .reference import average, batch_norm, convolution, relu, sigmoid

if TYPE_CHECKING:
    from collections.abc import Callable

    from .reference import Reference, Setting, Weights

    #: A map [H, W] -> one number.
    Statistic = Callable[[Tensor], Tensor]

GCT_EPSILON = 1e-5
SRM_EPSILON = 1e-5
SIMAM_LAMBDA = 1e-4


def identity(x: Tensor) -> Tensor:
    """No change."""
    return x


def map_by_map(x: Tensor, function: Statistic) -> Tensor:
    """[B, C, H, W] -> [B, C, 1, 1], one number a map."""
    return torch.stack([torch.stack([function(feature_map) for feature_map in sample]) for sample in x])[
        ..., None, None
    ]


def gated(x: Tensor, gate: Tensor) -> Tensor:
    """Multiply every map [b, c] by the number gate[b, c, 0, 0]."""
    samples = [torch.stack([x[b, c] * gate[b, c, 0, 0] for c in range(x.shape[1])]) for b in range(x.shape[0])]
    return torch.stack(samples)


def variance_of(feature_map: Tensor) -> Tensor:
    """Sum of squared deviations over the positions less one; 0 for a single position."""
    mean = feature_map.sum() / feature_map.numel()
    return ((feature_map - mean) ** 2).sum() / max(1, feature_map.numel() - 1)


def squeeze_excite(
    squeeze: Callable[[Tensor], Tensor],
    activation: Callable[[Tensor], Tensor],
    excitation: Callable[[Tensor], Tensor],
    x: Tensor,
    weights: Weights,
    _: Setting,
) -> Tensor:
    """Squeeze-and-excitation (arXiv:1709.01507, eq. 2-4), with what its ablations vary."""
    hidden = activation(convolution(squeeze(x), weights["reduce.weight"], weights.get("reduce.bias")))
    gate = excitation(convolution(hidden, weights["expand.weight"], weights.get("expand.bias")))
    return x * gate.expand(x.shape)


def efficient_channel(x: Tensor, weights: Weights, _: Setting) -> Tensor:
    """ECA (arXiv:1910.03151): a channel's logit is a sum over its k nearest channels, where there are any."""
    means, kernel = average(x), weights["conv.weight"].flatten()
    channels, reach = x.shape[1], len(kernel) // 2
    logits = []
    for channel in range(channels):
        logit = torch.zeros_like(means[:, 0])
        for tap, weight in enumerate(kernel):
            neighbour = channel + tap - reach
            if 0 <= neighbour < channels:
                logit = logit + weight * means[:, neighbour]
        logits.append(logit)
    return gated(x, sigmoid(torch.stack(logits, 1)))


def gated_channel(x: Tensor, weights: Weights, _: Setting) -> Tensor:
    """GCT (arXiv:1909.11519), with the mean of the official code under the second root."""
    length = map_by_map(x, lambda feature_map: ((feature_map**2).sum() + GCT_EPSILON) ** 0.5)
    embedding = weights["alpha"] * length
    samples = []
    for sample in embedding:
        size = ((sample**2).sum() / len(sample) + GCT_EPSILON) ** 0.5
        samples.append(1 + torch.tanh(weights["gamma"][0] * sample / size + weights["beta"][0]))
    return gated(x, torch.stack(samples))


def gather_excite_minus(x: Tensor, _: Weights, __: Setting) -> Tensor:
    """GE-theta-minus (arXiv:1810.12348), global extent."""
    return gated(x, sigmoid(average(x)))


def gather_excite(bottleneck: bool, x: Tensor, weights: Weights, setting: Setting) -> Tensor:  # noqa: FBT001
    """GE-theta (arXiv:1810.12348), global extent; with a bottleneck GE-theta-plus."""
    kernel = weights["gather.weight"]
    gathered = torch.stack(
        [torch.stack([(sample[c] * kernel[c, 0]).sum() for c in range(len(kernel))]) for sample in x]
    )[..., None, None]
    logits = batch_norm(gathered, weights, "norm", training=setting.training)
    if bottleneck:
        hidden = relu(convolution(logits, weights["excite.0.weight"], weights["excite.0.bias"]))
        logits = convolution(hidden, weights["excite.2.weight"], weights["excite.2.bias"])
    return gated(x, sigmoid(logits))


def style_recalibration(x: Tensor, weights: Weights, setting: Setting) -> Tensor:
    """SRM (arXiv:1903.10829), with the official code's variance."""
    deviation = map_by_map(x, lambda feature_map: (variance_of(feature_map) + SRM_EPSILON) ** 0.5)
    of_mean, of_deviation = (weights["style_weight"][:, i, None, None] for i in (0, 1))
    style = of_mean * average(x) + of_deviation * deviation
    return gated(x, sigmoid(batch_norm(style, weights, "norm", training=setting.training)))


def simam(x: Tensor, _: Weights, __: Setting) -> Tensor:
    """SimAM (PMLR 139:11863): the gate is the sigmoid of the inverse of eq. 5's energy."""
    samples = []
    for sample in x:
        maps = []
        for feature_map in sample:
            mean, spread = feature_map.sum() / feature_map.numel(), variance_of(feature_map) + SIMAM_LAMBDA
            energy = 4 * spread / ((feature_map - mean) ** 2 + 2 * spread)
            maps.append(feature_map * sigmoid(1 / energy))
        samples.append(torch.stack(maps))
    return torch.stack(samples)


REFERENCES: dict[str, Reference] = {
    "eca": efficient_channel,
    "gct": gated_channel,
    "ge/theta_minus": gather_excite_minus,
    "ge/theta": partial(gather_excite, False),  # noqa: FBT003
    "ge/theta_plus": partial(gather_excite, True),  # noqa: FBT003
    "srm": style_recalibration,
    "simam": simam,
}
