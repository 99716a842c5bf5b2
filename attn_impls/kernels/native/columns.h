// Rows whose elements lie `stride` apart while the rows themselves are neighbours: many rows at a time, side by side.
#pragma once

#include <algorithm>
#include <utility>

#include "careful.h"
#include "pairs.h"
#include "vectors.h"

namespace attnbench {

// Rows taken at a time: whole cache lines, and if possible so few that what is kept of them stays in the first-level
// cache. The second-level cache will do: it is faster than computing energies twice.
constexpr long most_columns = 512;
constexpr long fewest_columns = 32;
constexpr long wanted_elements = 6144;
constexpr long most_elements = 16384;

inline long columns_at_once(long n) {
  return std::clamp(wanted_elements / n / fewest_columns * fewest_columns, fewest_columns, most_columns);
}

// Calls body(0), ..., body(count - 1) with constants: what is indexed by them stays in registers.
template <int count, class Body>
inline void unrolled(Body body) {
  [&]<int... j>(std::integer_sequence<int, j...>) {
    (body(std::integral_constant<int, j>()), ...);
  }(std::make_integer_sequence<int, count>());
}

// `width` rows of `fixed` elements: energies stay in registers. Returns whether all sums are plausible.
template <class Rule, int fixed, class T>
inline bool forward_few(const T* x, T* y, long stride, long width) {
  using V = Vector<Sum<T>>;
  auto fine = everything<V>();
  each_vector<T>(width, [&](long c, auto many) {
    V e[fixed];
    unrolled<fixed>([&](auto j) { e[j] = load_many(x + j * stride + c, many); });
    if constexpr (Rule::shifts) {
      V shift = e[0];
      unrolled<fixed>([&](auto j) { shift = e[j] > shift ? e[j] : shift; });
      unrolled<fixed>([&](auto j) { e[j] -= shift; });
    }
    V total{};
    unrolled<fixed>([&](auto j) { total += e[j] = Rule::energy(e[j]); });
    if constexpr (Rule::overflows) fine &= Rule::plausible(total);
    const V reciprocal = constant<V>(1) / total;
    unrolled<fixed>([&](auto j) { store_many(y + j * stride + c, e[j] * reciprocal, many); });
  });
  return all_of(fine);
}

// `width` rows of any number of elements.
template <class Rule, class T>
inline bool forward_many(const T* x, T* y, long n, long stride, long width) {
  using A = Sum<T>;
  alignas(vector_bytes) A tile[most_elements];
  alignas(vector_bytes) A shifts[most_columns];
  alignas(vector_bytes) A totals[most_columns];
  const bool fits = n * width <= most_elements;
  std::fill_n(totals, width, A(0));
  if constexpr (Rule::shifts) {
    std::fill_n(shifts, width, -std::numeric_limits<A>::infinity());
    for (long j = 0; j < n; ++j) {
      each_vector<T>(width, [&](long c, auto many) {
        const auto some = load_many(x + j * stride + c, many);
        const auto most = load_many(shifts + c, many);
        store_many(shifts + c, some > most ? some : most, many);
      });
    }
  }
  const auto energies = [&](long j, long c, auto many) {
    const auto some = load_many(x + j * stride + c, many);
    if constexpr (Rule::shifts) return Rule::energy(some - load_many(shifts + c, many));
    else return Rule::energy(some);
  };
  for (long j = 0; j < n; ++j) {
    each_vector<T>(width, [&](long c, auto many) {
      const auto some = energies(j, c, many);
      if (fits) store_many(tile + j * width + c, some, many);
      store_many(totals + c, load_many(totals + c, many) + some, many);
    });
  }
  auto fine = everything<Vector<A>>();
  each_vector<T>(width, [&](long c, auto many) {
    const auto sums = load_many(totals + c, many, A(1));
    if constexpr (Rule::overflows) fine &= Rule::plausible(sums);
    store_many(totals + c, everywhere(A(1)) / sums, many);
  });
  for (long j = 0; j < n; ++j) {
    each_vector<T>(width, [&](long c, auto many) {
      const auto some = fits ? load_many(tile + j * width + c, many) : energies(j, c, many);
      store_many(y + j * stride + c, some * load_many(totals + c, many), many);
    });
  }
  return all_of(fine);
}

// Calls few(a constant) where there are loops for exactly n elements, otherwise many().
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
    if (n == 2 && weights_of_pairs(x, y, stride, width)) return;
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
