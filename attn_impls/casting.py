"""A module in another dtype or memory format, where ``Module.to`` loses something or refuses."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import torch
from torch.nn.parameter import is_lazy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

#: Complex numbers of two such real ones. PyTorch has no operators worth the name for narrower ones.
COMPLEX = MappingProxyType({torch.float32: torch.complex64, torch.float64: torch.complex128})
#: Dimensions of what channels_last is a format of.
MAP_DIMENSIONS = 4


class CastError(ValueError):
    """A module cannot be had in a dtype; the message names what it is that cannot."""


def in_dtype(module: nn.Module, dtype: torch.dtype, device: str | torch.device | None = None) -> nn.Module:
    """Move a module to a dtype, and to a device: as ``module.to`` does, but complex numbers stay complex.

    Their real and imaginary parts get the dtype. ``module.to`` would drop the imaginary parts.

    Raises:
        CastError: the module has complex numbers, and there are none of this dtype.

    """
    names = complex_names(module)
    if not names:
        return module.to(device=device, dtype=dtype)
    wide = COMPLEX.get(dtype)
    if wide is None:
        label, known = _label(dtype), " or ".join(map(_label, COMPLEX))
        msg = f"{', '.join(names)} is complex, and there are no complex numbers of {label}; measure it in {known}"
        raise CastError(msg)

    def cast(tensor: Tensor) -> Tensor:
        if tensor.is_complex():
            return tensor.to(device=device, dtype=wide)
        return tensor.to(device=device, dtype=dtype if tensor.is_floating_point() else None)

    # What module.to itself calls.
    return module._apply(cast)  # noqa: SLF001


def in_channels_last(module: nn.Module) -> nn.Module:
    """Lay a module out in channels_last: its tensors of four dimensions.

    ``module.to`` refuses modules that have tensors of five, such as a bank of kernels [K, out, in, k, k].
    """

    def lay_out(tensor: Tensor) -> Tensor:
        if is_lazy(tensor) or tensor.dim() != MAP_DIMENSIONS:
            return tensor
        return tensor.to(memory_format=torch.channels_last)

    return module._apply(lay_out)  # noqa: SLF001 - as above


def complex_names(module: nn.Module) -> tuple[str, ...]:
    """Return the names of a module's complex parameters and buffers."""
    return tuple(name for name, tensor in _named_tensors(module) if tensor.is_complex())


def _named_tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from module.named_parameters()
    yield from module.named_buffers()


def _label(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
