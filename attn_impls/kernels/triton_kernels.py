"""The fused operators as kernels in Triton, for lines that fit in registers: they are read once. See on_cuda.

One kernel serves every layout: a program takes a tile [lines, columns] of an [outer, n, inner] tensor, and Triton lays
its threads along whichever of the two has neighbours in memory. Integer arguments are not specialised: a kernel is
compiled for its constexpr arguments, for dtypes, and for tensors that begin at a multiple of 16 bytes or do not.
"""

# ruff: noqa: PLR0917 - Triton compiles a kernel for the values of its positional arguments

from __future__ import annotations

import triton
import triton.language as tl

from .triton_places import lines_of_program, offsets, result_offsets
from .triton_rules import (
    HARD,
    INFINITY,
    PAIR,
    energy,
    exponential,
    hard_gradient,
    pair_gradient,
    scale_of,
    share_of,
)

#: Arguments of which kernels are not compiled anew for each value.
SIZES = ("outer", "n", "inner")
STRIDES = ("x_outer", "x_n", "x_inner")
STRIDES_OF_GRAD = ("dy_outer", "dy_n", "dy_inner")


@triton.jit(do_not_specialize=[*SIZES, *STRIDES])  # type: ignore[untyped-decorator]
def forward(
    x: tl.tensor,
    y: tl.tensor,
    outer: tl.tensor,
    n: tl.tensor,
    inner: tl.tensor,
    x_outer: tl.tensor,
    x_n: tl.tensor,
    x_inner: tl.tensor,
    hard: tl.constexpr,
    x_unit: tl.constexpr,
    rows: tl.constexpr,
    aligned: tl.constexpr,
    index: tl.constexpr,
    wide: tl.constexpr,
    lines: tl.constexpr,
    columns: tl.constexpr,
) -> None:
    """Write the weights of lines that fit in a tile."""
    line, ahead, place, count = lines_of_program(outer, inner, rows, aligned, index, lines)
    length = n.to(index) * aligned if rows else n.to(index)
    column = tl.arange(0, columns).to(index)
    mask = (line < count)[:, None] & (column < length)[None, :]
    raw = tl.load(x + offsets(ahead, column, place, (x_outer, x_n, x_inner), x_unit, aligned, index), mask, -INFINITY)
    logits = raw.to(wide)
    if hard:
        # In float16 no sum of energies is near an end of float32: the largest logit is not needed.
        scale = tl.full([lines], 1.0, wide) if raw.dtype == tl.float16 else scale_of(tl.max(logits, axis=1))
        shares = energy(logits, scale[:, None])
        total = tl.sum(shares, axis=1)
    else:
        shares = exponential(logits - tl.max(logits, axis=1)[:, None], exact=raw.dtype == wide)
        total = tl.sum(shares, axis=1)
    weights = shares * share_of(total)[:, None]
    to = result_offsets(ahead, column, place, length, inner.to(index) * aligned, rows)
    tl.store(y + to, weights.to(raw.dtype), mask)


@triton.jit(do_not_specialize=[*SIZES, *STRIDES, *STRIDES_OF_GRAD])  # type: ignore[untyped-decorator]
def backward(
    x: tl.tensor,
    dy: tl.tensor,
    dx: tl.tensor,
    outer: tl.tensor,
    n: tl.tensor,
    inner: tl.tensor,
    x_outer: tl.tensor,
    x_n: tl.tensor,
    x_inner: tl.tensor,
    dy_outer: tl.tensor,
    dy_n: tl.tensor,
    dy_inner: tl.tensor,
    rule: tl.constexpr,
    x_unit: tl.constexpr,
    dy_unit: tl.constexpr,
    rows: tl.constexpr,
    aligned: tl.constexpr,
    index: tl.constexpr,
    wide: tl.constexpr,
    lines: tl.constexpr,
    columns: tl.constexpr,
) -> None:
    """Write the gradient of the logits of lines that fit in a tile; x are the logits, for softmax their weights."""
    line, ahead, place, count = lines_of_program(outer, inner, rows, aligned, index, lines)
    length = n.to(index) * aligned if rows else n.to(index)
    column = tl.arange(0, columns).to(index)
    mask = (line < count)[:, None] & (column < length)[None, :]
    from_x = offsets(ahead, column, place, (x_outer, x_n, x_inner), x_unit, aligned, index)
    raw = tl.load(x + from_x, mask, -INFINITY if rule == HARD else 0.0)
    from_dy = offsets(ahead, column, place, (dy_outer, dy_n, dy_inner), dy_unit, aligned, index)
    given = tl.load(dy + from_dy, mask, 0.0).to(wide)
    known = raw.to(wide)
    if rule == PAIR:
        # A sum with 0 is the other one of the two, exactly.
        is_first = (column == 0)[None, :]
        logit_1 = tl.sum(tl.where(is_first, known, 0.0), axis=1)
        logit_2 = tl.sum(tl.where(is_first, 0.0, known), axis=1)
        grad_1 = tl.sum(tl.where(is_first, given, 0.0), axis=1)
        grad_2 = tl.sum(tl.where(is_first, 0.0, given), axis=1)
        slope_1 = pair_gradient(logit_1, logit_2, grad_1, grad_2)
        slope_2 = pair_gradient(logit_2, logit_1, grad_2, grad_1)
        slopes = tl.where(is_first, slope_1[:, None], slope_2[:, None])
    elif rule == HARD:
        scale = (tl.full([lines], 1.0, wide) if raw.dtype == tl.float16 else scale_of(tl.max(known, axis=1)))[:, None]
        energies = energy(known, scale)
        share = share_of(tl.sum(energies, axis=1))[:, None]
        # Weights times gradients: energies times gradients could leave the dtype.
        dot = tl.sum(energies * share * given, axis=1)[:, None]
        slopes = hard_gradient(energies, given, dot, share, scale)
    else:
        slopes = known * (given - tl.sum(known * given, axis=1)[:, None])
    to = result_offsets(ahead, column, place, length, inner.to(index) * aligned, rows)
    tl.store(dx + to, slopes.to(raw.dtype), mask)
