"""Networks built without their initial values: on the meta device nothing is filled, and trying takes seconds."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

#: What initial values are made by: in place, of any shape.
FILLING = frozenset(
    {
        Tensor.add_,
        Tensor.clamp_,
        Tensor.erfinv_,
        Tensor.fill_,
        Tensor.mul_,
        Tensor.normal_,
        Tensor.uniform_,
        Tensor.zero_,
    }
)


class Unfilled(TorchFunctionMode):
    """Leaves parameters on the meta device as they are, inside the ``with`` block."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function of torch, unless it fills a tensor that has no values."""
        del types
        if func in FILLING and args[0].is_meta:
            return args[0]
        return func(*args, **(kwargs or {}))
