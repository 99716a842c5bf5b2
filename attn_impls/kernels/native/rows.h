// Rows whose elements are neighbours in memory: some at a time, as many as the first-level cache holds.
#pragma once

#include <algorithm>

#include "careful.h"
#include "halves.h"
#include "pairs.h"

namespace attnbench {

// Elements of rows taken at a time. The first-level cache holds four times as many; a quarter was fastest, by a tenth.
template <class T>
constexpr long block_of_rows = 4096 / static_cast<long>(sizeof(Sum<T>));

// Elements of a longer row whose energies are kept beside the row, in the second-level cache: faster than twice computed.
constexpr long most_kept = 16384;

template <class T>
inline Sum<T> largest(const T* x, long n) {
  using A = Sum<T>;
  A most = -std::numeric_limits<A>::infinity();
#pragma omp simd reduction(max : most)
  for (long j = 0; j < n; ++j) most = load(x[j]) > most ? load(x[j]) : most;
  return most;
}

template <class A>
inline A sum_of(const A* e, long n) {
  A sum = 0;
#pragma omp simd reduction(+ : sum)
  for (long j = 0; j < n; ++j) sum += e[j];
  return sum;
}

// Energies of `count` logits, whatever rows they belong to, from x to e.
template <class Rule, class T>
inline void energies(const T* x, Sum<T>* e, long count, Sum<T> shift) {
#pragma omp simd
  for (long j = 0; j < count; ++j) e[j] = Rule::energy(Rule::shifts ? load(x[j]) - shift : load(x[j]));
}

// Weights from energies, which may lie where they go.
template <class T>
inline void scale(const Sum<T>* e, T* y, long n, Sum<T> factor) {
#pragma omp simd
  for (long j = 0; j < n; ++j) y[j] = store<T>(e[j] * factor);
}

// The logits as kernels see them: where they are, or in a tile.
template <class T>
inline const Seen<T>* seen(const T* x, Sum<T>* tile, long count) {
  if constexpr (staged<T>) {
    widen(x, tile, count);
    return tile;
  } else {
    return x;
  }
}

// A few rows, n * rows at most block_of_rows.
template <class Rule, class T>
inline void forward_block(const T* x, T* y, long rows, long n) {
  using A = Sum<T>;
  alignas(64) A tile[std::is_same_v<T, A> ? 1 : block_of_rows<T>];
  A* e = tile;
  if constexpr (std::is_same_v<T, A>) e = y;
  const auto* logits = seen(x, e, rows * n);
  if constexpr (Rule::shifts) {
    for (long at = 0; at < rows * n; at += n) energies<Rule>(logits + at, e + at, n, largest(logits + at, n));
  } else {
    energies<Rule>(logits, e, rows * n, A(0));
  }
  for (long row = 0; row < rows; ++row, x += n, y += n, e += n) {
    const A total = sum_of(e, n);
    if (!redone_with_care<Rule>(total, x, y, n, 1)) scale(e, y, n, 1 / total);
  }
}

// A row too long for that: its energies wait in the result where they fit into it, or in a tile, or are computed twice.
template <class T>
struct LongRow {
  using A = Sum<T>;
  static constexpr bool in_place = std::is_same_v<T, A>;

  T* const result;
  const long n;
  // Whether energies of one pass are still there in the next.
  const bool kept;
  alignas(64) A tile[in_place ? 1 : most_kept];

  // Leaves the tile as it is: to clear it would take as long as a pass.
  LongRow(T* result, long n) : result(result), n(n), kept(in_place || n <= most_kept) {}

  // Calls part(where it begins, where its energies go, how many there are) for each.
  template <class Part>
  inline void each_part(Part part) {
    for (long from = 0; from < n; from += block_of_rows<T>) {
      A* e = tile + (kept ? from : 0);
      if constexpr (in_place) e = result + from;
      part(from, e, std::min(block_of_rows<T>, n - from));
    }
  }
};

template <class Rule, class T>
void forward_long_row(const T* x, T* y, long n) {
  using A = Sum<T>;
  LongRow<T> row(y, n);
  A shift = 0;
  if constexpr (Rule::shifts) {
    shift = -std::numeric_limits<A>::infinity();
    row.each_part([&](long from, A* e, long count) { shift = std::max(shift, largest(seen(x + from, e, count), count)); });
  }
  A total = 0;
  row.each_part([&](long from, A* e, long count) {
    energies<Rule>(seen(x + from, e, count), e, count, shift);
    total += sum_of(e, count);
  });
  if (!redone_with_care<Rule>(total, x, y, n, 1)) {
    const A reciprocal = 1 / total;
    row.each_part([&](long from, A* e, long count) {
      if (!row.kept) energies<Rule>(seen(x + from, e, count), e, count, shift);
      scale(e, y + from, count, reciprocal);
    });
  }
}

template <class Rule, class T>
void forward_rows(const T* x, T* y, long begin, long end, long n) {
  const long most = std::max(block_of_rows<T> / n, 1L);
  for (long row = begin; row < end; row += most) {
    const long count = std::min(most, end - row);
    if constexpr (std::is_same_v<Rule, HardSoftmax>) {
      if (n == 2 && forward_pairs<2>(x + row * n, y + row * n, 1, count)) continue;
    }
    if (n > block_of_rows<T>) {
      forward_long_row<Rule>(x + row * n, y + row * n, n);
    } else {
      forward_block<Rule>(x + row * n, y + row * n, count, n);
    }
  }
}

}  // namespace attnbench
