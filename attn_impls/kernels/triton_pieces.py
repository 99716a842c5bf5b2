"""The kernels of ``triton_kernels`` for lines too long for registers: they are read twice, in pieces. See on_cuda."""

# ruff: noqa: PLR0917 - Triton compiles a kernel for the values of its positional arguments

from __future__ import annotations

import triton
import triton.language as tl

from .triton_kernels import SIZES, STRIDES, STRIDES_OF_GRAD
from .triton_places import lines_of_program, offsets, result_offsets
from .triton_rules import (
    HARD,
    INFINITY,
    LARGEST,
    LARGEST_64,
    RAISED,
    energy,
    exponential,
    hard_gradient,
    share_of,
)


@triton.jit  # type: ignore[untyped-decorator]
def parts_of(x: tl.tensor) -> tl.tensor:
    """Give the energy above 1, times 2^-32, and that up to 1, times 2^32: no sum of either leaves the dtype."""
    scaled = energy(x, tl.where(x > 0, 2.0**-32, 2.0**32).to(x.dtype))
    return tl.where(x > 0, scaled, 0.0), tl.where(x > 0, 0.0, scaled)


@triton.jit  # type: ignore[untyped-decorator]
def scale_of_parts(high: tl.tensor) -> tl.tensor:
    """Give the power of two by which energies are multiplied, from the sum of those above 1."""
    return tl.where(high > 2.0**60, 2.0**-32, tl.where(high > 0, 1.0, 2.0**32)).to(high.dtype)


@triton.jit  # type: ignore[untyped-decorator]
def together(high: tl.tensor, low: tl.tensor, scale: tl.tensor) -> tl.tensor:
    """Give the sum of both parts, times the scale."""
    return high * (2.0**32 * scale) + low * (2.0**-32 * scale)


@triton.jit(do_not_specialize=[*SIZES, *STRIDES])  # type: ignore[untyped-decorator]
def forward_in_pieces(
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
    """Write the same of longer lines: sums first, one for each place of the tile, then weights."""
    line, ahead, place, count = lines_of_program(outer, inner, rows, aligned, index, lines)
    length = n.to(index) * aligned if rows else n.to(index)
    here = (line < count)[:, None]
    strides = (x_outer, x_n, x_inner)
    # Of HardSoftmax see parts_of. Of softmax the largest logit so far, and the sum of exponentials relative to it.
    unit: tl.constexpr = 1.0 if wide == tl.float64 else 2.0**-RAISED
    first = tl.full([lines, columns], 0.0 if hard else -(LARGEST_64 if wide == tl.float64 else LARGEST), wide)
    second = tl.zeros([lines, columns], wide)
    for start in range(0, length, columns):
        column = start + tl.arange(0, columns).to(index)
        mask = here & (column < length)[None, :]
        raw = tl.load(x + offsets(ahead, column, place, strides, x_unit, aligned, index), mask, -INFINITY)
        logits = raw.to(wide)
        if hard:
            high, low = parts_of(logits)
            first += high
            second += low
        else:
            most = tl.maximum(first, logits)
            second = second * (exponential(first - most, exact=True) * unit) + exponential(logits - most, exact=True)
            first = most
    if hard:
        high, low = tl.sum(first, axis=1), tl.sum(second, axis=1)
        scale = scale_of_parts(high)
        total = together(high, low, scale)
    else:
        shift = tl.max(first, axis=1)
        total = tl.sum(second * (exponential(first - shift[:, None], exact=True) * unit), axis=1)
    share = share_of(total)[:, None]
    for start in range(0, length, columns):
        column = start + tl.arange(0, columns).to(index)
        mask = here & (column < length)[None, :]
        raw = tl.load(x + offsets(ahead, column, place, strides, x_unit, aligned, index), mask, -INFINITY)
        if hard:
            weights = energy(raw.to(wide), scale[:, None]) * share
        else:
            weights = exponential(raw.to(wide) - shift[:, None], exact=True) * share
        to = result_offsets(ahead, column, place, length, inner.to(index) * aligned, rows)
        tl.store(y + to, weights.to(raw.dtype), mask)


@triton.jit(do_not_specialize=[*SIZES, *STRIDES, *STRIDES_OF_GRAD])  # type: ignore[untyped-decorator]
def backward_in_pieces(
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
    """Write the same of longer lines."""
    line, ahead, place, count = lines_of_program(outer, inner, rows, aligned, index, lines)
    length = n.to(index) * aligned if rows else n.to(index)
    here = (line < count)[:, None]
    strides, strides_of_grad = (x_outer, x_n, x_inner), (dy_outer, dy_n, dy_inner)
    nothing: tl.constexpr = -INFINITY if rule == HARD else 0.0
    # Of HardSoftmax sums of energies in two parts, see parts_of, and of their products with gradients.
    first = tl.zeros([lines, columns], wide)
    second = tl.zeros([lines, columns], wide)
    first_products = tl.zeros([lines, columns], wide)
    second_products = tl.zeros([lines, columns], wide)
    for start in range(0, length, columns):
        column = start + tl.arange(0, columns).to(index)
        mask = here & (column < length)[None, :]
        known = tl.load(x + offsets(ahead, column, place, strides, x_unit, aligned, index), mask, nothing).to(wide)
        from_dy = offsets(ahead, column, place, strides_of_grad, dy_unit, aligned, index)
        given = tl.load(dy + from_dy, mask, 0.0).to(wide)
        if rule == HARD:
            high, low = parts_of(known)
            first += high
            second += low
            first_products += high * given
            second_products += low * given
        else:
            first_products += known * given
    if rule == HARD:
        most = tl.sum(first, axis=1)
        scale = scale_of_parts(most)
        share = share_of(together(most, tl.sum(second, axis=1), scale))
        dot = together(tl.sum(first_products, axis=1), tl.sum(second_products, axis=1), scale) * share
    else:
        dot = tl.sum(first_products, axis=1)
    for start in range(0, length, columns):
        column = start + tl.arange(0, columns).to(index)
        mask = here & (column < length)[None, :]
        raw = tl.load(x + offsets(ahead, column, place, strides, x_unit, aligned, index), mask, nothing)
        from_dy = offsets(ahead, column, place, strides_of_grad, dy_unit, aligned, index)
        given = tl.load(dy + from_dy, mask, 0.0).to(wide)
        if rule == HARD:
            energies = energy(raw.to(wide), scale[:, None])
            slopes = hard_gradient(energies, given, dot[:, None], share[:, None], scale[:, None])
        else:
            slopes = raw.to(wide) * (given - dot[:, None])
        to = result_offsets(ahead, column, place, length, inner.to(index) * aligned, rows)
        tl.store(dx + to, slopes.to(raw.dtype), mask)
