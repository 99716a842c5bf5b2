"""Where the elements of a program's tile lie in memory, for the Triton kernels. Triton is optional: see on_cuda.

Strides, and the size that runs along neighbours, are given in units of ``aligned`` elements, so that the compiler can
tell that vectors of this many are loaded at once.
"""

# ruff: noqa: PLR0917 - Triton compiles a kernel for the values of its positional arguments

from __future__ import annotations

import triton
import triton.language as tl

from .triton_tiles import ALONG as _ALONG
from .triton_tiles import INNER as _INNER
from .triton_tiles import NOWHERE as _NOWHERE
from .triton_tiles import OUTER as _OUTER

OUTER = tl.constexpr(_OUTER)
ALONG = tl.constexpr(_ALONG)
INNER = tl.constexpr(_INNER)
NOWHERE = tl.constexpr(_NOWHERE)


@triton.jit  # type: ignore[untyped-decorator]
def lines_of_program(
    outer: tl.tensor,
    inner: tl.tensor,
    rows: tl.constexpr,
    aligned: tl.constexpr,
    index: tl.constexpr,
    lines: tl.constexpr,
) -> tl.tensor:
    """Give the numbers of this program's lines, their places along outer and along inner, and how many there are."""
    start = tl.program_id(0).to(index) * lines
    line = start + tl.arange(0, lines)
    if rows:
        return line, line, tl.zeros_like(line), outer.to(index)
    size = inner.to(index) * aligned
    # Lines come in aligned groups, which end together with inner: they are loaded as one.
    ahead = tl.max_constancy(line // size, aligned)
    place = tl.max_contiguous(tl.multiple_of(line % size, aligned), aligned)
    return line, ahead, place, outer.to(index) * size


@triton.jit  # type: ignore[untyped-decorator]
def offsets(
    ahead: tl.tensor,
    column: tl.tensor,
    place: tl.tensor,
    strides: tl.tensor,
    unit: tl.constexpr,
    aligned: tl.constexpr,
    index: tl.constexpr,
) -> tl.tensor:
    """Give the offsets [lines, columns] of elements in a tensor that has a stride of 1 along ``unit``."""
    each: tl.constexpr = 1 if unit == NOWHERE else aligned
    by_outer = ahead if unit == OUTER else ahead * (strides[0].to(index) * each)
    by_column = column if unit == ALONG else column * (strides[1].to(index) * each)
    by_inner = place if unit == INNER else place * (strides[2].to(index) * each)
    return (by_outer + by_inner)[:, None] + by_column[None, :]


@triton.jit  # type: ignore[untyped-decorator]
def result_offsets(
    ahead: tl.tensor, column: tl.tensor, place: tl.tensor, n: tl.tensor, inner: tl.tensor, rows: tl.constexpr
) -> tl.tensor:
    """Give the offsets [lines, columns] of elements in a contiguous tensor."""
    if rows:
        return (ahead * n)[:, None] + column[None, :]
    return (ahead * (n * inner) + place)[:, None] + (column * inner)[None, :]
