"""The first call of an attention between tokens, and the making of its mask, before anything is sampled."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import torch

from attn_impls.tokens.masked import MakesMask
from bench.first_call import synchronize, time_first_call
from results.records import Direction, FirstCall, Tokens

from .build import build_module, require_kernels

if TYPE_CHECKING:
    from torch import nn

    from attn_impls import Registry
    from results.records import Case

#: Masks that are made for their median time.
MASKS = 5


def first_call(case: Case, registry: Registry) -> FirstCall:
    """Build a module anew and time its first call in the direction of the case, and the making of its mask.

    What is compiled here is found again by the module that is sampled.
    """
    module = build_module(case, registry)
    require_kernels(module, case.device)
    inputs = case.input.draw(case.dtype, case.device)
    forward = case.direction is Direction.FORWARD
    module.train(not forward)

    def call() -> object:
        if forward:
            with torch.inference_mode():
                return module(*inputs)
        output = module(*(x.requires_grad_() for x in inputs))
        return torch.autograd.grad(output, inputs, torch.ones_like(output), allow_unused=True)

    synchronize(case.device)
    first = time_first_call(call, case.device)
    return FirstCall(
        seconds=first.seconds,
        compile_s=first.compile_s,
        from_cache=first.from_cache,
        mask_s=_mask_s(module, case),
        mask_kept=isinstance(module, MakesMask) and module.mask_kept,
    )


def _mask_s(module: nn.Module, case: Case) -> float | None:
    tokens = case.input
    assert isinstance(tokens, Tokens)  # noqa: S101 - the caller's choice
    if not isinstance(module, MakesMask):
        return None
    device = torch.device(case.device)
    taken = []
    for _ in range(MASKS):
        started = time.perf_counter()
        mask = module.make_mask(tokens.queries, tokens.keys, device)
        synchronize(case.device)
        taken.append(time.perf_counter() - started)
        if mask is None:
            return None
    return statistics.median(taken)
