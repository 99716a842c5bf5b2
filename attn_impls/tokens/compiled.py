"""An attention written by hand behind torch.compile: one graph of its operators, fused where inductor fuses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch._dynamo  # noqa: F401 - that what it compiles can be watched from the first call on

from ..compiling import compile_apart
from ..kernels.building import BuildError, find_compiler

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class CompiledCall:
    """Calls a function through torch.compile, by inductor. A copy of it, or one that was pickled, compiles anew."""

    def __init__(self) -> None:
        self._call: Callable[..., Any] | None = None

    def __call__(self, function: Callable[..., Tensor], *inputs: Tensor | None) -> Tensor:
        """Return what the function returns, which is the same one each time.

        Raises:
            BuildError: the tensors are on the CPU, and there is no C++ compiler.

        """
        if self._call is None:
            if inputs[0] is not None and inputs[0].device.type == "cpu":
                require_compiler()
            self._call = compile_apart(function)
        output: Tensor = self._call(*inputs)
        return output

    def __deepcopy__(self, memo: object) -> CompiledCall:
        return CompiledCall()

    def __reduce__(self) -> tuple[type[CompiledCall], tuple[()]]:
        return CompiledCall, ()


def require_compiler() -> None:
    """Refuse to compile for the CPU where there is no C++ compiler (BuildError)."""
    try:
        find_compiler()
    except BuildError as error:
        msg = f"torch.compile needs a C++ compiler on the CPU: {error}; or choose compiled=false"
        raise BuildError(msg) from error
