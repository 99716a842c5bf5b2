"""torch.compile, for each function that is compiled as if it were the only one of the process."""

from __future__ import annotations

import itertools
from types import FunctionType
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

#: PyTorch's own compiler.
INDUCTOR = "inductor"

_made = itertools.count()


def compile_apart(function: Callable[..., Tensor], backend: str | Callable[..., Any] = INDUCTOR) -> Callable[..., Any]:
    """Return a function of tensors behind ``torch.compile``, as one graph.

    Whatever is compiled is kept with its code, for eight kinds of inputs at most; after these the code runs uncompiled,
    without a word. And a code that has seen two shapes is compiled for all. So each of these has code of its own, by
    another name, and what cannot be one graph fails.
    """

    def call(*inputs: Tensor | None) -> Tensor:
        result: Tensor = function(*inputs)
        return result

    code = call.__code__.replace(co_name=f"compiled_{next(_made)}")
    own = FunctionType(code, call.__globals__, closure=call.__closure__)
    # Threads are part of the code that inductor makes, but not in every version part of what it keeps that code by.
    options: dict[str, Any] | None = {"cpp.threads": torch.get_num_threads()} if backend == INDUCTOR else None
    return torch.compile(own, fullgraph=True, backend=backend, options=options)
