// Gradients of rows whose elements are neighbours in memory: of HardSoftmax from the logits, of softmax from the weights.
#pragma once

#include "rows.h"

namespace attnbench {

template <class T>
inline Sum<T> dot_product(const T* y, const T* dy, long n) {
  Sum<T> dot = 0;
#pragma omp simd reduction(+ : dot)
  for (long j = 0; j < n; ++j) dot += load(y[j]) * load(dy[j]);
  return dot;
}

// The sum of a row's energies, and of their products with gradients.
template <class A>
struct RowSums {
  A total, products;
};

template <class T>
inline RowSums<Sum<T>> row_sums(const Sum<T>* e, const T* dy, long n) {
  Sum<T> total = 0;
  Sum<T> products = 0;
#pragma omp simd reduction(+ : total, products)
  for (long j = 0; j < n; ++j) {
    total += e[j];
    products += e[j] * load(dy[j]);
  }
  return {total, products};
}

#if defined(__F16C__)
inline RowSums<float> row_sums(const float* e, const Float16* dy, long n) {
  Vector totals{}, products{};
  each_vector(n, [&](long j, auto many) {
    const Vector some = load_floats(e + j, many);
    totals += some;
    products += some * load_halves(dy + j, many);
  });
  return {sum_of(totals), sum_of(products)};
}
#endif

// The gradients of a row from its energies or weights, which may lie where they go, and from what belongs to the row.
template <class Rule, class U, class T, class... OfRow>
inline void gradients(const U* y, const T* dy, T* dx, long n, OfRow... of_row) {
#pragma omp simd
  for (long j = 0; j < n; ++j) dx[j] = store<T>(Rule::gradient(load(y[j]), load(dy[j]), of_row...));
}

// A few rows of HardSoftmax, n * rows at most block_of_rows.
template <class T>
inline void hard_backward_block(const T* x, const T* dy, T* dx, long rows, long n) {
  using A = Sum<T>;
  alignas(64) A tile[std::is_same_v<T, A> ? 1 : block_of_rows<T>];
  A* e = tile;
  if constexpr (std::is_same_v<T, A>) e = dx;
  energies<HardSoftmax>(seen(x, e, rows * n), e, rows * n, A(0));
  for (long row = 0; row < rows; ++row, x += n, dy += n, dx += n, e += n) {
    const auto [total, products] = row_sums(e, dy, n);
    if (HardSoftmax::plausible(total, products)) {
      gradients<HardSoftmax>(e, dy, dx, n, products / total, 1 / total);
    } else {
      careful_gradients(x, dy, dx, n, 1);
    }
  }
}

template <class T>
void hard_backward_long_row(const T* x, const T* dy, T* dx, long n) {
  using A = Sum<T>;
  LongRow<T> row(dx, n);
  A total = 0;
  A products = 0;
  row.each_part([&](long from, A* e, long count) {
    energies<HardSoftmax>(seen(x + from, e, count), e, count, A(0));
    const auto sums = row_sums(e, dy + from, count);
    total += sums.total;
    products += sums.products;
  });
  if (!HardSoftmax::plausible(total, products)) return careful_gradients(x, dy, dx, n, 1);
  const A dot = products / total;
  const A reciprocal = 1 / total;
  row.each_part([&](long from, A* e, long count) {
    if (!row.kept) energies<HardSoftmax>(seen(x + from, e, count), e, count, A(0));
    gradients<HardSoftmax>(e, dy + from, dx + from, count, dot, reciprocal);
  });
}

template <class T>
void hard_backward_rows(const T* x, const T* dy, T* dx, long begin, long end, long n) {
  const long most = n == 2 ? block_of_pairs : std::max(block_of_rows<T> / n, 1L);
  for (long row = begin; row < end; row += most) {
    const long at = row * n;
    const long count = std::min(most, end - row);
    if (n == 2) {
      backward_pairs<2>(x + at, dy + at, dx + at, 1, count);
    } else if (n > block_of_rows<T>) {
      hard_backward_long_row(x + at, dy + at, dx + at, n);
    } else {
      hard_backward_block(x + at, dy + at, dx + at, count, n);
    }
  }
}

template <class T>
void soft_backward_rows(const T* y, const T* dy, T* dx, long begin, long end, long n) {
  for (long at = begin * n; at < end * n; at += n)
    gradients<Softmax>(y + at, dy + at, dx + at, n, dot_product(y + at, dy + at, n));
}

}  // namespace attnbench
