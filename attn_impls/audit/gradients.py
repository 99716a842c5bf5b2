"""Does every parameter learn, and are gradients numbers?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .findings import Finding, Name, fault
from .normed import normed_parameters
from .subject import build, draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .places import Place

#: A ReLU may be dead, or a maximum taken elsewhere, for one draw.
SEEDS = 3
INPUT = "the input"
ZERO_REMEDY = "guard the division or root by a small constant, as in x / (sum + eps)"


def check_gradients(home: Place) -> Iterator[Finding]:
    """Send random gradients back, in training and in evaluation, also for maps of zeros."""
    largest: dict[str, float] = {}
    not_finite: dict[str, None] = {}
    for seed in range(SEEDS):
        for training in (True, False):
            module = build(home, seed=seed, training=training)
            mode = "training" if training else "evaluation"
            for words, x in {"random input": draw(home, seed=seed), "zeros": torch.zeros(home.shape)}.items():
                gradients = _gradients(module, x, seed)
                for name, gradient in gradients.items():
                    size = 0.0 if gradient is None else float(gradient.abs().max())
                    largest[name] = max(largest.get(name, 0.0), size)
                    if gradient is not None and not bool(gradient.isfinite().all()):
                        not_finite[f"{name} for {words} in {mode}"] = None
    without = [name for name, size in largest.items() if size == 0]
    if without:
        yield fault(
            Name.NO_GRADIENT,
            f"none for {', '.join(without)} in {SEEDS} draws",
            "look for detach(), no_grad(), .data, rounding, or a layer whose output is not used",
        )
    if not_finite:
        yield fault(Name.GRADIENT_NOT_FINITE, "NaN or infinite: " + "; ".join(not_finite), ZERO_REMEDY)


def check_zero_parameters(home: Place) -> Iterator[Finding]:
    """Set each parameter to zero in turn: some are so at first, and weight decay drives others there."""
    broken: list[str] = []
    for training in (True, False):
        module = build(home, training=training)
        normed = normed_parameters(module)
        for name, parameter in module.named_parameters():
            if name in normed:
                continue
            before = parameter.detach().clone()
            with torch.no_grad():
                parameter.zero_()
                output = module(draw(home))
                parameter.copy_(before)
            if isinstance(output, Tensor) and not bool(output.isfinite().all()) and name not in broken:
                broken.append(name)
    if broken:
        words = f"the output is NaN or infinite where all of {' or '.join(broken)} is 0"
        yield fault(Name.ZERO_PARAMETER, words, ZERO_REMEDY)


def _gradients(module: nn.Module, x: Tensor, seed: int) -> dict[str, Tensor | None]:
    """Return the gradients of the input and of every parameter for a random gradient of the output."""
    module.zero_grad(set_to_none=True)
    x = x.clone().requires_grad_()
    # Not the leaf itself: whoever works in place may do so on what is no leaf.
    output = module(x.clone())
    if not bool(output.isfinite().all()):
        # Found by itself: all gradients of it are what it is.
        return {}
    if output.requires_grad:
        output.backward(torch.randn(output.shape, generator=torch.Generator().manual_seed(seed)).to(output))
    learning = {name: parameter.grad for name, parameter in module.named_parameters() if parameter.requires_grad}
    return {INPUT: x.grad, **learning}
