"""Does it run in every dtype, and as accurately as the dtype allows?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from ..casting import CastError, complex_names, in_dtype
from ..one_line import words_of
from .findings import Finding, Name, Severity
from .origin import Raised, attempt
from .subject import build, draw, largest_difference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .places import Place

DTYPES = (torch.float16, torch.bfloat16, torch.float64)
NO_OPERATOR_REMEDY = "measure it in float32, or on a device that has the operator"
#: A result may be off by so many times what rounding input and parameters once does to the exact result: each of the
#: few operators in a row rounds again. What comes with attnbench stays below 1.
BUDGET = 4
PERTURBATIONS = 4
REMEDIES = {
    Name.COMPLEX: "measure it in float32 or float64, whose complex numbers it gets",
    Name.DTYPE: "create tensors with the input's dtype and device, as in x.new_zeros(...)",
    Name.OUTPUT_DTYPE: "return the input's dtype, as in output.to(x.dtype)",
    Name.OUTPUT_NOT_FINITE: "subtract the maximum before exp, divide before summing squares",
    Name.PRECISION: "look for a difference of large numbers; compute in float32 for what is narrower, and in float64 "
    "for float64",
}


def check_dtypes(home: Place) -> Iterator[Finding]:
    """Run it in float16, bfloat16 and float64, and compare the first two with the same weights in float64."""
    seen: dict[tuple[Name, Severity], list[str]] = {}
    for dtype in DTYPES:
        found = _in_dtype(home, dtype)
        if found is not None:
            seen.setdefault(found[:2], []).append(found[2])
    for (name, severity), words in seen.items():
        remedy = NO_OPERATOR_REMEDY if (name, severity) == (Name.DTYPE, Severity.NOTE) else REMEDIES[name]
        yield Finding(name=name, severity=severity, words="; ".join(words), remedy=remedy)


def _in_dtype(home: Place, dtype: torch.dtype) -> tuple[Name, Severity, str] | None:
    """Return what goes wrong in one dtype, if anything does."""
    label = _label(dtype)
    narrowed = _Narrowed()
    module = attempt(in_dtype, build(home), dtype)
    if isinstance(module, Raised):
        if isinstance(module.error, CastError):
            return Name.COMPLEX, Severity.NOTE, f"{', '.join(complex_names(build(home)))} cannot be had in {label}"
        return Name.DTYPE, Severity.FAULT, f"{module.words(home.spec)}, in {label}"
    x = draw(home).to(dtype)
    output = attempt(_call, module, x.clone(), narrowed)
    if isinstance(output, Raised):
        severity = Severity.NOTE if is_missing_operator(output.error, dtype) else Severity.FAULT
        return Name.DTYPE, severity, f"{output.words(home.spec)}, in {label}"
    if output.dtype != dtype:
        return Name.OUTPUT_DTYPE, Severity.FAULT, f"{_label(output.dtype)} for an input in {label}"
    if not bool(output.isfinite().all()):
        return Name.OUTPUT_NOT_FINITE, Severity.FAULT, f"NaN or infinite in {label} for an ordinary input"
    words = _imprecise(module, x, output, narrowed)
    return None if words is None else (Name.PRECISION, Severity.FAULT, words)


def _imprecise(module: nn.Module, x: Tensor, output: Tensor, narrowed: _Narrowed) -> str | None:
    """Return by how much too much an output is off; None if rounding explains it."""
    if x.dtype == torch.float64:
        # There is nothing more exact to compare it with, but what computes in less can be seen to do so.
        return f"in float64 it computes in {', '.join(narrowed.found)}" if narrowed.found else None
    module = in_dtype(module, torch.float64)
    with torch.no_grad():
        exact = module(x.double())
    allowed = budget(module, x.double(), exact, torch.finfo(x.dtype).eps)
    error = largest_difference(output, exact)
    if error > allowed:
        return f"in {_label(x.dtype)} the output is off by {error:.3g}; {allowed:.3g} would be rounding"
    return None


def is_missing_operator(error: BaseException, dtype: torch.dtype) -> bool:
    """Return whether torch says that it has an operator for other dtypes alone, as of Fourier transforms on the CPU."""
    text = words_of(error)
    kind = {torch.float16: "Half", torch.bfloat16: "BFloat16"}.get(dtype, "")
    return bool(kind) and any(words in text for words in (f"Unsupported dtype {kind}", f"not implemented for '{kind}'"))


def _label(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def budget(module: nn.Module, x: Tensor, exact: Tensor, eps: float) -> float:
    """Return the largest error that rounding explains: by how much the exact output moves with input and parameters.

    Args:
        module: in float64. Its parameters are moved and put back.
        x: the input, in float64.
        exact: the output.
        eps: relative size of a rounding.

    """
    moved = eps * float(exact.abs().max())
    parameters = [parameter for parameter in module.parameters() if parameter.is_floating_point()]
    before = [parameter.detach().clone() for parameter in parameters]
    generator = torch.Generator().manual_seed(0)
    for _ in range(PERTURBATIONS):
        with torch.no_grad():
            for parameter, value in zip(parameters, before, strict=True):
                parameter.copy_(_nudged(value, eps, generator))
            moved = max(moved, largest_difference(module(_nudged(x, eps, generator)), exact))
            for parameter, value in zip(parameters, before, strict=True):
                parameter.copy_(value)
    return BUDGET * moved


def _nudged(tensor: Tensor, eps: float, generator: torch.Generator) -> Tensor:
    return tensor * (1 + eps * (2 * torch.rand(tensor.shape, generator=generator, dtype=tensor.dtype) - 1))


def _call(module: nn.Module, x: Tensor, mode: _Narrowed) -> Tensor:
    with torch.no_grad(), mode:
        return module(x)


class _Narrowed(TorchDispatchMode):
    """Notes to which dtypes float64 tensors are cast."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, None] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        result = func(*args, **(kwargs or {}))
        source = args[0] if args else None
        if (
            isinstance(source, Tensor)
            and isinstance(result, Tensor)
            and source.dtype == torch.float64
            and result.dtype in {torch.float32, torch.float16, torch.bfloat16}
        ):
            self.found[_label(result.dtype)] = None
        return result
