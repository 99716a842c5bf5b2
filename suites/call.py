"""Case -> the call that is timed, counted or watched, on seeded inputs."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from bench.moved_inputs import moved_input
from bench.uncompiled import uses_compiler
from results.records import Direction

from .build import Copy, build_module, require_kernels

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from torch import Tensor, nn

    from attn_impls import Registry
    from results.records import Case

    Inputs = tuple[Tensor, ...]


@dataclass(slots=True, eq=False)
class Call:
    """What is timed: one module on its inputs. Two calls are never equal: a clock knows each by its identity."""

    _run: Callable[[Any], object]
    _made_ready: Callable[[Inputs], Any]
    """What a run needs of the inputs, made before."""
    _inputs: Inputs
    _forward: Callable[[Any], object] | None = None
    """The forward pass of a run that has a backward pass too."""
    module: nn.Module | None = None
    """What is called."""
    _ready: Any = field(init=False)

    def __post_init__(self) -> None:
        """Make ready with the inputs where they are."""
        self._ready = self._made_ready(self._inputs)

    def __call__(self) -> object:
        """Run once."""
        return self._run(self._ready)

    @property
    def forward(self) -> Callable[[], object] | None:
        """What runs the forward pass alone, and returns its result; None where no backward pass follows in the call."""
        run = self._forward
        return None if run is None else lambda: run(self._ready)

    def move(self, random: Random) -> None:
        """Put the inputs elsewhere in memory."""
        # What was made ready before goes first: there is not always memory for two.
        self._ready = None
        self._ready = self._made_ready(tuple(moved_input(x, random) for x in self._inputs))


def build_call(case: Case, registry: Registry) -> Call:
    """Return the call of the case's direction: see Direction for what each one runs. A copy is the same in each.

    Raises:
        BuildError: fused kernels are asked for, and there are none here.

    """
    module = build_module(case, registry)
    require_kernels(module, case.device)
    return call_of(module, case)


def call_of(module: nn.Module, case: Case) -> Call:
    """Return the call of a module on the case's input, in its direction; the module stays in the mode that it needs."""
    inputs = case.input.draw(case.dtype, case.device)
    if case.direction is Direction.FORWARD or isinstance(module, Copy):
        module.eval()

        def forward(inputs: Inputs) -> object:
            with torch.inference_mode():
                return module(*inputs)

        return Call(forward, _as_they_are, inputs, module=module)
    module.train()

    def with_gradients(inputs: Inputs) -> list[Tensor]:
        return [x.requires_grad_() for x in inputs if case.input.passes_gradients]

    with_gradients(inputs)
    with _graph_kept() if case.direction is Direction.BACKWARD else nullcontext():
        upstream = torch.ones_like(module(*inputs))
    # After the call: a module may make its layers when it is called for the first time.
    parameters: list[Tensor] = [p for p in module.parameters() if p.requires_grad]

    def wanted(inputs: Inputs) -> list[Tensor]:
        return [*with_gradients(inputs), *parameters]

    if case.direction is Direction.BACKWARD:

        def with_graph(inputs: Inputs) -> tuple[Tensor, list[Tensor]]:
            leaves = wanted(inputs)
            return module(*inputs), leaves

        def backward(ready: tuple[Tensor, list[Tensor]]) -> object:
            output, leaves = ready
            # A parameter that no gradient reaches is for an audit to find, not for a stopwatch to stumble on.
            return torch.autograd.grad(output, leaves, upstream, retain_graph=True, allow_unused=True)

        return Call(backward, with_graph, inputs, module=module)

    def with_leaves(inputs: Inputs) -> tuple[Inputs, list[Tensor]]:
        return inputs, wanted(inputs)

    def forward_backward(ready: tuple[Inputs, list[Tensor]]) -> object:
        inputs, leaves = ready
        return torch.autograd.grad(module(*inputs), leaves, upstream, allow_unused=True)

    return Call(forward_backward, with_leaves, inputs, lambda ready: module(*ready[0]), module)


def _graph_kept() -> AbstractContextManager[object]:
    """Have what is compiled meanwhile keep what its backward pass reads, which is run again and again."""
    if not uses_compiler():
        return nullcontext()
    from torch._functorch import config

    kept: AbstractContextManager[object] = config.patch(donated_buffer=False)
    return kept


def _as_they_are(inputs: Inputs) -> Inputs:
    return inputs
