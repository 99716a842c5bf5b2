// The two rules: logit -> energy, whose share of the row's sum is the weight, and the gradients.
//
// A is a plain number or a vector of numbers; a comparison is then a bool or a vector of masks.
#pragma once

#include "numbers.h"

namespace attnbench {

template <class A>
struct Kind {
  using Number = A;
  using Bits = std::conditional_t<std::is_same_v<A, double>, std::int64_t, std::int32_t>;
};

template <class A>
  requires(!std::is_arithmetic_v<A>)
struct Kind<A> {
  using Number = std::remove_cvref_t<decltype(A{}[0])>;
  using Bits = decltype(A{} < A{});
};

template <class A>
inline A constant(double x) {
  return A{} + static_cast<typename Kind<A>::Number>(x);
}

template <class A>
inline A magnitude(A x) {
  if constexpr (std::is_arithmetic_v<A>) {
    return x < 0 ? -x : x;
  } else {
    // Without the sign's bit: one instruction, which compilers do not make of the comparison.
    using Bits = typename Kind<A>::Bits;
    return std::bit_cast<A>(std::bit_cast<Bits>(x) & std::numeric_limits<typename Kind<Bits>::Number>::max());
  }
}

template <class A>
inline A lesser(A x, A y) {
  return x < y ? x : y;
}

// 1 + x + x^2 / 2! + ... + x^last / last!, from term `at` on.
template <class A, int last, int at = 0>
inline A taylor(A x, double coefficient = 1) {
  if constexpr (at == last) {
    return constant<A>(coefficient);
  } else {
    return constant<A>(coefficient) + x * taylor<A, last, at + 1>(x, coefficient / (at + 1));
  }
}

// exp(x) for x <= 0, within 2 units in the last place; exp(-inf) = 0; NaN stays NaN.
template <class A>
inline A exponential(A x) {
  using Bits = typename Kind<A>::Bits;
  constexpr bool wide = std::is_same_v<typename Kind<A>::Number, double>;
  constexpr int mantissa = wide ? 52 : 23;
  constexpr int bias = wide ? 1023 : 127;
  // Below this exp(x) is 0 even as a subnormal number. The comparison leaves NaN alone.
  const A lowest = constant<A>(wide ? -746 : -104);
  const A log2_e = constant<A>(1.4426950408889634074);
  // ln 2 in two parts, the first with so few digits that its product with a small integer is exact.
  const A ln2_high = constant<A>(wide ? 6.93147180369123816490e-01 : 0.693359375);
  const A ln2_low = constant<A>(wide ? 1.90821492927058770002e-10 : -2.12194440e-4);
  // Added and subtracted again, this rounds to an integer.
  const A shifter = constant<A>(wide ? 6755399441055744.0 : 12582912.0);
  const A bounded = x < lowest ? lowest : x;
  const A shifted = bounded * log2_e + shifter;
  const A whole = shifted - shifter;
  const A rest = (bounded - whole * ln2_high) - whole * ln2_low;
  // On |rest| <= ln(2) / 2 the first term left out is below half a unit in the last place.
  const A series = taylor<A, wide ? 13 : 7>(rest);
  const Bits power = std::bit_cast<Bits>(shifted) - std::bit_cast<Bits>(shifter);
  // In two steps, because 2^power may be subnormal.
  const Bits half = power >> 1;
  const A first = std::bit_cast<A>((half + bias) << mantissa);
  const A second = std::bit_cast<A>((power - half + bias) << mantissa);
  return series * first * second;
}

// HardSoftmax (Zhu et al. 2021): E(x) = 1 + x for x > 0, 1 / (1 - x) for x <= 0.
struct HardSoftmax {
  static constexpr bool shifts = false;
  static constexpr bool overflows = true;

  template <class A>
  static inline A energy(A x) {
    const A above = constant<A>(1) + magnitude(x);
    return x > A{} ? above : constant<A>(1) / above;
  }

  // Whether a sum and its reciprocal are far from both ends of the type, so that no energy of the row was lost.
  template <class A>
  static inline auto plausible(A sum) {
    constexpr double largest = std::is_same_v<typename Kind<A>::Number, double> ? 0x1p960 : 0x1p100;
    return (sum > constant<A>(1 / largest)) & (sum < constant<A>(largest));
  }

  // Whether a row's sum is plausible, and that of energies times gradients finite.
  template <class A>
  static inline auto plausible(A sum, A products) {
    return plausible(sum) & (products - products == A{});
  }

  // dx = s (dy - sum(dy E) / S) / S with s = dE/dx = min(1, E)^2. From the energies, not from weights that have been
  // rounded to half precision: their rounding would be squared.
  template <class A>
  static inline A gradient(A energy, A grad, A dot, A reciprocal) {
    const A below = lesser(energy, constant<A>(1));
    // min(1, E) / S is finite where 1 / S is not.
    return below * (below * reciprocal * (grad - dot));
  }
};

// softmax, the row's largest logit subtracted first.
struct Softmax {
  static constexpr bool shifts = true;
  // The largest energy is 1: a sum is between 1 and the number of logits, or NaN, which is right as it is.
  static constexpr bool overflows = false;

  template <class A>
  static inline A energy(A x) {
    return exponential(x);
  }

  template <class A>
  static inline A gradient(A weight, A grad, A dot) {
    return weight * (grad - dot);
  }
};

}  // namespace attnbench
