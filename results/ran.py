"""What an attention between tokens did before it was timed: which kernel ran, how much it computed, how exactly."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple

from msgspec import Meta

from .ranges import Amount, Line, Whole  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record

#: That a number may be off by: never 0.
Distance = Annotated[float, Meta(ge=1e-308, le=1e300)]
#: Operations a second of what was timed: some, and finite.
Speed = Annotated[float, Meta(ge=1e-3, le=1e300)]


class Backend(StrEnum):
    """A kernel of torch.nn.functional.scaled_dot_product_attention, as its operators are called."""

    MATH = "math"
    FLASH = "flash"
    EFFICIENT = "efficient"
    CUDNN = "cudnn"


class Refusal(NamedTuple):
    """A kernel that does not take the case, and why, in torch's own words."""

    backend: Backend
    reason: Line


class Agreement(Record, frozen=True, kw_only=True):
    """How far a result is from its definition in float64, and how far it may be."""

    of: Line
    """Which result: ``output``, ``gradient of the keys``. Of several, the one that comes nearest to what is allowed."""
    error: Amount
    """The largest distance of any number."""
    allowed: Distance
    """Twice that of PyTorch's own attention in the same dtype on the same inputs, of a gradient three times; where
    something else than softmax attention is defined, as often that of the definition in the dtype where that is more;
    and a few roundings."""
    own: bool = False
    """Whether the definition is another one than softmax attention's: of an approximation, or of other weights."""


class Ran(Record, frozen=True, kw_only=True):
    """What was found of a call before it was timed, from the operators that torch dispatched in it."""

    asked: Line | None = None
    """The kernel that was asked for, or ``auto``; None where PyTorch's attention was not asked for."""
    backends: tuple[Backend, ...] = ()
    """PyTorch's kernels that ran; none: it is written in other operators."""
    refused: tuple[Refusal, ...] = ()
    """The kernels that do not take the case; only of ``auto`` are they asked."""
    agreement: Agreement
    executed_flops: Whole
    """Of the products of matrices that ran in the call, in its direction, a multiplication with its addition taken as
    two: by the formulas of torch's FlopCounterMode, which counts masked pairs too. Of what is behind torch.compile: of
    the code that it is compiled from."""
    peak_flops_per_s: Speed
    """The same of the fastest product of two square matrices in this process, dtype, device and number of threads."""
