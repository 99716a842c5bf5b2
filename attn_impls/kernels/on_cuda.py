"""The fused operators on GPUs: kernels in Triton, for the devices that can run them.

Triton comes with PyTorch's builds for CUDA. Any strides are read where they lie, unless they cannot be written as those
of an [outer, n, inner] tensor; results are contiguous.
"""

from __future__ import annotations

import subprocess
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch._functorch.pyfunctorch import temporarily_clear_interpreter_stack
from torch.utils._python_dispatch import _disable_current_modes

from .building import BuildError
from .triton_tiles import NOWHERE, Layout, access_of, alignment, laid_out, narrow, tile

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

#: The oldest Triton that the kernels were compiled with.
OLDEST = (3, 6)
#: Of NVIDIA's GPUs; each device of a machine has its own.
LEAST_CAPABILITY = (8, 0)
#: Whether products and sums are fused where the kernels do not say so. What an exponential's argument lost to rounding
#: is given back to it: it must have been rounded.
FUSION = False
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


def require(device: torch.device) -> str:
    """See that the kernels run on a device, and return what they are.

    Args:
        device: a GPU with its index, or the CPU for Triton's interpreter.

    Raises:
        BuildError: there is no Triton, it is too old, or it cannot compile for this device.
        RuntimeError: nothing is known yet, because memory ran out or a CUDA graph is being captured.

    """
    try:
        import triton
    except ImportError as error:
        msg = f"Triton is not installed: {error}"
        raise BuildError(msg) from error
    version = ".".join(triton.__version__.split(".")[:2])
    if tuple(map(int, version.split("."))) < OLDEST:
        msg = f"Triton {triton.__version__} is too old; install {'.'.join(map(str, OLDEST))} or later"
        raise BuildError(msg)
    if device.type == "cuda":
        _refuse_old_gpu(device)
    _try_out(device, triton.TritonError)
    return f"Triton {version}"


def _refuse_old_gpu(device: torch.device) -> None:
    """Refuse NVIDIA's GPUs that have no bfloat16: there, some kernels would compile and some would not."""
    if not torch.cuda.is_available():
        msg = "CUDA is not available"
        raise BuildError(msg)
    if torch.version.hip is not None:
        return
    capability = torch.cuda.get_device_capability(device.index)
    if capability < LEAST_CAPABILITY:
        least, found = (".".join(map(str, each)) for each in (LEAST_CAPABILITY, capability))
        msg = f"the kernels need a GPU of compute capability {least} or later; {device} has {found}"
        raise BuildError(msg)


def _try_out(device: torch.device, error_of_triton: type[Exception]) -> None:
    """Compile and run one kernel. Triton needs a C compiler too.

    Raises:
        BuildError: it compiles nothing here.
        RuntimeError: nothing is known yet, because memory ran out or a CUDA graph is being captured.

    """
    if device.type == "cuda" and torch.cuda.is_current_stream_capturing():
        msg = "the fused kernels are compiled at their first call: make one before a CUDA graph is captured"
        raise RuntimeError(msg)
    try:
        # Whoever asks may be tracing or transforming, with tensors that have no memory.
        with temporarily_clear_interpreter_stack(), _disable_current_modes():
            hard_softmax(torch.zeros(2, device=device), 0)
    except (RuntimeError, OSError, subprocess.SubprocessError, error_of_triton) as error:
        if _is_out_of_memory(error):
            # Not remembered: the next to ask tries again.
            raise
        msg = f"Triton compiles nothing here: {error}"
        raise BuildError(msg) from error


def _is_out_of_memory(error: Exception) -> bool:
    """Return whether memory ran out, of torch's allocator or where Triton and CUDA load kernels beside it."""
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "out of memory" in str(error)
    )


def hard_softmax(logits: Tensor, dim: int) -> Tensor:
    """See ``operators.hard_softmax``."""
    return _forward(logits, dim, hard=True)


def hard_softmax_backward(grad: Tensor, logits: Tensor, dim: int) -> Tensor:
    """See ``plain.hard_softmax_backward``."""
    return _backward(logits, grad, dim, rule="hard")


def softmax(logits: Tensor, dim: int) -> Tensor:
    """See ``plain.softmax``."""
    return _forward(logits, dim, hard=False)


def softmax_backward(grad: Tensor, weights: Tensor, dim: int) -> Tensor:
    """See ``plain.softmax_backward``."""
    return _backward(weights, grad, dim, rule="soft")


OPERATORS: dict[str, Callable[..., Tensor]] = {
    "hard_softmax": hard_softmax,
    "hard_softmax_backward": hard_softmax_backward,
    "softmax": softmax,
    "softmax_backward": softmax_backward,
}


def _forward(logits: Tensor, dim: int, *, hard: bool) -> Tensor:
    x, layout = laid_out(_checked(logits), dim)
    weights = torch.empty_like(logits, memory_format=torch.contiguous_format)
    if logits.numel():
        launch = _launch(logits.dtype, layout)
        # Does nothing where the tensors are in the memory of the CPU.
        with torch.cuda.device_of(x):
            launch.kernel[launch.grid](x, weights, *launch.integers, hard=hard, **launch.options)
    return weights


def _backward(known: Tensor, grad: Tensor, dim: int, *, rule: str) -> Tensor:
    """Return the gradient of the logits from what was kept: the logits, of softmax the weights."""
    (x, layout), (dy, of_grad) = laid_out(_checked(known), dim), laid_out(_checked(grad), dim)
    if layout.sizes != of_grad.sizes:
        msg = f"the gradient of {tuple(known.shape)} weights has their shape, not {tuple(grad.shape)}"
        raise RuntimeError(msg)
    slopes = torch.empty_like(known, memory_format=torch.contiguous_format)
    if known.numel():
        launch = _launch(known.dtype, layout, of_grad)
        pair = rule == "hard" and layout.sizes[1] == 2  # noqa: PLR2004 - a pair
        with torch.cuda.device_of(x):
            launch.kernel[launch.grid](x, dy, slopes, *launch.integers, rule="pair" if pair else rule, **launch.options)
    return slopes


def _checked(tensor: Tensor) -> Tensor:
    if tensor.dtype not in DTYPES:
        msg = f"logits must be float64, float32, bfloat16 or float16, not {tensor.dtype}"
        raise RuntimeError(msg)
    return tensor


class _Launch(NamedTuple):
    """How a kernel is called: with its tensors, then these."""

    kernel: Any
    grid: tuple[int]
    """Programs."""
    integers: tuple[int, ...]
    options: dict[str, Any]


@lru_cache(maxsize=4096)
def _launch(dtype: torch.dtype, *layouts: Layout) -> _Launch:
    """Choose the kernel, and what it is compiled for, from how the tensors that are read lie: logits, gradients."""
    import triton.language as tl

    from . import triton_kernels, triton_pieces

    outer, n, inner = layouts[0].sizes
    rows = inner == 1
    access = access_of(dtype.itemsize, *layouts)
    cut = tile(lines=outer * inner, n=n, access=access, bytes_each=dtype.itemsize, operands=len(layouts))
    if len(layouts) == 1:
        kernel = triton_kernels.forward if cut.whole else triton_pieces.forward_in_pieces
    else:
        kernel = triton_kernels.backward if cut.whole else triton_pieces.backward_in_pieces
    # Tiles of fewer lines than are aligned begin in between.
    aligned = alignment(*layouts) if rows else min(alignment(*layouts), cut.lines)
    sizes = (outer, n // aligned, inner) if rows else (outer, n, inner // aligned)
    units = {f"{name}_unit": each.neighbours for name, each in zip(("x", "dy"), layouts, strict=False)}
    options = {
        **units,
        "rows": rows,
        "aligned": aligned,
        "index": tl.int32 if narrow(*layouts) else tl.int64,
        "wide": tl.float64 if dtype is torch.float64 else tl.float32,
        "lines": cut.lines,
        "columns": cut.columns,
        "num_warps": cut.warps,
        "enable_fp_fusion": FUSION,
    }
    strides = (stride for each in layouts for stride in _in_units(each, aligned))
    return _Launch(kernel, (-(-outer * inner // cut.lines),), (*sizes, *strides), options)


def _in_units(layout: Layout, aligned: int) -> tuple[int, ...]:
    """Return strides as the kernels take them: in units of aligned elements; what is 1 is not looked at."""
    each = 1 if layout.neighbours == NOWHERE else aligned
    return tuple(stride // each for stride in layout.strides)
