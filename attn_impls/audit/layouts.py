"""A gate that does not run on maps: does it run on tokens, and what would bring it from maps to tokens and back?"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..spec import Family
from .origin import attempt
from .subject import agree, draw

if TYPE_CHECKING:
    from collections.abc import Callable

    from .places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Another order of the numbers of a map."""

    name: str
    images: int
    """The dimension along which images lie."""
    there: str
    """Python that makes it of a map x."""
    back: str
    """Python that makes a map of an output y."""
    make: Callable[[Tensor], Tensor]


LAYOUTS = (
    Layout(
        name="tokens [B, N, C]",
        images=0,
        there="x.flatten(2).transpose(1, 2)",
        back="y.transpose(1, 2).reshape(x.shape)",
        make=lambda x: x.flatten(2).transpose(1, 2),
    ),
    Layout(
        name="tokens [N, B, C]",
        images=1,
        there="x.flatten(2).permute(2, 0, 1)",
        back="y.permute(1, 2, 0).reshape(x.shape)",
        make=lambda x: x.flatten(2).permute(2, 0, 1),
    ),
    Layout(
        name="maps [B, H, W, C]",
        images=0,
        there="x.permute(0, 2, 3, 1)",
        back="y.permute(0, 3, 1, 2)",
        make=lambda x: x.permute(0, 2, 3, 1),
    ),
)


def wrapper_for(module: nn.Module, place: Place) -> str | None:
    """Return what a gate that does not run on maps takes, and the wrapper that gives it that.

    None: it takes none of the layouts, or mixes the images of a batch in all of them. Queries, keys and values are
    tried too: all that it cannot do without gets the same tokens.
    """
    if place.spec.family != Family.GATE:
        return None
    count = _required(module)
    for layout in LAYOUTS:
        first, other = draw(place), draw(place)
        other[0] = draw(place, seed=1)[0]
        tokens = layout.make(first)
        outputs = [attempt(_call, module, layout.make(x), count) for x in (first, other)]
        results = [output[0] if isinstance(output, tuple) and output else output for output in outputs]
        one, two = results
        if not (isinstance(one, Tensor) and isinstance(two, Tensor) and one.shape == two.shape == tokens.shape):
            continue
        rest = [result.select(layout.images, 1) for result in (one, two)]
        if agree(*rest):
            # An attention gives its weights beside its output.
            result = "[0]" if isinstance(outputs[0], tuple) else ""
            call = f"y = inner({', '.join('t' * count)}){result}"
            return f"it takes {layout.name}; wrap it: t = {layout.there}; {call}; return {layout.back}"
    return None


def _call(module: nn.Module, tokens: Tensor, count: int) -> object:
    with torch.no_grad():
        return module(*[tokens] * count)


def _required(module: nn.Module) -> int:
    """Return how many arguments a forward pass cannot do without."""
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (ValueError, TypeError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return max(1, sum(each.kind in kinds and each.default is inspect.Parameter.empty for each in parameters))
