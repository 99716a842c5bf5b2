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

#: Longer than a caller takes between two calls of a loop.
MOST_OUTSIDE_NS = 20_000


class Slowed(nn.Module):
    """A module that takes longer, by a share of its own time."""

    def __init__(self, module: nn.Module, share: float) -> None:
        super().__init__()
        self.module = module
        self.share = share
        self.began = 0
        self.left = 0
        self.outside = MOST_OUTSIDE_NS

    def forward(self, x: Tensor) -> Tensor:
        self.began = time.thread_time_ns()
        # What the caller takes between two calls is a part of what is timed: in a short call, a large one.
        self.outside = min(self.outside, self.began - self.left)
        if torch.is_grad_enabled() and x.requires_grad:
            # The backward pass ends with what the forward pass began with.
            trained: Tensor = self.module(_Ends.apply(x, self))
            return trained
        result: Tensor = self.module(x)
        self.wait()
        return result

    def wait(self) -> None:
        """Wait for the share of the processor time since the call before ended."""
        now = time.thread_time_ns()
        ends = now + self.share * (now - self.began + self.outside)
        while time.thread_time_ns() < ends:
            pass
        self.left = time.thread_time_ns()


class _Ends(torch.autograd.Function):
    """The last step of the backward pass: waits."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, slowed: Slowed) -> Tensor:
        ctx.slowed = slowed
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        ctx.slowed.wait()
        return gradient, None


def slowed(build: Callable[..., nn.Module], shares: Mapping[str, float]) -> Callable[..., nn.Module]:
    """Return a method of Spec that builds what ``build`` builds, slowed by the share of the spec's name."""

    @wraps(build)
    def wrapped(spec: Any, *arguments: Any, **options: Any) -> nn.Module:
        return Slowed(build(spec, *arguments, **options), shares.get(spec.name, 0.0))

    return wrapped
