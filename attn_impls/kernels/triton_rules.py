"""What the Triton kernels compute of a tile, element by element and line by line. Triton is optional: see on_cuda.

Energies of HardSoftmax are scaled by a power of two, which changes no digit, where their sum could leave the dtype:
where the largest logit is beyond ``LIMIT``. In float16 that cannot be.
"""

from __future__ import annotations

import triton
import triton.language as tl

#: Which gradient: of HardSoftmax, of HardSoftmax over two logits, of softmax.
HARD = tl.constexpr("hard")
PAIR = tl.constexpr("pair")
SOFT = tl.constexpr("soft")

#: Sums of 2^31 energies up to the limit, or of any energies scaled, are finite, and so are their reciprocals.
LIMIT = tl.constexpr(2.0**60)
SCALE = tl.constexpr(2.0**64)
LIMIT_64 = tl.constexpr(2.0**480)
SCALE_64 = tl.constexpr(2.0**512)
INFINITY = tl.constexpr(float("inf"))
LARGEST = tl.constexpr((2 - 2.0**-23) * 2.0**127)
LARGEST_64 = tl.constexpr((2 - 2.0**-52) * 2.0**1023)
#: log2(e) as a float32 and what is missing from it; ln 2.
LOG2_E = tl.constexpr(1.44269502162933349609375)
LOG2_E_REST = tl.constexpr(1.925963033500e-8)
LN_2 = tl.constexpr(0.693147182464599609375)
#: Exponentials are 2 to this power too large.
RAISED = tl.constexpr(32.0)
#: Powers above this are not raised at once: they would lose digits.
SMALL_POWER = tl.constexpr(-64.0)
#: Below this they are 0 all the same.
LOWEST_EXPONENT = tl.constexpr(-130.0)


@triton.jit  # type: ignore[untyped-decorator]
def scale_of(most: tl.tensor) -> tl.tensor:
    """Give the power of two by which energies are multiplied, from the largest logit."""
    limit: tl.constexpr = LIMIT_64 if most.dtype == tl.float64 else LIMIT
    scale: tl.constexpr = SCALE_64 if most.dtype == tl.float64 else SCALE
    return tl.where(most > limit, 1 / scale, tl.where(most < -limit, scale, 1.0)).to(most.dtype)


@triton.jit  # type: ignore[untyped-decorator]
def energy(x: tl.tensor, scale: tl.tensor) -> tl.tensor:
    """Give 1 + x for x > 0, 1 / (1 - x) for x <= 0, times the scale; 0 for -inf."""
    above = 1 + tl.abs(x)
    return tl.where(x > 0, above * scale, scale / above)


@triton.jit  # type: ignore[untyped-decorator]
def exponential(x: tl.tensor, exact: tl.constexpr) -> tl.tensor:
    """Give 2^32 exp(x) for x <= 0, 0 for -inf; in float64 exp(x).

    On a GPU exp2 gives no subnormal numbers, but weights may be such. What is rounded to half precision in the end need
    not be exact: this is within 1e-5 of it.
    """
    if x.dtype == tl.float64:
        return tl.exp(x)
    if not exact:
        return tl.exp2(tl.fma(x, LOG2_E, RAISED))
    bounded = tl.where(x < LOWEST_EXPONENT, LOWEST_EXPONENT, x)
    power = bounded * LOG2_E
    # What was rounded off the power, which may be 150, is given back.
    lost = tl.fma(bounded, LOG2_E_REST, tl.fma(bounded, LOG2_E, -power))
    # Only to a power that is not small can 32 be added exactly.
    small = power > SMALL_POWER
    rough = tl.exp2(tl.where(small, power, power + RAISED)) * tl.where(small, 2.0**RAISED, 1.0)
    return tl.fma(rough, lost * LN_2, rough)


@triton.jit  # type: ignore[untyped-decorator]
def reciprocal(x: tl.tensor) -> tl.tensor:
    """Give 1 / x, correctly rounded: it is one for a whole line."""
    if x.dtype == tl.float32:
        return tl.div_rn(1.0, x)
    return 1.0 / x


@triton.jit  # type: ignore[untyped-decorator]
def share_of(total: tl.tensor) -> tl.tensor:
    """Give 1 / total, or NaN where there is no sum: a logit is NaN or +inf, or all are -inf."""
    usable = (total > 0) & (total < INFINITY)
    return tl.where(usable, reciprocal(tl.where(usable, total, 1.0)), float("nan"))


@triton.jit  # type: ignore[untyped-decorator]
def hard_gradient(
    energies: tl.tensor, grad: tl.tensor, dot: tl.tensor, share: tl.tensor, scale: tl.tensor
) -> tl.tensor:
    """Give min(1, E)^2 / S (grad - dot), from scaled energies and 1 / S, scaled back.

    Where S or 1 / S leaves the dtype no factor does, and what rounds a subnormal number is the last product alone.
    """
    below = tl.minimum(energies * (1 / scale), 1.0)
    return below * (tl.minimum(energies, scale) * (share * (grad - dot)))


@triton.jit  # type: ignore[untyped-decorator]
def pair_gradient(x: tl.tensor, other: tl.tensor, grad: tl.tensor, other_grad: tl.tensor) -> tl.tensor:
    """Give the gradient of the first of two logits: s / S w' (grad - grad'), w' the weight of the other.

    Written so, nothing cancels but in the difference of the gradients.
    """
    scale = scale_of(tl.maximum(x, other))
    first, second = energy(x, scale), energy(other, scale)
    share = share_of(first + second)
    return hard_gradient(first, second * share * (grad - other_grad), 0.0, share, scale)
