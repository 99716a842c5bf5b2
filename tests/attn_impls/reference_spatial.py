"""References of gates over positions and of NAM, in the manner of reference.py: slow, and meant to be read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .reference import average, batch_norm, convolution, relu, sigmoid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .reference import Reference, Setting, Weights

LAYER_NORM_EPSILON = 1e-5


def slices(x: Tensor, dim: int) -> list[Tensor]:
    """Cut a tensor along a dimension, which each slice keeps with size 1."""
    return [each.unsqueeze(dim) for each in x.unbind(dim)]


def mean_of(values: Iterable[Tensor]) -> Tensor:
    """Mean of some tensors, element by element."""
    every = list(values)
    return sum(every[1:], every[0]) / len(every)


def maximum_of(values: Iterable[Tensor]) -> Tensor:
    """Greatest of some tensors, element by element."""
    greatest, *rest = values
    for value in rest:
        greatest = torch.where(value > greatest, value, greatest)
    return greatest


def pointwise(x: Tensor, weights: Weights, name: str) -> Tensor:
    """The named convolution with its bias."""
    return convolution(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def cbam(x: Tensor, weights: Weights, setting: Setting) -> Tensor:
    """arXiv:1807.06521, eq. 2 and 3, with the official code's BN."""

    def mlp(pooled: Tensor) -> Tensor:
        return pointwise(relu(pointwise(pooled, weights, "channel.reduce")), weights, "channel.expand")

    positions = [x[:, :, i : i + 1, j : j + 1] for i in range(x.shape[2]) for j in range(x.shape[3])]
    refined = x * sigmoid(mlp(average(x)) + mlp(maximum_of(positions)))
    channels = slices(refined, 1)
    pooled = torch.cat([maximum_of(channels), mean_of(channels)], 1)
    convolved = convolution(pooled, weights["spatial.convolution.weight"], None)
    return refined * sigmoid(batch_norm(convolved, weights, "spatial.norm", training=setting.training))


def dilated(kernel: Tensor, dilation: int) -> Tensor:
    """Return the kernel of a plain convolution that does what a dilated one does with ``kernel``."""
    size = dilation * (kernel.shape[-1] - 1) + 1
    spread = torch.zeros(*kernel.shape[:2], size, size, dtype=kernel.dtype)
    spread[:, :, ::dilation, ::dilation] = kernel
    return spread


def bam(x: Tensor, weights: Weights, setting: Setting, *, dilation: int = 4, multiply: bool = False) -> Tensor:
    """arXiv:1807.06514, eq. 1, with the layers of the official code, which multiplies where the paper adds."""
    hidden = pointwise(average(x), weights, "channel.0")
    hidden = relu(batch_norm(hidden, weights, "channel.1", training=setting.training))
    of_channels = pointwise(hidden, weights, "channel.3")

    hidden = relu(batch_norm(pointwise(x, weights, "spatial.0"), weights, "spatial.1", training=setting.training))
    for first in (3, 6):
        kernel = dilated(weights[f"spatial.{first}.weight"], dilation)
        hidden = convolution(hidden, kernel, weights[f"spatial.{first}.bias"])
        hidden = relu(batch_norm(hidden, weights, f"spatial.{first + 1}", training=setting.training))
    of_positions = pointwise(hidden, weights, "spatial.9")
    logits = of_channels * of_positions if multiply else of_channels + of_positions
    return x + x * sigmoid(logits)


def triplet(x: Tensor, weights: Weights, setting: Setting) -> Tensor:
    """arXiv:2010.03045, eq. 5: rotate the map, gate it by what is pooled over its first dimension, rotate it back."""
    branches = []
    # Each of these permutations is its own inverse.
    for name, rotation in (("cw", (0, 2, 1, 3)), ("hc", (0, 3, 2, 1)), ("hw", (0, 1, 2, 3))):
        rotated = x.permute(rotation)
        maps = slices(rotated, 1)
        pooled = torch.cat([maximum_of(maps), mean_of(maps)], 1)
        convolved = convolution(pooled, weights[f"{name}.convolution.weight"], None)
        gates = sigmoid(batch_norm(convolved, weights, f"{name}.norm", training=setting.training))
        branches.append((rotated * gates).permute(rotation))
    return mean_of(branches)


def relative(scales: Tensor) -> list[Tensor]:
    """|scale| / sum of |scale|, of each."""
    magnitudes = [scale if scale > 0 else -scale for scale in scales]
    total = sum(magnitudes[1:], magnitudes[0])
    return [magnitude / total for magnitude in magnitudes]


def nam_channel(x: Tensor, weights: Weights, setting: Setting, *, prefix: str = "") -> Tensor:
    """arXiv:2111.12419, eq. 2."""
    normed = batch_norm(x, weights, f"{prefix}norm", training=setting.training)
    shares = relative(weights[f"{prefix}norm.weight"])
    return torch.stack([x[:, c] * sigmoid(share * normed[:, c]) for c, share in enumerate(shares)], 1)


def nam_spatial(x: Tensor, weights: Weights, setting: Setting, *, prefix: str = "") -> Tensor:
    """arXiv:2111.12419, eq. 3: what ``nam_channel`` does to channels, done to pixels, in the order of their rows."""
    pixels = x.flatten(2).transpose(1, 2)
    return nam_channel(pixels, weights, setting, prefix=prefix).transpose(1, 2).view(x.shape)


def nam(x: Tensor, weights: Weights, setting: Setting) -> Tensor:
    """The channel part, then the spatial part."""
    refined = nam_channel(x, weights, setting, prefix="channel.")
    return nam_spatial(refined, weights, setting, prefix="spatial.")


def coordinate(x: Tensor, weights: Weights, setting: Setting) -> Tensor:
    """arXiv:2103.02907, eq. 4 to 9."""
    height, width = x.shape[2:]
    rows, columns = mean_of(slices(x, 3)), mean_of(slices(x, 2))
    positions = [*rows.unbind(2), *columns.unbind(3)]
    strip = pointwise(torch.stack(positions, 2), weights, "reduce")
    strip = batch_norm(strip, weights, "norm", training=setting.training)
    strip = strip * (strip + 3).clamp(0, 6) / 6
    by_row = sigmoid(pointwise(strip[:, :, :height], weights, "expand_height"))
    by_column = sigmoid(pointwise(strip[:, :, height:], weights, "expand_width"))
    gated = [x[:, :, i, j] * by_row[:, :, i, 0] * by_column[:, :, j, 0] for i in range(height) for j in range(width)]
    return torch.stack(gated, 2).view(x.shape)


def layer_norm(values: Tensor, weights: Weights, name: str) -> Tensor:
    """LN of one vector."""
    mean = values.sum() / len(values)
    variance = ((values - mean) ** 2).sum() / len(values)
    unit = (values - mean) / (variance + LAYER_NORM_EPSILON) ** 0.5
    return unit * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def attended_column(sample: Tensor, logits: Tensor, energy: Callable[[Tensor], Tensor]) -> Tensor:
    """Sum the columns of one sample, weighted by E(logit) / sum of E."""
    energies = [energy(logit) for logit in logits.flatten()]
    columns = sample.flatten(1).unbind(1)
    weighted = [each * column for each, column in zip(energies, columns, strict=True)]
    return sum(weighted[1:], weighted[0]) / sum(energies[1:], energies[0])


def context_term(column: Tensor, weights: Weights, prefix: str = "") -> Tensor:
    """W2 ReLU(LN(W1 c)) of one column, [C, 1, 1]."""
    hidden = pointwise(column[None, :, None, None], weights, f"{prefix}reduce")
    hidden = relu(layer_norm(hidden.flatten(), weights, f"{prefix}norm"))
    return pointwise(hidden[None, :, None, None], weights, f"{prefix}expand")[0]


def global_context(
    x: Tensor,
    weights: Weights,
    _: Setting,
    *,
    energy: Callable[[Tensor], Tensor] = torch.exp,
    average_pooling: bool = False,
    fusion: str = "channel_add",
) -> Tensor:
    """arXiv:1904.11492, eq. 5; ``energy`` is E of the normaliser E / sum(E) over all positions.

    The official code's other forms pool by the mean, and multiply by the sigmoid of the term, before they add another.
    """
    samples = []
    for index, sample in enumerate(x):
        if average_pooling:
            column = average(x)[index].flatten()
        else:
            column = attended_column(sample, pointwise(x, weights, "logits")[index], energy)
        if fusion == "channel_mul":
            samples.append(sample * sigmoid(context_term(column, weights)))
        elif fusion == "both":
            scaled = sample * sigmoid(context_term(column, weights, "scale."))
            samples.append(scaled + context_term(column, weights))
        else:
            samples.append(sample + context_term(column, weights))
    return torch.stack(samples)


REFERENCES: dict[str, Reference] = {
    "cbam": cbam,
    "bam": bam,
    "triplet": triplet,
    "nam": nam,
    "nam/channel": nam_channel,
    "nam/spatial": nam_spatial,
    "coordinate": coordinate,
    "global_context": global_context,
}
#: Options that change more than a size, which has no reference of its own to be read off from the weights.
OPTIONS: dict[str, Reference] = {
    "global_context:pooling=avg,reduction=2": partial(global_context, average_pooling=True),
    "global_context:fusion=channel_mul,reduction=2": partial(global_context, fusion="channel_mul"),
    "global_context:fusion=both,reduction=2": partial(global_context, fusion="both"),
    "global_context:fusion=both,pooling=avg,reduction=2": partial(global_context, average_pooling=True, fusion="both"),
    "bam:combine=multiply": partial(bam, multiply=True),
    "bam:dilation=1": partial(bam, dilation=1),
    "nam/channel:detach=true": nam_channel,
    "nam/spatial:detach=true": nam_spatial,
    "nam:detach=true": nam,
}
