// Rows whose elements lie `stride` apart while the rows themselves are neighbours: many rows at a time, side by side.
#pragma once

#include <algorithm>
#include <utility>

#include "careful.h"
#include "halves.h"
#include "pairs.h"

namespace attnbench {

// Rows taken at a time: whole cache lines, and if possible so few that what is kept of them stays in the first-level
// cache. The second-level cache will do: it is faster than computing energies twice.
constexpr long most_columns = 512;
constexpr long fewest_columns = 32;
constexpr long wanted_elements = 6144;
constexpr long most_elements = 16384;
// Rows of so few elements have loops of their own.
constexpr long most_few = 4;

inline long columns_at_once(long n) {
  return std::clamp(wanted_elements / n / fewest_columns * fewest_columns, fewest_columns, most_columns);
}

// Calls body(0), ..., body(count - 1) with constants: a loop that is certainly gone before the one around it is
// vectorised.
template <int count, class Body>
inline void unrolled(Body body) {
  [&]<int... j>(std::integer_sequence<int, j...>) {
    (body(std::integral_constant<int, j>()), ...);
  }(std::make_integer_sequence<int, count>());
}

// `width` rows of `fixed` elements. The compiler knows their number: energies stay in registers.
// Returns whether all sums are plausible.
template <class Rule, int fixed, class T>
inline bool forward_few(const T* __restrict x, T* __restrict y, long stride, long width) {
  using A = Sum<T>;
  int bad = 0;
#pragma omp simd reduction(+ : bad)
  for (long c = 0; c < width; ++c) {
    A e[fixed];
    unrolled<fixed>([&](auto j) { e[j] = load(x[j * stride + c]); });
    if constexpr (Rule::shifts) {
      A shift = e[0];
      unrolled<fixed>([&](auto j) { shift = e[j] > shift ? e[j] : shift; });
      unrolled<fixed>([&](auto j) { e[j] -= shift; });
    }
    A total = 0;
    unrolled<fixed>([&](auto j) { total += e[j] = Rule::energy(e[j]); });
    if constexpr (Rule::overflows) bad += Rule::plausible(total) ? 0 : 1;
    const A reciprocal = 1 / total;
    unrolled<fixed>([&](auto j) { y[j * stride + c] = store<T>(e[j] * reciprocal); });
  }
  return bad == 0;
}

// Logits of `width` rows as kernels see them: where they are, or in a line.
template <class T>
inline const Seen<T>* seen_across(const T* x, float* line, long width) {
  if constexpr (staged<T>) {
    widen(x, line, width);
    return line;
  } else {
    return x;
  }
}

// Weights of `width` rows from their energies.
template <class T>
inline void scale_across(const Sum<T>* e, T* y, long width, const Sum<T>* factors) {
#pragma omp simd
  for (long c = 0; c < width; ++c) y[c] = store<T>(e[c] * factors[c]);
}

// `width` rows of any number of elements.
template <class Rule, class T>
inline bool forward_many(const T* __restrict x, T* __restrict y, long n, long stride, long width) {
  using A = Sum<T>;
  alignas(64) A tile[most_elements];
  alignas(64) A shifts[most_columns];
  alignas(64) A totals[most_columns];
  alignas(64) float line[most_columns];
  const bool fits = n * width <= most_elements;
  std::fill_n(totals, width, A(0));
  if constexpr (Rule::shifts) {
    std::fill_n(shifts, width, -std::numeric_limits<A>::infinity());
    for (long j = 0; j < n; ++j) {
      const auto* logits = seen_across(x + j * stride, line, width);
#pragma omp simd
      for (long c = 0; c < width; ++c) shifts[c] = load(logits[c]) > shifts[c] ? load(logits[c]) : shifts[c];
    }
  }
  const auto energy = [&](const auto* logits, long c) {
    const A logit = load(logits[c]);
    return Rule::energy(Rule::shifts ? logit - shifts[c] : logit);
  };
  for (long j = 0; j < n; ++j) {
    const auto* logits = seen_across(x + j * stride, line, width);
    if (fits) {
#pragma omp simd
      for (long c = 0; c < width; ++c) totals[c] += tile[j * width + c] = energy(logits, c);
    } else {
#pragma omp simd
      for (long c = 0; c < width; ++c) totals[c] += energy(logits, c);
    }
  }
  int bad = 0;
#pragma omp simd reduction(+ : bad)
  for (long c = 0; c < width; ++c) {
    if constexpr (Rule::overflows) bad += Rule::plausible(totals[c]) ? 0 : 1;
    totals[c] = 1 / totals[c];
  }
  for (long j = 0; j < n; ++j) {
    A* e = tile + (fits ? j * width : 0);
    if (!fits) {
      const auto* logits = seen_across(x + j * stride, line, width);
#pragma omp simd
      for (long c = 0; c < width; ++c) e[c] = energy(logits, c);
    }
    scale_across(e, y + j * stride, width, totals);
  }
  return bad == 0;
}

// Calls few(a constant) where there is a loop for exactly n elements, otherwise many().
template <class Few, class Many>
inline auto by_length(long n, Few few, Many many) {
  switch (n) {
    case 2: return few(std::integral_constant<int, 2>());
    case 3: return few(std::integral_constant<int, 3>());
    case 4: return few(std::integral_constant<int, 4>());
    default: return many();
  }
}

template <class Rule, class T>
void forward_columns(const T* x, T* y, long n, long stride, long width) {
  if constexpr (std::is_same_v<Rule, HardSoftmax>) {
    if (n == 2 && forward_pairs<1>(x, y, stride, width)) return;
  }
  if constexpr (staged<T>) {
    if (n <= most_few) {
      float logits[most_few * most_columns];
      float weights[most_few * most_columns];
      widen_stretches(x, logits, n, stride, width);
      forward_columns<Rule>(logits, weights, n, width, width);
      return narrow_stretches(weights, y, n, stride, width);
    }
  }
  const bool fine = by_length(
      n, [&](auto fixed) { return forward_few<Rule, fixed()>(x, y, stride, width); },
      [&] { return forward_many<Rule>(x, y, n, stride, width); });
  if constexpr (Rule::overflows) {
    if (fine) return;
    for (long c = 0; c < width; ++c) {
      Sum<T> total = 0;
      for (long j = 0; j < n; ++j) total += Rule::energy(load(x[j * stride + c]));
      redone_with_care<Rule>(total, x + c, y + c, n, stride);
    }
  }
}

}  // namespace attnbench
