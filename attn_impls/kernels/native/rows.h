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
inline void forward_block(const T* x, T* y, Sum<T>* sums, long rows, long n) {
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
    A total = sum_of(e, n);
    if (!redone_with_care<Rule>(total, x, y, n, 1)) scale(e, y, n, 1 / total);
    if (sums != nullptr) sums[row] = total;
  }
}

// A row too long for that: its energies wait in the result where they fit into it, otherwise they are computed twice.
template <class Rule, class T>
void forward_long_row(const T* x, T* y, Sum<T>* sums, long n) {
  using A = Sum<T>;
  constexpr bool kept = std::is_same_v<T, A>;
  alignas(64) A tile[kept ? 1 : block_of_rows<T>];
  const auto each_part = [&](auto part) {
    for (long from = 0; from < n; from += block_of_rows<T>) {
      A* e = tile;
      if constexpr (kept) e = y + from;
      const long count = std::min(block_of_rows<T>, n - from);
      part(from, seen(x + from, e, count), e, count);
    }
  };
  A shift = 0;
  if constexpr (Rule::shifts) {
    shift = -std::numeric_limits<A>::infinity();
    each_part([&](long, const auto* logits, A*, long count) { shift = std::max(shift, largest(logits, count)); });
  }
  A total = 0;
  each_part([&](long, const auto* logits, A* e, long count) {
    energies<Rule>(logits, e, count, shift);
    total += sum_of(e, count);
  });
  if (!redone_with_care<Rule>(total, x, y, n, 1)) {
    const A reciprocal = 1 / total;
    each_part([&](long from, const auto* logits, A* e, long count) {
      if constexpr (!kept) energies<Rule>(logits, e, count, shift);
      scale(e, y + from, count, reciprocal);
    });
  }
  if (sums != nullptr) *sums = total;
}

template <class T>
inline Sum<T> dot_product(const T* y, const T* dy, long n) {
  Sum<T> dot = 0;
#pragma omp simd reduction(+ : dot)
  for (long j = 0; j < n; ++j) dot += load(y[j]) * load(dy[j]);
  return dot;
}

// The gradient of one row.
template <class Rule, class T>
inline void gradients(const T* y, const T* dy, T* dx, long n, Sum<T> dot, Sum<T> total) {
  const Sum<T> reciprocal = 1 / total;
#pragma omp simd
  for (long j = 0; j < n; ++j) dx[j] = store<T>(Rule::gradient(load(y[j]), load(dy[j]), dot, total, reciprocal));
}

template <class Rule, class T>
void forward_rows(const T* x, T* y, Sum<T>* sums, long begin, long end, long n) {
  const long most = std::max(block_of_rows<T> / n, 1L);
  for (long row = begin; row < end; row += most) {
    Sum<T>* kept = sums != nullptr ? sums + row : nullptr;
    if constexpr (std::is_same_v<Rule, HardSoftmax>) {
      const long pairs = std::min(most, end - row);
      if (n == 2 && kept == nullptr && forward_pairs<2>(x + row * n, y + row * n, 1, pairs)) continue;
    }
    if (n > block_of_rows<T>) {
      forward_long_row<Rule>(x + row * n, y + row * n, kept, n);
    } else {
      forward_block<Rule>(x + row * n, y + row * n, kept, std::min(most, end - row), n);
    }
  }
}

template <class Rule, class T>
void backward_rows(const T* y, const T* dy, const Sum<T>* sums, T* dx, long begin, long end, long n) {
  for (long row = begin; row < end; ++row) {
    const long at = row * n;
    const Sum<T> total = Rule::overflows ? sums[row] : Sum<T>(1);
    gradients<Rule>(y + at, dy + at, dx + at, n, dot_product(y + at, dy + at, n), total);
  }
}

}  // namespace attnbench
