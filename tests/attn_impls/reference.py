"""Every implementation once more, one element at a time, from its paper: slow, and meant to be read.

Nothing here is taken from attn_impls; only the weights are, under their names in a module's ``state_dict``. Gradients
are autograd's of these loops. A new row of the registry needs a row in ``REFERENCES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import pad

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Weights = Mapping[str, Tensor]
    Energy = Callable[[Tensor], Tensor]
    Reference = Callable[[Tensor, Weights, "Setting"], Tensor]

BATCH_NORM_EPSILON = 1e-5
BRANCHES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a reference must know besides the input and the weights; each uses what concerns it."""

    dim: int = -1
    stride: int = 1
    groups: int = 1
    training: bool = True


def plu_of(value: Tensor, a: float = 1.0) -> Tensor:
    """PLU of one number: max(x, a x / (1 + |x|)), by cases (doi:10.3778/j.issn.1002-8331.2010-0085, eq. 3)."""
    return value if value > 0 else a * value / (1 - value)


def hard_energy(value: Tensor) -> Tensor:
    """E(x) = PLU(x) + 1 of one number, for a = 1 (same paper)."""
    return plu_of(value) + 1


def shares(energy: Energy, logits: Sequence[Tensor]) -> list[Tensor]:
    """Weights of one row of logits: E(x_i) / sum of E(x_j)."""
    energies = [energy(logit) for logit in logits]
    total = torch.zeros_like(energies[0])
    for each in energies:
        total = total + each
    return [each / total for each in energies]


def normalize(energy: Energy, x: Tensor, _: Weights, setting: Setting) -> Tensor:
    """Weights of any shape, row by row along ``dim``."""
    last = x.movedim(setting.dim, -1)
    rows = [torch.stack(shares(energy, row.unbind())) for row in last.reshape(-1, last.shape[-1])]
    return torch.stack(rows).view(last.shape).movedim(-1, setting.dim)


def elementwise(function: Callable[[Tensor], Tensor], x: Tensor, _: Weights, __: Setting) -> Tensor:
    """``function`` of every element."""
    return torch.stack([function(value) for value in x.flatten()]).view(x.shape)


def average(x: Tensor) -> Tensor:
    """[B, C, H, W] -> [B, C, 1, 1], the mean of every map."""
    means = [[feature_map.sum() / feature_map.numel() for feature_map in sample] for sample in x]
    return torch.stack([torch.stack(sample) for sample in means])[:, :, None, None]


def convolution(x: Tensor, weight: Tensor, bias: Tensor | None, *, stride: int = 1, groups: int = 1) -> Tensor:
    """Convolve [B, Cin, H, W] with k x k kernels, zero-padded by k // 2; ``weight`` is [Cout, Cin / groups, k, k]."""
    out_channels, per_group, kernel, _ = weight.shape
    padded = pad(x, [kernel // 2] * 4)
    tops = range(0, padded.shape[2] - kernel + 1, stride)
    lefts = range(0, padded.shape[3] - kernel + 1, stride)
    values = []
    for sample in padded:
        for channel in range(out_channels):
            first = channel * groups // out_channels * per_group
            inputs = sample[first : first + per_group]
            for top in tops:
                for left in lefts:
                    value = (inputs[:, top : top + kernel, left : left + kernel] * weight[channel]).sum()
                    values.append(value if bias is None else value + bias[channel])
    return torch.stack(values).view(len(x), out_channels, len(tops), len(lefts))


def batch_norm(x: Tensor, weights: Weights, name: str, *, training: bool) -> Tensor:
    """BN of [B, C, H, W] with the batch's biased moments, or the running ones in evaluation mode."""
    normed = []
    for channel in range(x.shape[1]):
        values = x[:, channel]
        mean, variance = weights[f"{name}.running_mean"][channel], weights[f"{name}.running_var"][channel]
        if training:
            mean = values.sum() / values.numel()
            variance = ((values - mean) ** 2).sum() / values.numel()
        unit = (values - mean) / (variance + BATCH_NORM_EPSILON) ** 0.5
        normed.append(unit * weights[f"{name}.weight"][channel] + weights[f"{name}.bias"][channel])
    return torch.stack(normed, 1)


def relu(x: Tensor) -> Tensor:
    """max(x, 0)."""
    return torch.where(x > 0, x, 0)


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + torch.exp(-x))


def hard_sigmoid(x: Tensor) -> Tensor:
    """relu6(x + 3) / 6."""
    return (x + 3).clamp(0, 6) / 6


def squeeze_excite(gate: Callable[[Tensor], Tensor], x: Tensor, weights: Weights, _: Setting) -> Tensor:
    """Squeeze-and-excitation (arXiv:1709.01507, eq. 2-4): x gate(W2 relu(W1 mean(x) + b1) + b2)."""
    hidden = relu(convolution(average(x), weights["reduce.weight"], weights["reduce.bias"]))
    gates = gate(convolution(hidden, weights["expand.weight"], weights["expand.bias"]))
    samples = [torch.stack([x[b, c] * gates[b, c, 0, 0] for c in range(x.shape[1])]) for b in range(x.shape[0])]
    return torch.stack(samples)


def logit_index(channel: int, branch: int, *, channels: int, blocks: int) -> int:
    """Where the second 1x1 convolution puts the logit of a channel in a branch: by block, then branch, then channel.

    A grouped 1x1 convolution must compute both logits of a channel from that channel's own group: one block a channel
    is the branch index fastest, as in the PSK authors' module; one a group is ResNeSt's order of cardinality, radix,
    channel; one block in all is SK's branches one after the other.
    """
    per_block = channels // blocks
    block, within = divmod(channel, per_block)
    return (block * BRANCHES + branch) * per_block + within


def selection(
    energy: Energy, *, pool_input: bool, grouped: bool, norm: bool
) -> Callable[[Tensor, Weights, Setting], Tensor]:
    """Reference of SK (arXiv:1903.06586), Split (arXiv:2004.08955) and PSK (doi:10.3778/j.issn.1002-8331.2010-0085).

    Args:
        energy: E of the normaliser E / sum(E) over the two branches.
        pool_input: the logits come from the module's input (PSK), not from the sum of the branches (SK, Split).
        grouped: the 1x1 convolutions have the groups of the branches.
        norm: BN between the first 1x1 convolution and its ReLU.

    """

    def compute(x: Tensor, weights: Weights, setting: Setting) -> Tensor:
        features = []
        for m in range(BRANCHES):
            kernel = weights[f"convolutions.{m}.weight"]
            convolved = convolution(x, kernel, None, stride=setting.stride, groups=setting.groups)
            features.append(relu(batch_norm(convolved, weights, f"norms.{m}", training=setting.training)))
        groups = setting.groups if grouped else 1
        pooled = average(x if pool_input else features[0] + features[1])
        hidden = convolution(
            pooled, weights["transform.reduce.weight"], weights.get("transform.reduce.bias"), groups=groups
        )
        if norm:
            hidden = batch_norm(hidden, weights, "transform.norm", training=setting.training)
        logits = convolution(
            relu(hidden), weights["transform.expand.weight"], weights["transform.expand.bias"], groups=groups
        )
        batch, channels = features[0].shape[:2]
        blocks = channels if pool_input else groups
        samples = []
        for b in range(batch):
            maps = []
            for c in range(channels):
                indices = [logit_index(c, m, channels=channels, blocks=blocks) for m in range(BRANCHES)]
                first, second = shares(energy, [logits[b, index, 0, 0] for index in indices])
                maps.append(first * features[0][b, c] + second * features[1][b, c])
            samples.append(torch.stack(maps))
        return torch.stack(samples)

    return compute


REFERENCES: dict[str, Reference] = {
    "softmax": partial(normalize, torch.exp),
    "softmax/naive": partial(normalize, torch.exp),
    "softmax/stable": partial(normalize, torch.exp),
    "hard_softmax": partial(normalize, hard_energy),
    "hard_softmax/as_written": partial(normalize, hard_energy),
    "hard_softmax/fused": partial(normalize, hard_energy),
    "softmax/fused": partial(normalize, torch.exp),
    "plu": partial(elementwise, plu_of),
    "se": partial(squeeze_excite, sigmoid),
    "se/hard_sigmoid": partial(squeeze_excite, hard_sigmoid),
    "sk/softmax": selection(torch.exp, pool_input=False, grouped=False, norm=False),
    "sk/hard_softmax": selection(hard_energy, pool_input=False, grouped=False, norm=False),
    "split/softmax": selection(torch.exp, pool_input=False, grouped=True, norm=True),
    "split/hard_softmax": selection(hard_energy, pool_input=False, grouped=True, norm=True),
    "psk": selection(hard_energy, pool_input=True, grouped=True, norm=True),
    "psk/standard_1x1": selection(hard_energy, pool_input=True, grouped=False, norm=True),
    "psk/as_printed": selection(hard_energy, pool_input=True, grouped=True, norm=False),
    "psk/standard_1x1_as_printed": selection(hard_energy, pool_input=True, grouped=False, norm=False),
}
