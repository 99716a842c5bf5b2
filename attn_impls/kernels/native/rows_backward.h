// Gradients of rows whose elements are neighbours in memory: of HardSoftmax from the logits, of softmax from the weights.
#pragma once

#include "columns_backward.h"
#include "rows.h"

namespace attnbench {

template <class T>
inline void hard_backward_row(const T* x, const T* dy, T* dx, long n, Tile<T>& tile) {
  using A = Sum<T>;
  A* const e = tile.beside(dx);
  const bool kept = tile.holds(n);
  const auto energies = [&](long j, auto many) {
    return HardSoftmax::energy(load_many(x + j, many, minus_infinity<T>()));
  };
  Vector<A> totals[2] = {};
  each_vector_summed<T>(n, totals, [&](long j, auto many, auto& parts) {
    const auto some = energies(j, many);
    if (kept) store_many(e + j, some, many);
    parts[0] += some;
    parts[1] += some * load_many(dy + j, many);
  });
  const A total = sum_of<A>(totals[0]);
  const A products = sum_of<A>(totals[1]);
  if (!HardSoftmax::plausible(total, products)) return careful_gradients(x, dy, dx, n, 1);
  const auto dot = everywhere(products / total);
  const auto reciprocal = everywhere(1 / total);
  each_vector<T>(n, [&](long j, auto many) {
    const auto some = kept ? load_many(e + j, many) : energies(j, many);
    store_many(dx + j, HardSoftmax::gradient(some, load_many(dy + j, many), dot, reciprocal), many);
  });
}

template <class T>
inline void soft_backward_row(const T* y, const T* dy, T* dx, long n) {
  Vector<Sum<T>> products[1] = {};
  each_vector_summed<T>(n, products, [&](long j, auto many, auto& parts) {
    parts[0] += load_many(y + j, many) * load_many(dy + j, many);
  });
  const auto dot = everywhere(sum_of<Sum<T>>(products[0]));
  each_vector<T>(n, [&](long j, auto many) {
    store_many(dx + j, Softmax::gradient(load_many(y + j, many), load_many(dy + j, many), dot), many);
  });
}

// Calls row(first element) for each row, and columns(known, gradients, result, how many) for short ones in tiles.
template <class T, class Columns, class Row>
inline void each_row_backward(const T* known, const T* dy, T* dx, long begin, long end, long n, Columns columns,
                              Row row) {
  each_row(
      begin, end, n,
      [&](auto fixed, long at, long rows) {
        Sum<T> knowns[fixed * block_of_short_rows];
        Sum<T> grads[fixed * block_of_short_rows];
        Sum<T> results[fixed * block_of_short_rows];
        to_columns<fixed>(known + at * n, knowns, rows);
        to_columns<fixed>(dy + at * n, grads, rows);
        columns(knowns, grads, results, rows);
        to_rows<fixed>(results, dx + at * n, rows);
      },
      [&](long at) { row(at * n); });
}

template <class T>
void hard_backward_rows(const T* x, const T* dy, T* dx, long begin, long end, long n) {
  Tile<T> tile;
  each_row_backward(
      x, dy, dx, begin, end, n,
      [&](const auto* logits, const auto* grads, auto* to, long rows) {
        hard_backward_columns(logits, grads, to, n, rows, rows);
      },
      [&](long at) { hard_backward_row(x + at, dy + at, dx + at, n, tile); });
}

template <class T>
void soft_backward_rows(const T* y, const T* dy, T* dx, long begin, long end, long n) {
  each_row_backward(
      y, dy, dx, begin, end, n,
      [&](const auto* weights, const auto* grads, auto* to, long rows) {
        soft_backward_columns(weights, grads, to, n, rows, rows);
      },
      [&](long at) { soft_backward_row(y + at, dy + at, dx + at, n); });
}

}  // namespace attnbench
