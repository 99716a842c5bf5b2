"""HardSoftmax and softmax as fused operators of PyTorch, ``torch.ops.attnbench``: they trace, compile and export.

The operators exist once this file is imported; nothing is compiled then. ``hard_softmax`` and ``softmax`` build and
load the kernels of a device when they first see a tensor of it. Where kernels cannot be built, and on devices that have
none, the same operators compute in plain PyTorch.

Logits may have any shape and strides; results are contiguous, as those of torch.softmax are. There are derivatives of
any order, forward and backward, and torch.func's: the first is a kernel too, others are plain PyTorch (derivatives.py).
"""

from __future__ import annotations

import logging
import threading
from functools import cache, partial
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor
from torch.library import Library

from . import building, derivatives, on_cuda, plain

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMAS = {
    "hard_softmax": "(Tensor logits, int dim) -> Tensor",
    # From the logits: the gradient is then as accurate in half precision as in any other, also at a dtype's ends.
    "hard_softmax_backward": "(Tensor grad, Tensor logits, int dim) -> Tensor",
    "softmax": "(Tensor logits, int dim) -> Tensor",
    "softmax_backward": "(Tensor grad, Tensor weights, int dim) -> Tensor",
}
#: What has no kernel: the derivatives of C++ call it where they need a form that can be differentiated once more.
DIFFERENTIABLE_SCHEMAS = {"differentiable_hard_softmax": "(Tensor logits, int dim) -> Tensor"}


def _define() -> tuple[str, Library]:
    """Declare the operators: in ``attnbench``, or beside the operators of another version that is loaded too."""
    version = 1
    while True:
        namespace = "attnbench" if version == 1 else f"attnbench_{version}"
        library = Library(namespace, "FRAGMENT")
        try:
            for name, schema in (SCHEMAS | DIFFERENTIABLE_SCHEMAS).items():
                library.define(name + schema)
        except RuntimeError:
            version += 1
        else:
            return namespace, library


NAMESPACE, _LIBRARY = _define()
OPERATORS = getattr(torch.ops, NAMESPACE)


def _like(logits: Tensor, _dim: int) -> Tensor:
    return torch.empty_like(logits, memory_format=torch.contiguous_format)


def _like_known(_grad: Tensor, known: Tensor, _dim: int) -> Tensor:
    return torch.empty_like(known, memory_format=torch.contiguous_format)


#: Operator -> what computes it without a kernel, and what gives its shape.
_PLAIN: dict[str, tuple[Callable[..., object], Callable[..., object]]] = {
    "hard_softmax": (plain.hard_softmax, _like),
    "hard_softmax_backward": (plain.hard_softmax_backward, _like_known),
    "softmax": (plain.softmax, _like),
    "softmax_backward": (plain.softmax_backward, _like_known),
}


def _without_kernel(name: str, computed: Callable[..., object], *arguments: Tensor | int) -> object:
    """Compute where there is no kernel, or none yet: what was traced before they were built calls operators itself."""
    device = cast("Tensor", arguments[0]).device
    # Once they are there, it is a layout that they do not take which leads here: sparse, say.
    if device not in _implementations and not implementation(device).startswith(PLAIN):
        return getattr(OPERATORS, name).default(*arguments)
    return computed(*arguments)


def _on_gpu(
    kernel: Callable[..., object], computed: Callable[..., object], first: Tensor, *others: Tensor | int
) -> object:
    """Compute on the GPU that has the tensors: with the kernel, or without it where that GPU is too old."""
    chosen = computed if implementation(first.device).startswith(PLAIN) else kernel
    return chosen(first, *others)


for _name, (_computed, _shaped) in _PLAIN.items():
    _LIBRARY.impl(_name, partial(_without_kernel, _name, _computed), "CompositeExplicitAutograd")
    torch.library.register_fake(f"{NAMESPACE}::{_name}", _shaped, lib=_LIBRARY)
_LIBRARY.impl("differentiable_hard_softmax", plain.hard_softmax, "CompositeImplicitAutograd")
derivatives.register(_LIBRARY, NAMESPACE, tuple(SCHEMAS))


PLAIN = "plain PyTorch"
#: Device, GPUs with their index -> what computes there, once it has been asked for.
_implementations: dict[torch.device, str] = {}
_one_at_a_time = threading.Lock()


def implementation(device: str | torch.device = "cpu") -> str:
    """Name what computes on a device, which is built and loaded if this is the first to ask.

    Where it is plain PyTorch although there could be kernels, the name says why, and a warning is logged once.

    Args:
        device: such as ``cpu`` or ``cuda:1``. A GPU without an index is the current one.

    """
    where = torch.device(device)
    if where == torch.device("cuda"):
        where = torch.device("cuda", torch.cuda.current_device() if torch.cuda.is_available() else 0)
    found = _implementations.get(where)
    if found is not None:
        return found
    with _one_at_a_time:
        if where not in _implementations:
            _implementations[where] = _prepared(where)
        return _implementations[where]


def _prepared(device: torch.device) -> str:
    try:
        if device.type == "cpu":
            return building.load(NAMESPACE)
        if device.type == "cuda":
            found = on_cuda.require(device)
            _register_on_gpus()
            return found
    except building.BuildError as error:
        # Logged, not warned: where warnings are errors, the operators work all the same.
        logging.getLogger(__name__).warning("fused kernels are not available: %s; using %s", error, PLAIN)
        return f"{PLAIN}: {error}"
    return PLAIN


@cache
def _register_on_gpus() -> None:
    """Register the kernels with PyTorch, whose dispatcher tells kinds of devices apart, but not devices."""
    for name, kernel in on_cuda.OPERATORS.items():
        computed, _ = _PLAIN[name]
        _LIBRARY.impl(name, partial(_on_gpu, kernel, computed), "CUDA")


def _prepare(logits: Tensor) -> None:
    """Have the kernels built; while a compiler traces the operator's first call will do that."""
    if not torch.compiler.is_compiling():
        implementation(logits.device)


def hard_softmax(logits: Tensor, dim: int) -> Tensor:
    """Return E / sum(E) along ``dim``, E = 1 + x for x > 0 and 1 / (1 - x) for x <= 0 (Zhu et al. 2021), in one pass.

    No finite logits of any dtype overflow. A logit of -inf has the weight 0; a row of nothing else, or with a NaN or
    +inf, is NaN, as it is in softmax.
    """
    _prepare(logits)
    return OPERATORS.hard_softmax.default(logits, dim)


def softmax(logits: Tensor, dim: int) -> Tensor:
    """Return softmax along ``dim``, by kernels of the same construction: for a comparison of the rules alone."""
    _prepare(logits)
    return OPERATORS.softmax.default(logits, dim)
