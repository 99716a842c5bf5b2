"""References of normalisers, FeLU and the official SK and Split, in the manner of reference.py: slow, to be read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .reference import average, batch_norm, convolution, elementwise, relu

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .reference import Reference, Setting, Weights

    #: Logits of one row -> their weights.
    ShareOut = Callable[[Sequence[Tensor], Weights], list[Tensor]]

BRANCHES = 2
ALPHA = 1.5


def by_rows(share_out: ShareOut, x: Tensor, weights: Weights, setting: Setting) -> Tensor:
    """Weights of any shape, row by row along ``dim``."""
    last = x.movedim(setting.dim, -1)
    rows = [torch.stack(share_out(row.unbind(), weights)) for row in last.reshape(-1, last.shape[-1])]
    return torch.stack(rows).view(last.shape).movedim(-1, setting.dim)


def softmax_row(logits: Sequence[Tensor], _: Weights) -> list[Tensor]:
    """exp(x_i) / sum of exp(x_j)."""
    total = sum((torch.exp(each) for each in logits[1:]), torch.exp(logits[0]))
    return [torch.exp(each) / total for each in logits]


def softmax_one_row(logits: Sequence[Tensor], _: Weights) -> list[Tensor]:
    """exp(x_i) / (1 + sum of exp(x_j))."""
    total = sum((torch.exp(each) for each in logits), torch.ones_like(logits[0]))
    return [torch.exp(each) / total for each in logits]


def log_n_row(logits: Sequence[Tensor], weights: Weights) -> list[Tensor]:
    """N^(s x_i) / sum of N^(s x_j), N the number of logits (arXiv:2501.19399, eq. 2)."""
    powers = [len(logits) ** (weights["scale"] * each) for each in logits]
    total = sum(powers[1:], powers[0])
    return [each / total for each in powers]


def sparsemax_row(logits: Sequence[Tensor], _: Weights) -> list[Tensor]:
    """arXiv:1602.02068, algorithm 1: the logits less a threshold, for the greatest k that it leaves positive."""
    descending = sorted(logits, reverse=True)
    threshold = descending[0] - 1
    total = torch.zeros_like(descending[0])
    for k, each in enumerate(descending, start=1):
        total = total + each
        if 1 + k * each > total:
            threshold = (total - 1) / k
    return [relu(each - threshold) for each in logits]


def entmax15_row(logits: Sequence[Tensor], _: Weights) -> list[Tensor]:
    """arXiv:1905.05702, algorithm 2: squares of the k largest halves, less the threshold that makes them sum to 1."""
    halves = sorted((each / 2 for each in logits), reverse=True)
    threshold = halves[0] - 1
    for k in range(2, len(halves) + 1):
        chosen = halves[:k]
        mean = sum(chosen[1:], chosen[0]) / k
        spread = sum(((each - mean) ** 2 for each in chosen), torch.zeros_like(mean))
        if spread > 1:
            break
        candidate = mean - ((1 - spread) / k) ** 0.5
        if candidate <= chosen[-1]:
            threshold = candidate
    return [relu(each / 2 - threshold) ** 2 for each in logits]


def entmax_row(logits: Sequence[Tensor], _: Weights) -> list[Tensor]:
    """arXiv:1905.05702, eq. 5: [(alpha - 1) x - t]+ to the power 1 / (alpha - 1), t such that they sum to 1."""
    scaled = [(ALPHA - 1) * each for each in logits]

    def share(value: Tensor, threshold: Tensor) -> Tensor:
        return relu(value - threshold) ** (1 / (ALPHA - 1))

    def excess(threshold: Tensor) -> Tensor:
        return sum((share(each, threshold) for each in scaled), torch.full_like(threshold, -1))

    # At the lower end the greatest logit alone has a weight of 1, at the upper one none has any.
    low, high = max(scaled).detach() - 1, max(scaled).detach()
    for _step in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle).detach() > 0 else (low, middle)
    # One step of Newton no longer changes the threshold, but carries its gradient: -(d excess / dx) / (d excess / dt).
    slope = sum(-((each - low).clamp(min=0) ** (1 / (ALPHA - 1) - 1)) / (ALPHA - 1) for each in scaled)
    assert isinstance(slope, Tensor)
    threshold = low - excess(low) / slope.detach()
    return [share(each, threshold) for each in scaled]


def felu_of(value: Tensor) -> Tensor:
    """(e^x - 1) / (1 + e^-x) below 0, x above (doi:10.16644/j.cnki.cn33-1094/tp.2020.10.017, eq. 4)."""
    return value if value > 0 else (torch.exp(value) - 1) / (1 + torch.exp(-value))


def mix(features: Sequence[Tensor], logits: Tensor, index: Callable[[int, int], int], share_out: ShareOut) -> Tensor:
    """Weigh the branches of every channel; ``index(channel, branch)`` says where its logit stands."""
    batch, channels = features[0].shape[:2]
    samples = []
    for b in range(batch):
        maps = []
        for c in range(channels):
            shares = share_out([logits[b, index(c, m), 0, 0] for m in range(len(features))], {})
            weighted = [share * feature[b, c] for share, feature in zip(shares, features, strict=True)]
            maps.append(sum(weighted[1:], weighted[0]))
        samples.append(torch.stack(maps))
    return torch.stack(samples)


def dilated(weight: Tensor, dilation: int) -> Tensor:
    """Return the kernel with zeros between its taps: its plain convolution is the dilated one."""
    size = dilation * (weight.shape[-1] - 1) + 1
    spread = torch.zeros(*weight.shape[:2], size, size, dtype=weight.dtype)
    for row in range(weight.shape[2]):
        for column in range(weight.shape[3]):
            spread[:, :, row * dilation, column * dilation] = weight[:, :, row, column]
    return spread


def transform(pooled: Tensor, weights: Weights, *, groups: int, training: bool) -> Tensor:
    """1x1 - BN - ReLU - 1x1, each convolution with a bias if it has one."""
    reduced = convolution(
        pooled, weights["transform.reduce.weight"], weights.get("transform.reduce.bias"), groups=groups
    )
    hidden = relu(batch_norm(reduced, weights, "transform.norm", training=training))
    return convolution(hidden, weights["transform.expand.weight"], weights.get("transform.expand.bias"), groups=groups)


def selective_kernel(x: Tensor, weights: Weights, setting: Setting) -> Tensor:
    """SK (arXiv:1903.06586, eq. 1-6): branch m is a 3x3 of dilation m; softmax over the branches, per channel."""
    features = []
    for m in range(BRANCHES):
        kernel = dilated(weights[f"convolutions.{m}.weight"], m + 1)
        convolved = convolution(x, kernel, None, stride=setting.stride, groups=setting.groups)
        features.append(relu(batch_norm(convolved, weights, f"norms.{m}", training=setting.training)))
    pooled = average(sum(features[1:], features[0]))
    logits = transform(pooled, weights, groups=1, training=setting.training)
    channels = features[0].shape[1]
    # The logits of a branch stand together.
    return mix(features, logits, lambda channel, branch: branch * channels + channel, softmax_row)


def split_attention(x: Tensor, weights: Weights, setting: Setting) -> Tensor:
    """Split attention (arXiv:2004.08955, section 3): split r is computed from share r of the input's channels."""
    convolved = convolution(
        x, weights["convolution.weight"], None, stride=setting.stride, groups=setting.groups * BRANCHES
    )
    activated = relu(batch_norm(convolved, weights, "norm", training=setting.training))
    features = activated.chunk(BRANCHES, 1)
    pooled = average(sum(features[1:], features[0]))
    logits = transform(pooled, weights, groups=setting.groups, training=setting.training)
    per_group = features[0].shape[1] // setting.groups

    def index(channel: int, branch: int) -> int:
        # By cardinality, then radix, then channel: both logits of a channel come from its own group.
        group, within = divmod(channel, per_group)
        return (group * BRANCHES + branch) * per_group + within

    return mix(features, logits, index, softmax_row)


REFERENCES: dict[str, Reference] = {
    "softmax_one": partial(by_rows, softmax_one_row),
    "softmax/log_n": partial(by_rows, log_n_row),
    "sparsemax": partial(by_rows, sparsemax_row),
    "entmax15": partial(by_rows, entmax15_row),
    "entmax": partial(by_rows, entmax_row),
    "felu": partial(elementwise, felu_of),
    "sk/official": selective_kernel,
    "split/official": split_attention,
}
