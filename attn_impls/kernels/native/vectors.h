// Vectors as long as the processor's registers, and rows of numbers read and written through them.
//
// Types are those of GCC and Clang for every processor. Loops over plain numbers, left to the compiler, took twice as
// long: what does not fill a vector was computed one by one, and sums of a row's vectors went through memory. Nor do
// compilers find the instructions that convert float16.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "numbers.h"

namespace attnbench {

#if defined(__AVX512BW__) && defined(__AVX512VL__)
#define ATTNBENCH_MASKS 1
constexpr long vector_bytes = 64;
#elif defined(__AVX2__)
constexpr long vector_bytes = 32;
#else
constexpr long vector_bytes = 16;
#endif

template <class Element, long bytes>
struct VectorOf {
  typedef Element Type __attribute__((vector_size(bytes)));
};

// Of float or double, and of integers of the same size.
template <class Element>
using Vector = typename VectorOf<Element, vector_bytes>::Type;

template <class Element>
constexpr long lanes = vector_bytes / static_cast<long>(sizeof(Element));

// As many elements of T as a vector of their sums has, as they lie in memory.
template <class T>
using Packed = typename VectorOf<std::conditional_t<sizeof(T) == 2, std::uint16_t, T>,
                                 lanes<Sum<T>> * static_cast<long>(sizeof(T))>::Type;

// How many elements are meant: all that a vector has, or a number below it.
template <class T>
using All = std::integral_constant<long, lanes<Sum<T>>>;

template <class T>
inline Packed<T> packed(const T* x, All<T>, T) {
  Packed<T> some;
  std::memcpy(&some, x, sizeof some);
  return some;
}

template <class T>
inline void put(T* y, Packed<T> some, All<T>) {
  std::memcpy(y, &some, sizeof some);
}

#if defined(ATTNBENCH_MASKS)

template <class T>
inline Packed<T> packed(const T* x, long count, T padding) {
  const unsigned some = (1u << count) - 1;
  if constexpr (sizeof(T) == 8) {
    return _mm512_mask_loadu_pd(_mm512_set1_pd(padding), static_cast<__mmask8>(some), x);
  } else if constexpr (sizeof(T) == 4) {
    return _mm512_mask_loadu_ps(_mm512_set1_ps(padding), static_cast<__mmask16>(some), x);
  } else {
    const auto filled = _mm256_set1_epi16(std::bit_cast<std::int16_t>(padding));
    return std::bit_cast<Packed<T>>(_mm256_mask_loadu_epi16(filled, static_cast<__mmask16>(some), x));
  }
}

template <class T>
inline void put(T* y, Packed<T> values, long count) {
  const unsigned some = (1u << count) - 1;
  if constexpr (sizeof(T) == 8) {
    _mm512_mask_storeu_pd(y, static_cast<__mmask8>(some), values);
  } else if constexpr (sizeof(T) == 4) {
    _mm512_mask_storeu_ps(y, static_cast<__mmask16>(some), values);
  } else {
    _mm256_mask_storeu_epi16(y, static_cast<__mmask16>(some), std::bit_cast<__m256i>(values));
  }
}

#else

// What does not fill a vector goes through one on the stack.
template <class T>
inline Packed<T> packed(const T* x, long count, T padding) {
  T all[lanes<Sum<T>>];
  std::fill_n(all, lanes<Sum<T>>, padding);
  std::copy_n(x, count, all);
  return packed(all, All<T>(), padding);
}

template <class T>
inline void put(T* y, Packed<T> values, long count) {
  T all[lanes<Sum<T>>];
  put(all, values, All<T>());
  std::copy_n(all, count, y);
}

#endif

template <class T>
inline Vector<Sum<T>> widened(Packed<T> some) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return std::bit_cast<Vector<float>>(__builtin_convertvector(some, Vector<std::uint32_t>) << 16);
  } else if constexpr (std::is_same_v<T, Float16>) {
#if defined(ATTNBENCH_MASKS)
    return _mm512_cvtph_ps(std::bit_cast<__m256i>(some));
#elif defined(__AVX2__) && defined(__F16C__)
    return _mm256_cvtph_ps(std::bit_cast<__m128i>(some));
#else
    Vector<float> all;
    for (long lane = 0; lane < lanes<float>; ++lane) all[lane] = load(Float16{some[lane]});
    return all;
#endif
  } else {
    return some;
  }
}

template <class T>
inline Packed<T> narrowed(Vector<Sum<T>> values) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    const auto bits = std::bit_cast<Vector<std::uint32_t>>(values);
    // To the nearest, ties to even; a NaN must not be rounded up to infinity.
    const auto rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    const auto quiet = Vector<std::uint32_t>{} + 0x7fc0u;
    return __builtin_convertvector(values != values ? quiet : rounded, Packed<T>);
  } else if constexpr (std::is_same_v<T, Float16>) {
#if defined(ATTNBENCH_MASKS)
    return std::bit_cast<Packed<T>>(_mm512_cvtps_ph(values, _MM_FROUND_TO_NEAREST_INT));
#elif defined(__AVX2__) && defined(__F16C__)
    return std::bit_cast<Packed<T>>(_mm256_cvtps_ph(values, _MM_FROUND_TO_NEAREST_INT));
#else
    Packed<T> all;
    for (long lane = 0; lane < lanes<float>; ++lane) all[lane] = store<Float16>(values[lane]).bits;
    return all;
#endif
  } else {
    return values;
  }
}

// `many` elements from x on; where that is less than a vector has, the others are `padding`.
template <class T>
inline Vector<Sum<T>> load_many(const T* x, auto many, T padding = T{}) {
  return widened<T>(packed(x, many, padding));
}

template <class T>
inline void store_many(T* y, Vector<Sum<T>> values, auto many) {
  put(y, narrowed<T>(values), many);
}

template <class A>
inline Vector<A> everywhere(A x) {
  return Vector<A>{} + x;
}

// As masks: a vector of "yes", and whether one holds no "no".
template <class V>
inline auto everything() {
  return V{} == V{};
}
template <class Masks>
inline bool all_of(Masks masks) {
  long refused = 0;
  for (unsigned long lane = 0; lane < sizeof masks / sizeof masks[0]; ++lane) refused += masks[lane] == 0;
  return refused == 0;
}

// Calls body(first, how many) for whole vectors of elements of T, then for what is left of `count`.
template <class T, class Body>
inline void each_vector(long count, Body body) {
  constexpr All<T> all;
  long j = 0;
  for (; j + all <= count; j += all) body(j, all);
  if (j < count) body(j, count - j);
}

// The same, where body(first, how many, parts) adds to sums of rows: in stretches, because a long sum in one piece loses a
// digit or two.
template <class T, long sums, class Body>
inline void each_vector_summed(long count, Vector<Sum<T>> (&totals)[sums], Body body) {
  constexpr long stretch = 32 * All<T>();
  for (long from = 0; from < count; from += stretch) {
    Vector<Sum<T>> parts[sums] = {};
    each_vector<T>(std::min(stretch, count - from), [&](long j, auto many) { body(from + j, many, parts); });
    for (long each = 0; each < sums; ++each) totals[each] += parts[each];
  }
}

// The vector's elements, each `by` lanes earlier, the first ones behind the last.
template <class A, long by, long... lane>
inline Vector<A> turned(Vector<A> values, std::integer_sequence<long, lane...>) {
#if defined(__clang__)
  return __builtin_shufflevector(values, values, ((lane + by) % lanes<A>)...);
#else
  using Lane = std::conditional_t<std::is_same_v<A, double>, std::int64_t, std::int32_t>;
  return __builtin_shuffle(values, Vector<Lane>{static_cast<Lane>((lane + by) % lanes<A>)...});
#endif
}

// All elements of a vector joined, in pairs, pairs of pairs and so on.
template <class A, long by = lanes<A> / 2, class Join>
inline A joined(Vector<A> values, Join join) {
  if constexpr (by == 0) {
    return values[0];
  } else {
    constexpr auto each = std::make_integer_sequence<long, lanes<A>>();
    return joined<A, by / 2>(join(values, turned<A, by>(values, each)), join);
  }
}

template <class A>
inline A sum_of(Vector<A> values) {
  return joined<A>(values, [](auto x, auto y) { return x + y; });
}

template <class A>
inline A largest_of(Vector<A> values) {
  return joined<A>(values, [](auto x, auto y) { return x > y ? x : y; });
}

}  // namespace attnbench
