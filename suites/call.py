"""Case -> seeded input, and the call that is timed, counted or watched."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from bench.placement import elsewhere
from results.records import Direction, Subject

from .build import SEED, Copy, build_module, require_kernels

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from torch import Tensor

    from attn_impls import Registry
    from results.records import Case

#: Drawing takes the host 12 ns a number: minutes, for what a GPU computes on in milliseconds.
MOST_DRAWN = 2**22


def random_input(case: Case) -> Tensor:
    """Return standard normal numbers of the case's shape; drawn on the CPU, so that they are the same everywhere.

    They begin again after ``MOST_DRAWN``.
    """
    count = math.prod(case.shape)
    drawn = torch.randn(min(count, MOST_DRAWN), generator=torch.Generator().manual_seed(SEED))
    drawn = drawn.to(device=case.device, dtype=getattr(torch, case.dtype))
    if count > MOST_DRAWN:
        drawn = drawn.repeat(-(-count // MOST_DRAWN))[:count]
    drawn = drawn.view(case.shape)
    return drawn.contiguous(memory_format=torch.channels_last) if case.channels_last else drawn


@dataclass(slots=True, eq=False)
class Call:
    """What is timed: one module on one input. Two calls are never equal: a clock knows each by its identity."""

    _run: Callable[[Any], object]
    _made_ready: Callable[[Tensor], Any]
    """What a run needs of an input, made before."""
    _x: Tensor
    _ready: Any = field(init=False)

    def __post_init__(self) -> None:
        """Make ready with the input where it is."""
        self._ready = self._made_ready(self._x)

    def __call__(self) -> object:
        """Run once."""
        return self._run(self._ready)

    def move(self, random: Random) -> None:
        """Put the input elsewhere in memory."""
        # What was made ready before goes first: there is not always memory for two.
        self._ready = None
        self._ready = self._made_ready(elsewhere(self._x, random))


def build_call(case: Case, registry: Registry) -> Call:
    """Return the call of the case's direction: see Direction for what each one runs. A copy is the same in each.

    Raises:
        BuildError: fused kernels are asked for, and there are none here.

    """
    module, x = build_module(case, registry), random_input(case)
    require_kernels(module, case.device)
    if case.direction is Direction.FORWARD or isinstance(module, Copy):
        module.eval()

        def forward(x: Tensor) -> object:
            with torch.inference_mode():
                return module(x)

        return Call(forward, _as_it_is, x)
    module.train()
    parameters: list[Tensor] = [p for p in module.parameters() if p.requires_grad]

    def wanted(x: Tensor) -> list[Tensor]:
        # A network gets images, of which training wants no gradient; what stands inside a network has to pass it on.
        return parameters if case.subject is Subject.NETWORK else [x.requires_grad_(), *parameters]

    wanted(x)
    upstream = torch.ones_like(module(x))
    if case.direction is Direction.BACKWARD:

        def with_graph(x: Tensor) -> tuple[Tensor, list[Tensor]]:
            leaves = wanted(x)
            return module(x), leaves

        def backward(ready: tuple[Tensor, list[Tensor]]) -> object:
            output, leaves = ready
            # A parameter that no gradient reaches is for an audit to find, not for a stopwatch to stumble on.
            return torch.autograd.grad(output, leaves, upstream, retain_graph=True, allow_unused=True)

        return Call(backward, with_graph, x)

    def with_leaves(x: Tensor) -> tuple[Tensor, list[Tensor]]:
        return x, wanted(x)

    def forward_backward(ready: tuple[Tensor, list[Tensor]]) -> object:
        x, leaves = ready
        return torch.autograd.grad(module(x), leaves, upstream, allow_unused=True)

    return Call(forward_backward, with_leaves, x)


def _as_it_is(x: Tensor) -> Tensor:
    return x
