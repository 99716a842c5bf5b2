// HardSoftmax over two logits, such as those of two branches.
//
// With a = 1 + |u| and E(u) = p / q, where (p, q) is (a, 1) for u > 0 and (1, a) otherwise, the weights are p1 q2 / D
// and p2 q1 / D, D = p1 q2 + p2 q1: one division for both. Since p q = a, the gradients are a2 / D^2 and -a1 / D^2 times
// the difference of the weights' gradients: the logits are enough, and no sums need be kept.
#pragma once

#include "careful.h"
#include "vectors.h"

namespace attnbench {

// Products of two numbers below this are finite.
template <class A>
constexpr double pair_limit = std::is_same_v<A, double> ? 0x1p500 : 0x1p60;

// Of two logits, or of two vectors of them.
template <class A>
struct Pair {
  A above_first, above_second, first, second, reciprocal;

  Pair(A u, A v) : above_first(constant<A>(1) + magnitude(u)), above_second(constant<A>(1) + magnitude(v)) {
    const A one = constant<A>(1);
    first = (u > A{} ? above_first : one) * (v > A{} ? one : above_second);
    second = (v > A{} ? above_second : one) * (u > A{} ? one : above_first);
    reciprocal = one / (first + second);
  }
  auto usable() const {
    const A limit = constant<A>(pair_limit<typename Kind<A>::Number>);
    return (above_first < limit) & (above_second < limit);
  }
};

// The weights of `width` pairs, whose logits lie `stride` apart. Returns whether all are right.
template <class T>
inline bool weights_of_pairs(const T* x, T* y, long stride, long width) {
  using V = Vector<Sum<T>>;
  auto fine = everything<V>();
  each_vector<T>(width, [&](long c, auto many) {
    const Pair<V> pair(load_many(x + c, many), load_many(x + c + stride, many));
    fine &= pair.usable();
    store_many(y + c, pair.first * pair.reciprocal, many);
    store_many(y + c + stride, pair.second * pair.reciprocal, many);
  });
  return all_of(fine);
}

// The same for logits near the ends of the type, masked or not numbers: slowly, in a wider type.
template <class T>
void careful_pair_gradient(const T* x, const T* dy, T* dx, long stride) {
  using A = Sum<T>;
  using W = Wide<A>;
  const W e[] = {HardSoftmax::energy<W>(load(x[0])), HardSoftmax::energy<W>(load(x[stride]))};
  const W sum = e[0] + e[1];
  const W difference = W(load(dy[0])) - W(load(dy[stride]));
  const W across = e[0] / sum * difference * (e[1] / sum);
  for (const int j : {0, 1}) {
    // dE/dx / E is 1 / E above 0 and E below.
    const W slope = across * (load(x[j * stride]) > 0 ? 1 / e[j] : e[j]);
    dx[j * stride] = store<T>(usable(sum) ? static_cast<A>(j == 0 ? slope : -slope) : not_a_number<A>);
  }
}

// The gradients of `width` pairs.
template <class T>
inline void gradients_of_pairs(const T* x, const T* dy, T* dx, long stride, long width) {
  using A = Sum<T>;
  using V = Vector<A>;
  auto fine = everything<V>();
  each_vector<T>(width, [&](long c, auto many) {
    const Pair<V> pair(load_many(x + c, many), load_many(x + c + stride, many));
    fine &= pair.usable();
    const V difference = (load_many(dy + c, many) - load_many(dy + c + stride, many)) * pair.reciprocal;
    store_many(dx + c, pair.above_second * pair.reciprocal * difference, many);
    store_many(dx + c + stride, -pair.above_first * pair.reciprocal * difference, many);
  });
  if (all_of(fine)) return;
  for (long c = 0; c < width; ++c) {
    const Pair<A> pair(load(x[c]), load(x[c + stride]));
    if (!pair.usable()) careful_pair_gradient(x + c, dy + c, dx + c, stride);
  }
}

}  // namespace attnbench
