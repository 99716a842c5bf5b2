"""Does it train, also on one image, and does it give the same again?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..spec import Family
from .findings import Finding, Name, fault, note
from .orders import of_inference, shared_inference
from .origin import Raised, attempt
from .places import with_batch
from .subject import build, draw, run, same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .places import Place

#: How torch refuses batch norm over a single value a channel.
ONE_VALUE = "more than 1 value per channel"


def check_training(home: Place) -> Iterator[Finding]:
    """Call it in training mode with the ordinary batch, then with one image."""
    output = attempt(run, home, training=True)
    if isinstance(output, Raised):
        # A call in inference mode came before, of another module.
        yield (
            shared_inference(output, home)
            if of_inference(output)
            else fault(
                Name.TRAINING, f"{output.words(home.spec)}, in training mode", "make it run in training mode too"
            )
        )
        return
    if home.spec.family in {Family.NORMALIZER, Family.ACTIVATION}:
        return
    one = with_batch(home, 1)
    output = attempt(run, one, training=True)
    if not isinstance(output, Raised):
        return
    if isinstance(output.error, ValueError) and ONE_VALUE in str(output.error):
        words = "batch norm over pooled features has one value per channel, which cannot be normalised"
        yield note(Name.BATCH_OF_ONE, f"{words} ({output.words(home.spec)})", "train with two images or more")
    else:
        yield fault(Name.TRAINING, f"{output.words(home.spec)}, for {one} in training mode", "make it train on it")


def check_random(home: Place) -> Iterator[Finding]:
    """Call it twice with the same input, in each mode."""
    module = build(home)
    first, second = _call(module, draw(home), 1), _call(module, draw(home), 2)
    remedy = "take random numbers only if self.training; keep no count of calls"
    if not same(first, second):
        yield fault(Name.RANDOM, f"two calls in evaluation differ{_by(first, second)}", remedy)
        return
    outputs = {}
    for label, seed in {"first": 1, "other seed": 2, "same seed": 1}.items():
        module = build(home, training=True)
        outputs[label] = _call(module, draw(home), seed)
    if not same(outputs["first"], outputs["same seed"]):
        words = f"training with one seed differs from call to call{_by(outputs['first'], outputs['same seed'])}"
        yield fault(Name.RANDOM, words, "take random numbers from torch alone")
    elif not same(outputs["first"], outputs["other seed"]):
        words = "it draws random numbers in training, as dropout does"
        yield note(Name.RANDOM_TRAINING, words, "compare gradients under one seed")


def _call(module: nn.Module, x: Tensor, seed: int) -> object:
    torch.manual_seed(seed)
    with torch.no_grad():
        return module(x)


def _by(first: object, second: object) -> str:
    if isinstance(first, Tensor) and isinstance(second, Tensor) and first.shape == second.shape:
        return f" by up to {float((first - second).abs().max()):.3g}"
    return ""
