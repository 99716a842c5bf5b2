// float16 with the processor's own conversions, as many numbers at a time as a vector holds.
//
// Compilers do not find these instructions, and the conversions of numbers.h, which they can vectorise, take several
// times as long as the rest of a kernel. bfloat16 needs no such help.
#pragma once

#include <algorithm>

#if defined(__F16C__)
#include <immintrin.h>
#endif

#include "numbers.h"
#include "rules.h"

namespace attnbench {

// Whether kernels see numbers of this type as floats in a tile, or a vector of them at a time.
#if defined(__F16C__)
template <class T>
constexpr bool staged = std::is_same_v<T, Float16>;
#else
template <class T>
constexpr bool staged = false;
#endif

// What kernels see.
template <class T>
using Seen = std::conditional_t<staged<T>, float, T>;

#if defined(__F16C__)

#if defined(__AVX512BW__) && defined(__AVX512VL__)

using Vector = __m512;
constexpr long lanes = 16;
using AllLanes = std::integral_constant<long, lanes>;

inline __mmask16 first(long count) { return static_cast<__mmask16>((1u << count) - 1); }
inline Vector load_floats(const float* x, long count) { return _mm512_maskz_loadu_ps(first(count), x); }
inline Vector load_floats(const float* x, AllLanes) { return _mm512_loadu_ps(x); }
inline void store_floats(float* y, Vector v, long count) { _mm512_mask_storeu_ps(y, first(count), v); }
inline void store_floats(float* y, Vector v, AllLanes) { _mm512_storeu_ps(y, v); }
inline Vector load_halves(const Float16* x, long count) {
  return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first(count), x));
}
inline Vector load_halves(const Float16* x, AllLanes) { return _mm512_cvtph_ps(_mm256_loadu_epi16(x)); }
inline void store_halves(Float16* y, Vector v, long count) {
  _mm256_mask_storeu_epi16(y, first(count), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
inline void store_halves(Float16* y, Vector v, AllLanes) {
  _mm256_storeu_epi16(y, _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}

#else

using Vector = __m256;
constexpr long lanes = 8;
using AllLanes = std::integral_constant<long, lanes>;

inline Vector load_floats(const float* x, AllLanes) { return _mm256_loadu_ps(x); }
inline void store_floats(float* y, Vector v, AllLanes) { _mm256_storeu_ps(y, v); }
inline Vector load_halves(const Float16* x, AllLanes) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x)));
}
inline void store_halves(Float16* y, Vector v, AllLanes) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(y), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
// What does not fill a vector goes through one on the stack.
inline Vector load_floats(const float* x, long count) {
  float all[lanes] = {};
  std::copy_n(x, count, all);
  return load_floats(all, AllLanes());
}
inline void store_floats(float* y, Vector v, long count) {
  float all[lanes];
  store_floats(all, v, AllLanes());
  std::copy_n(all, count, y);
}
inline Vector load_halves(const Float16* x, long count) {
  Float16 all[lanes] = {};
  std::copy_n(x, count, all);
  return load_halves(all, AllLanes());
}
inline void store_halves(Float16* y, Vector v, long count) {
  Float16 all[lanes];
  store_halves(all, v, AllLanes());
  std::copy_n(all, count, y);
}

#endif

inline Vector everywhere(float x) { return Vector{} + x; }

inline float sum_of(Vector x) {
  float all[lanes];
  store_floats(all, x, AllLanes());
  for (long from = lanes / 2; from > 0; from /= 2)
    for (long j = 0; j < from; ++j) all[j] += all[j + from];
  return all[0];
}

// Calls body(first, how many) for whole vectors, then for what is left of `count`.
template <class Body>
inline void each_vector(long count, Body body) {
  long j = 0;
  for (; j + lanes <= count; j += lanes) body(j, AllLanes());
  if (j < count) body(j, count - j);
}

inline void widen(const Float16* x, float* to, long count) {
  each_vector(count, [&](long j, auto many) { store_floats(to + j, load_halves(x + j, many), many); });
}

inline void scale(const float* e, Float16* y, long count, float factor) {
  each_vector(count,
              [&](long j, auto many) { store_halves(y + j, load_floats(e + j, many) * everywhere(factor), many); });
}

// `n` stretches of `width` numbers that lie `stride` apart, to a tile and back; or one stretch of all of them.
inline void widen_stretches(const Float16* x, float* tile, long n, long stride, long width, bool neighbours = false) {
  if (neighbours) return widen(x, tile, n * width);
  for (long j = 0; j < n; ++j) widen(x + j * stride, tile + j * width, width);
}
inline void narrow_stretches(const float* tile, Float16* y, long n, long stride, long width, bool neighbours = false) {
  if (neighbours) return scale(tile, y, n * width, 1);
  for (long j = 0; j < n; ++j) scale(tile + j * width, y + j * stride, width, 1);
}

// Weights in half precision, or energies in a tile.
inline Vector load_many(const Float16* x, auto many) { return load_halves(x, many); }
inline Vector load_many(const float* x, auto many) { return load_floats(x, many); }

inline float dot_product(const Float16* y, const Float16* dy, long count) {
  Vector sums{};
  each_vector(count, [&](long j, auto many) { sums += load_halves(y + j, many) * load_halves(dy + j, many); });
  return sum_of(sums);
}

template <class Rule, class U, class... OfRow>
inline void gradients(const U* y, const Float16* dy, Float16* dx, long count, OfRow... of_row) {
  each_vector(count, [&](long j, auto many) {
    store_halves(dx + j, Rule::gradient(load_many(y + j, many), load_halves(dy + j, many), everywhere(of_row)...),
                 many);
  });
}

// The same for `count` rows side by side: one number of each, and what belongs to the row.
inline void scale_across(const float* e, Float16* y, long count, const float* factors) {
  each_vector(count, [&](long c, auto many) {
    store_halves(y + c, load_floats(e + c, many) * load_floats(factors + c, many), many);
  });
}

template <class U>
inline void add_products(const U* y, const Float16* dy, long count, float* dots) {
  each_vector(count, [&](long c, auto many) {
    store_floats(dots + c, load_floats(dots + c, many) + load_many(y + c, many) * load_halves(dy + c, many), many);
  });
}

template <class Rule, class U, class... OfRows>
inline void gradients_across(const U* y, const Float16* dy, Float16* dx, long count, const OfRows*... of_rows) {
  each_vector(count, [&](long c, auto many) {
    store_halves(dx + c,
                 Rule::gradient(load_many(y + c, many), load_halves(dy + c, many), load_floats(of_rows + c, many)...),
                 many);
  });
}

#endif

}  // namespace attnbench
