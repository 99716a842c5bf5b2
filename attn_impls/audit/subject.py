"""The same module and the same input again and again, from a seed."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parameter import is_lazy

from ..site import Heads
from ..spec import Family

if TYPE_CHECKING:
    from .places import Place

#: So much noise is added to every parameter: what is zero at first, such as a last layer, hides the layers before it.
NOISE = 0.1
#: Logits are spread a little wider than features.
LOGITS_SCALE = 2.0


def as_built(place: Place, *, seed: int = 0, training: bool = False) -> nn.Module:
    """Build the module as it is built anywhere; one that makes layers at its first call is called once."""
    torch.manual_seed(seed)
    module = _built(place)
    if place.settles or any(map(is_lazy, (*module.parameters(), *module.buffers()))):
        with torch.no_grad():
            module.eval()(draw(place))
    return module.train(training)


def _built(place: Place) -> nn.Module:
    match place.at:
        case int():
            return place.spec.build_op(place.at)
        case Heads():
            module = place.spec.build_attention(place.at)
            module.register_forward_pre_hook(Unpacked(place.parts))
            return module
        case _:
            return place.spec.build(place.at)


class Unpacked:
    """Gives a module for queries, keys and values the three that lie in one input, so that all checks see one."""

    def __init__(self, parts: tuple[tuple[int, ...], ...]) -> None:
        self._parts = parts

    def __call__(self, module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return views of the parts."""
        del module
        pieces = args[0].split([prod(part) for part in self._parts])
        return tuple(piece.view(part) for piece, part in zip(pieces, self._parts, strict=True))


def build(place: Place, *, seed: int = 0, training: bool = False) -> nn.Module:
    """Build the module, with noise on parameters and random running statistics."""
    module = as_built(place, seed=seed)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.is_floating_point() or parameter.is_complex():
                parameter.add_(NOISE * torch.randn_like(parameter))
        for inner in module.modules():
            if isinstance(inner, _BatchNorm) and inner.running_mean is not None and inner.running_var is not None:
                inner.running_mean.normal_(0, NOISE)
                inner.running_var.uniform_(0.5, 2)
    return module.train(training)


def draw(place: Place, *, seed: int = 0) -> Tensor:
    """Return an input, standard normal for features."""
    scale = LOGITS_SCALE if place.spec.family == Family.NORMALIZER else 1.0
    return scale * torch.randn(place.shape, generator=torch.Generator().manual_seed(seed))


def run(place: Place, *, training: bool = False) -> Tensor:
    """Build the module and call it once."""
    return build(place, training=training)(draw(place))


def evaluate(module: nn.Module, x: Tensor, *, seed: int = 1) -> Tensor:
    """Call it as forward passes are timed: in evaluation, in inference mode."""
    torch.manual_seed(seed)
    with torch.inference_mode():
        output: Tensor = module.eval()(x)
        return output


def train_step(module: nn.Module, x: Tensor, *, seed: int = 1) -> tuple[Tensor | None, ...]:
    """Call it as training passes are timed, and return the output, then the gradients of input and parameters."""
    torch.manual_seed(seed)
    x = x.clone().requires_grad_()
    output: Tensor = module.train()(x)
    leaves = [x, *(parameter for parameter in module.parameters() if parameter.requires_grad)]
    if not output.requires_grad:
        return output.detach(), *(None for _ in leaves)
    return output.detach(), *torch.autograd.grad(output, leaves, torch.ones_like(output), allow_unused=True)


def same(first: object, second: object) -> bool:
    """Whether two outputs are identical, NaN where the other is NaN."""
    if not (isinstance(first, Tensor) and isinstance(second, Tensor)):
        return type(first) is type(second)
    return (
        first.shape == second.shape
        and first.dtype == second.dtype
        and bool(torch.allclose(first, second, rtol=0, atol=0, equal_nan=True))
    )


def agree(first: Tensor, second: Tensor) -> bool:
    """Whether two results of the same sums in another order have at least half of their digits in common."""
    size = float(second.abs().max()) if second.numel() else 0.0
    return largest_difference(first, second) <= torch.finfo(second.dtype).eps ** 0.5 * size


def largest_difference(first: Tensor, second: Tensor) -> float:
    """Return the largest absolute difference of two tensors of one shape; infinite where one is NaN or they differ."""
    if first.shape != second.shape:
        return float("inf")
    difference = (first.double() - second.double()).abs()
    return float(difference.nan_to_num(nan=float("inf")).max()) if difference.numel() else 0.0
