"""A module as its author wrote it: what torch puts in place of operators hides them from counters."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import torch

from ..uncompiled import uncompiled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


@contextmanager
def plain_code() -> Iterator[None]:
    """Run attention without the native kernels of evaluation, and what is behind ``torch.compile`` uncompiled.

    The native kernels of nn.MultiheadAttention and nn.TransformerEncoderLayer are single operators that no counter
    knows. Code that a counter watches cannot be compiled, and torch.compile never tries that code again: what is timed
    afterwards would be another thing than what was meant.
    """
    fast = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as stack:
        stack.callback(torch.backends.mha.set_fastpath_enabled, fast)
        torch.backends.mha.set_fastpath_enabled(False)
        stack.enter_context(uncompiled())
        yield


@contextmanager
def hooks_restored(module: nn.Module) -> Iterator[None]:
    """Take away the forward hooks that were added inside the ``with`` block: a counter that failed leaves its own."""
    kept = [
        (hooks, dict(hooks))
        for each in module.modules()
        if not isinstance(each, torch.jit.ScriptModule)
        for hooks in (each._forward_hooks, each._forward_pre_hooks)  # noqa: SLF001 - torch has no list of them
    ]
    try:
        yield
    finally:
        for hooks, before in kept:
            for added in hooks.keys() - before.keys():
                del hooks[added]
