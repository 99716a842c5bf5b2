// Element types, the type that sums of them are kept in, and conversions.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace attnbench {

struct BFloat16 {
  std::uint16_t bits;
};

struct Float16 {
  std::uint16_t bits;
};

// What sums over elements of type T are accumulated in.
template <class T>
using Sum = std::conditional_t<std::is_same_v<T, double>, double, float>;

// Holds any sum of energies of this many bits without overflow or underflow; slow, for the rows that need it.
template <class A>
using Wide = std::conditional_t<std::is_same_v<A, double>, long double, double>;

inline float load(float x) { return x; }
inline double load(double x) { return x; }
inline float load(Float16 x) {
  const std::uint32_t magnitude = x.bits & 0x7fffu;
  // With the exponent's bits in place it is too small by 2^(127 - 15), subnormal numbers too; beyond 65504 it is not
  // finite.
  const auto finite = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude << 13) * 0x1p112f);
  const std::uint32_t bits = magnitude < 0x7c00u ? finite : (magnitude << 13) | 0x7f800000u;
  return std::bit_cast<float>(bits | static_cast<std::uint32_t>(x.bits & 0x8000u) << 16);
}
inline float load(BFloat16 x) { return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16); }

template <class T>
inline T store(Sum<T> x) {
  if constexpr (std::is_same_v<T, Float16>) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    const std::uint32_t normal = ((magnitude + 0xfffu + ((magnitude >> 13) & 1u)) >> 13) - (112u << 10);
    // Below 2^-14 the steps are 2^-24, which is also the step of floats from 0.5 on: the addition rounds.
    const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u;
    const std::uint32_t finite = magnitude < 0x38800000u ? subnormal : normal;
    // From 65520 on the nearest is infinity.
    const std::uint32_t any = magnitude < 0x477ff000u ? finite : magnitude > 0x7f800000u ? 0x7e00u : 0x7c00u;
    return {static_cast<std::uint16_t>(any | ((bits >> 16) & 0x8000u))};
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    // To the nearest, ties to even; a NaN must not be rounded up to infinity.
    const std::uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    return {static_cast<std::uint16_t>(x != x ? 0x7fc0u : rounded)};
  } else {
    return x;
  }
}

// The logit that has no energy.
template <class T>
inline T minus_infinity() {
  return store<T>(-std::numeric_limits<Sum<T>>::infinity());
}

template <class A>
inline constexpr A not_a_number = std::numeric_limits<A>::quiet_NaN();

}  // namespace attnbench
