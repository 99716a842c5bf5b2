"""Makes implementations slower by a known share: what ``regression_gate.py`` plants into copies of attn_impls.

A copy of this file lies in the planted tree as ``attn_impls/planted.py``, beside a ``planted_shares.py`` that says
which implementation is slower by how much. Each call, a forward pass or one with its backward pass, ends with busy
waiting for that share of the processor time that it has taken. A share of 0 does all the same but wait: trees that
differ in the shares alone differ by them exactly.
"""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: What a caller takes between two calls of a loop, at most; before the first call of a loop anything may happen.
MOST_OUTSIDE_NS = 20_000
#: Every call waits for so long, whatever its share: the first look at a clock takes longer than the ones after it.
ALWAYS_NS = 5_000


class Waiting:
    """Waits at the end of a call for a share of what the call has taken."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.began = 0
        self.ended = 0

    def begin(self) -> None:
        """Note when a call begins: right after the call before, as far as that is near."""
        now = time.thread_time_ns()
        self.began = max(self.ended, now - MOST_OUTSIDE_NS)

    def end(self) -> None:
        """Wait."""
        now = time.thread_time_ns()
        ends = now + ALWAYS_NS + self.share * (now + ALWAYS_NS - self.began)
        while now < ends:
            now = time.thread_time_ns()
        self.ended = now


class Slowed(nn.Module):
    """A module that takes longer, by a share of its own time."""

    def __init__(self, module: nn.Module, share: float) -> None:
        super().__init__()
        self.module = module
        self.waiting = Waiting(share)

    def forward(self, x: Tensor) -> Tensor:
        self.waiting.begin()
        if torch.is_grad_enabled() and x.requires_grad:
            # The backward pass ends with what the forward pass began with.
            trained: Tensor = self.module(_Ends.apply(x, self.waiting))
            return trained
        result: Tensor = self.module(x)
        self.waiting.end()
        return result


class _Ends(torch.autograd.Function):
    """The last step of the backward pass: waits."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, waiting: Waiting) -> Tensor:
        ctx.waiting = waiting
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        ctx.waiting.end()
        return gradient, None


def slowed(build: Callable[..., nn.Module], shares: Mapping[str, float]) -> Callable[..., nn.Module]:
    """Return a method of Spec that builds what ``build`` builds, slowed by the share of the spec's name."""

    @wraps(build)
    def wrapped(spec: Any, *arguments: Any, **options: Any) -> nn.Module:
        return Slowed(build(spec, *arguments, **options), shares.get(spec.name, 0.0))

    return wrapped
