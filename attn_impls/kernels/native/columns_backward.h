// Gradients of rows side by side: of HardSoftmax from the logits, of softmax from the weights.
#pragma once

#include "columns.h"

namespace attnbench {

// `width` rows of `fixed` elements of HardSoftmax. Returns whether all sums are plausible.
template <int fixed, class T>
inline bool hard_backward_few(const T* __restrict x, const T* __restrict dy, T* __restrict dx, long stride,
                              long width) {
  using A = Sum<T>;
  int bad = 0;
#pragma omp simd reduction(+ : bad)
  for (long c = 0; c < width; ++c) {
    A e[fixed];
    A grad[fixed];
    A total = 0;
    A products = 0;
    unrolled<fixed>([&](auto j) {
      e[j] = HardSoftmax::energy(Sum<T>(load(x[j * stride + c])));
      grad[j] = load(dy[j * stride + c]);
      total += e[j];
      products += e[j] * grad[j];
    });
    bad += HardSoftmax::plausible(total, products) ? 0 : 1;
    const A reciprocal = 1 / total;
    const A dot = products * reciprocal;
    unrolled<fixed>(
        [&](auto j) { dx[j * stride + c] = store<T>(HardSoftmax::gradient(e[j], grad[j], dot, reciprocal)); });
  }
  return bad == 0;
}

template <int fixed, class T>
inline void soft_backward_few(const T* __restrict y, const T* __restrict dy, T* __restrict dx, long stride,
                              long width) {
  using A = Sum<T>;
#pragma omp simd
  for (long c = 0; c < width; ++c) {
    A weight[fixed];
    A grad[fixed];
    A dot = 0;
    unrolled<fixed>([&](auto j) {
      weight[j] = load(y[j * stride + c]);
      grad[j] = load(dy[j * stride + c]);
      dot += weight[j] * grad[j];
    });
    unrolled<fixed>([&](auto j) { dx[j * stride + c] = store<T>(Softmax::gradient(weight[j], grad[j], dot)); });
  }
}

// Energies of one line across `width` rows, added to the rows' sums.
template <class T>
inline void add_energies(const T* x, Sum<T>* e, long width, Sum<T>* totals) {
#pragma omp simd
  for (long c = 0; c < width; ++c) totals[c] += e[c] = HardSoftmax::energy(load(x[c]));
}

template <class U, class T>
inline void add_products(const U* y, const T* dy, long width, Sum<T>* dots) {
#pragma omp simd
  for (long c = 0; c < width; ++c) dots[c] += load(y[c]) * load(dy[c]);
}

// Gradients of one line across `width` rows, from what belongs to each row.
template <class Rule, class U, class T, class... OfRows>
inline void gradients_across(const U* y, const T* dy, T* dx, long width, const OfRows*... of_rows) {
#pragma omp simd
  for (long c = 0; c < width; ++c) dx[c] = store<T>(Rule::gradient(load(y[c]), load(dy[c]), of_rows[c]...));
}

// `width` rows of any number of elements of HardSoftmax. Returns whether all sums are plausible.
template <class T>
inline bool hard_backward_many(const T* __restrict x, const T* __restrict dy, T* __restrict dx, long n, long stride,
                               long width) {
  using A = Sum<T>;
  alignas(64) A tile[most_elements];
  alignas(64) A totals[most_columns];
  alignas(64) A dots[most_columns];
  // Where energies do not fit into the tile they are computed twice; their second sums are not looked at.
  alignas(64) A again[most_columns] = {};
  alignas(64) float line[most_columns];
  const bool fits = n * width <= most_elements;
  std::fill_n(totals, width, A(0));
  std::fill_n(dots, width, A(0));
  for (long j = 0; j < n; ++j) {
    A* e = tile + (fits ? j * width : 0);
    add_energies(seen_across(x + j * stride, line, width), e, width, totals);
    add_products(e, dy + j * stride, width, dots);
  }
  int bad = 0;
#pragma omp simd reduction(+ : bad)
  for (long c = 0; c < width; ++c) {
    bad += HardSoftmax::plausible(totals[c], dots[c]) ? 0 : 1;
    totals[c] = 1 / totals[c];
    dots[c] *= totals[c];
  }
  for (long j = 0; j < n; ++j) {
    A* e = tile + (fits ? j * width : 0);
    if (!fits) add_energies(seen_across(x + j * stride, line, width), e, width, again);
    gradients_across<HardSoftmax>(e, dy + j * stride, dx + j * stride, width, dots, totals);
  }
  return bad == 0;
}

template <class T>
inline void soft_backward_many(const T* __restrict y, const T* __restrict dy, T* __restrict dx, long n, long stride,
                               long width) {
  alignas(64) Sum<T> dots[most_columns];
  std::fill_n(dots, width, Sum<T>(0));
  for (long j = 0; j < n; ++j) add_products(y + j * stride, dy + j * stride, width, dots);
  for (long j = 0; j < n; ++j)
    gradients_across<Softmax>(y + j * stride, dy + j * stride, dx + j * stride, width, dots);
}

// Calls backward(known, gradients, result, stride) for few elements, those of float16 as floats in tiles.
template <class T, class Backward>
inline void few_staged(const T* known, const T* dy, T* dx, long n, long stride, long width, Backward backward) {
  if constexpr (staged<T>) {
    float wide[most_few * most_columns];
    float grads[most_few * most_columns];
    float gradients[most_few * most_columns];
    widen_stretches(known, wide, n, stride, width);
    widen_stretches(dy, grads, n, stride, width);
    backward(wide, grads, gradients, width);
    narrow_stretches(gradients, dx, n, stride, width);
  } else {
    backward(known, dy, dx, stride);
  }
}

template <class T>
void hard_backward_columns(const T* x, const T* dy, T* dx, long n, long stride, long width) {
  if (n == 2) return backward_pairs<1>(x, dy, dx, stride, width);
  bool fine = true;
  by_length(
      n,
      [&](auto fixed) {
        few_staged(x, dy, dx, n, stride, width, [&](const auto* logits, const auto* grads, auto* to, long apart) {
          fine = hard_backward_few<fixed()>(logits, grads, to, apart, width);
        });
      },
      [&] { fine = hard_backward_many(x, dy, dx, n, stride, width); });
  if (fine) return;
  for (long c = 0; c < width; ++c) {
    Sum<T> total = 0;
    Sum<T> products = 0;
    for (long j = 0; j < n; ++j) {
      const Sum<T> e = HardSoftmax::energy(load(x[j * stride + c]));
      total += e;
      products += e * load(dy[j * stride + c]);
    }
    if (!HardSoftmax::plausible(total, products)) careful_gradients(x + c, dy + c, dx + c, n, stride);
  }
}

template <class T>
void soft_backward_columns(const T* y, const T* dy, T* dx, long n, long stride, long width) {
  by_length(
      n,
      [&](auto fixed) {
        few_staged(y, dy, dx, n, stride, width, [&](const auto* weights, const auto* grads, auto* to, long apart) {
          soft_backward_few<fixed()>(weights, grads, to, apart, width);
        });
      },
      [&] { soft_backward_many(y, dy, dx, n, stride, width); });
}

}  // namespace attnbench
