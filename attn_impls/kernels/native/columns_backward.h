// Gradients of rows side by side: of HardSoftmax from the logits, of softmax from the weights.
#pragma once

#include "columns.h"

namespace attnbench {

// `width` rows of `fixed` elements of HardSoftmax. Returns whether all sums are plausible.
template <int fixed, class T>
inline bool hard_backward_few(const T* x, const T* dy, T* dx, long stride, long width) {
  using V = Vector<Sum<T>>;
  auto fine = everything<V>();
  each_vector<T>(width, [&](long c, auto many) {
    V e[fixed];
    V grad[fixed];
    V total{};
    V products{};
    unrolled<fixed>([&](auto j) {
      e[j] = HardSoftmax::energy(load_many(x + j * stride + c, many));
      grad[j] = load_many(dy + j * stride + c, many);
      total += e[j];
      products += e[j] * grad[j];
    });
    fine &= HardSoftmax::plausible(total, products);
    const V reciprocal = constant<V>(1) / total;
    const V dot = products * reciprocal;
    unrolled<fixed>([&](auto j) {
      store_many(dx + j * stride + c, HardSoftmax::gradient(e[j], grad[j], dot, reciprocal), many);
    });
  });
  return all_of(fine);
}

template <int fixed, class T>
inline void soft_backward_few(const T* y, const T* dy, T* dx, long stride, long width) {
  using V = Vector<Sum<T>>;
  each_vector<T>(width, [&](long c, auto many) {
    V weight[fixed];
    V grad[fixed];
    V dot{};
    unrolled<fixed>([&](auto j) {
      weight[j] = load_many(y + j * stride + c, many);
      grad[j] = load_many(dy + j * stride + c, many);
      dot += weight[j] * grad[j];
    });
    unrolled<fixed>(
        [&](auto j) { store_many(dx + j * stride + c, Softmax::gradient(weight[j], grad[j], dot), many); });
  });
}

// `width` rows of any number of elements of HardSoftmax. Returns whether all sums are plausible.
template <class T>
inline bool hard_backward_many(const T* x, const T* dy, T* dx, long n, long stride, long width) {
  using A = Sum<T>;
  alignas(vector_bytes) A tile[most_elements];
  alignas(vector_bytes) A totals[most_columns];
  alignas(vector_bytes) A dots[most_columns];
  // Where energies do not fit into the tile they are computed twice.
  const bool fits = n * width <= most_elements;
  const auto energies = [&](long j, long c, auto many) {
    return HardSoftmax::energy(load_many(x + j * stride + c, many));
  };
  std::fill_n(totals, width, A(0));
  std::fill_n(dots, width, A(0));
  for (long j = 0; j < n; ++j) {
    each_vector<T>(width, [&](long c, auto many) {
      const auto some = energies(j, c, many);
      if (fits) store_many(tile + j * width + c, some, many);
      store_many(totals + c, load_many(totals + c, many) + some, many);
      const auto products = some * load_many(dy + j * stride + c, many);
      store_many(dots + c, load_many(dots + c, many) + products, many);
    });
  }
  auto fine = everything<Vector<A>>();
  each_vector<T>(width, [&](long c, auto many) {
    const auto sums = load_many(totals + c, many, A(1));
    const auto products = load_many(dots + c, many);
    fine &= HardSoftmax::plausible(sums, products);
    const auto reciprocals = everywhere(A(1)) / sums;
    store_many(totals + c, reciprocals, many);
    store_many(dots + c, products * reciprocals, many);
  });
  for (long j = 0; j < n; ++j) {
    each_vector<T>(width, [&](long c, auto many) {
      const auto some = fits ? load_many(tile + j * width + c, many) : energies(j, c, many);
      const auto grads = load_many(dy + j * stride + c, many);
      const auto slopes =
          HardSoftmax::gradient(some, grads, load_many(dots + c, many), load_many(totals + c, many));
      store_many(dx + j * stride + c, slopes, many);
    });
  }
  return all_of(fine);
}

template <class T>
inline void soft_backward_many(const T* y, const T* dy, T* dx, long n, long stride, long width) {
  using A = Sum<T>;
  alignas(vector_bytes) A dots[most_columns];
  std::fill_n(dots, width, A(0));
  for (long j = 0; j < n; ++j) {
    each_vector<T>(width, [&](long c, auto many) {
      const auto products = load_many(y + j * stride + c, many) * load_many(dy + j * stride + c, many);
      store_many(dots + c, load_many(dots + c, many) + products, many);
    });
  }
  for (long j = 0; j < n; ++j) {
    each_vector<T>(width, [&](long c, auto many) {
      const auto weights = load_many(y + j * stride + c, many);
      const auto grads = load_many(dy + j * stride + c, many);
      store_many(dx + j * stride + c, Softmax::gradient(weights, grads, load_many(dots + c, many)), many);
    });
  }
}

template <class T>
void hard_backward_columns(const T* x, const T* dy, T* dx, long n, long stride, long width) {
  if (n == 2) return gradients_of_pairs(x, dy, dx, stride, width);
  const bool fine = by_length(
      n, [&](auto fixed) { return hard_backward_few<fixed()>(x, dy, dx, stride, width); },
      [&] { return hard_backward_many(x, dy, dx, n, stride, width); });
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
      n, [&](auto fixed) { soft_backward_few<fixed()>(y, dy, dx, stride, width); },
      [&] { soft_backward_many(y, dy, dx, n, stride, width); });
}

}  // namespace attnbench
