"""Is a tensor copied onto an overlapping part of itself? What that gives depends on the order of the copy."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from .origin import Raised, attempt, file_and_line, is_own
from .subject import build, draw

if TYPE_CHECKING:
    from ..spec import Spec
    from .places import Place


def overlapping_copy(home: Place) -> str:
    """Return the line of the implementation that makes such a copy, as in ``gate.py, line 12``; empty: none does."""
    watch = _Copies(home.spec)
    module = build(home)

    def call() -> None:
        with torch.no_grad(), watch:
            module(draw(home))

    return "" if isinstance(attempt(call), Raised) else watch.line


class _Copies(TorchDispatchMode):
    """Notes the line of the first copy between overlapping parts of one tensor."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self._spec = spec
        self.line = ""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        if not self.line and func is torch.ops.aten.copy_.default and _overlap(args[0], args[1]):
            frames = [frame for frame in traceback.extract_stack() if is_own(frame.filename, self._spec)]
            self.line = file_and_line(frames[-1]) if frames else self._spec.name
        return func(*args, **(kwargs or {}))


def _overlap(target: Tensor, source: Tensor) -> bool:
    """Return whether two tensors share numbers, but are not one and the same."""
    if target.untyped_storage().data_ptr() != source.untyped_storage().data_ptr() or target.dtype != source.dtype:
        return False
    size = target.untyped_storage().nbytes() // target.element_size()
    places = torch.arange(size)
    first, second = (
        places.as_strided(each.shape, each.stride(), each.storage_offset()).flatten() for each in (target, source)
    )
    return not torch.equal(first, second) and bool(torch.isin(first, second).any())
