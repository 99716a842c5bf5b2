// HardSoftmax over two logits, such as those of two branches.
//
// With a = 1 + |u| and E(u) = p / q, where (p, q) is (a, 1) for u > 0 and (1, a) otherwise, the weights are p1 q2 / D
// and p2 q1 / D, D = p1 q2 + p2 q1: one division for both. Since p q = a, the gradients are a2 / D^2 and -a1 / D^2 times
// the difference of the weights' gradients: the logits are enough, and no sums need be kept.
#pragma once

#include "careful.h"
#include "halves.h"

namespace attnbench {

// Pairs taken at a time.
constexpr long block_of_pairs = 512;

// Products of two numbers below this are finite.
template <class A>
constexpr A pair_limit = std::is_same_v<A, double> ? A(0x1p500) : A(0x1p60);

template <class A>
struct Pair {
  A above_first, above_second, first, second, reciprocal;

  Pair(A u, A v) : above_first(1 + (u < 0 ? -u : u)), above_second(1 + (v < 0 ? -v : v)) {
    first = (u > 0 ? above_first : A(1)) * (v > 0 ? A(1) : above_second);
    second = (v > 0 ? above_second : A(1)) * (u > 0 ? A(1) : above_first);
    reciprocal = 1 / (first + second);
  }
  bool usable() const { return above_first < pair_limit<A> && above_second < pair_limit<A>; }
};

// The weights of `width` pairs; the logits of one lie `stride` apart, pairs `step`. Returns whether all are right.
template <long step, class T>
inline bool weights_of_pairs(const T* __restrict x, T* __restrict y, long stride, long width) {
  int bad = 0;
#pragma omp simd reduction(+ : bad)
  for (long c = 0; c < width; ++c) {
    const Pair<Sum<T>> pair(load(x[c * step]), load(x[c * step + stride]));
    bad += pair.usable() ? 0 : 1;
    y[c * step] = store<T>(pair.first * pair.reciprocal);
    y[c * step + stride] = store<T>(pair.second * pair.reciprocal);
  }
  return bad == 0;
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
template <long step, class T>
inline void gradients_of_pairs(const T* __restrict x, const T* __restrict dy, T* __restrict dx, long stride,
                               long width) {
  using A = Sum<T>;
  int bad = 0;
#pragma omp simd reduction(+ : bad)
  for (long c = 0; c < width; ++c) {
    const Pair<A> pair(load(x[c * step]), load(x[c * step + stride]));
    bad += pair.usable() ? 0 : 1;
    const A difference = (load(dy[c * step]) - load(dy[c * step + stride])) * pair.reciprocal;
    dx[c * step] = store<T>(pair.above_second * pair.reciprocal * difference);
    dx[c * step + stride] = store<T>(-pair.above_first * pair.reciprocal * difference);
  }
  if (bad == 0) return;
  for (long c = 0; c < width; ++c) {
    const Pair<A> pair(load(x[c * step]), load(x[c * step + stride]));
    if (!pair.usable()) careful_pair_gradient(x + c * step, dy + c * step, dx + c * step, stride);
  }
}

// The same for at most block_of_pairs, those of float16 as floats in tiles. They are neighbours there as they are
// outside (step 2), or two stretches.
template <long step, class T>
inline bool forward_pairs(const T* x, T* y, long stride, long width) {
  if constexpr (staged<T>) {
    constexpr bool neighbours = step == 2;
    float logits[2 * block_of_pairs];
    float weights[2 * block_of_pairs];
    widen_stretches(x, logits, 2, stride, width, neighbours);
    const bool fine = weights_of_pairs<step>(logits, weights, neighbours ? 1 : width, width);
    narrow_stretches(weights, y, 2, stride, width, neighbours);
    return fine;
  } else {
    return weights_of_pairs<step>(x, y, stride, width);
  }
}

template <long step, class T>
inline void backward_pairs(const T* x, const T* dy, T* dx, long stride, long width) {
  if constexpr (staged<T>) {
    constexpr bool neighbours = step == 2;
    float logits[2 * block_of_pairs];
    float grads[2 * block_of_pairs];
    float gradients[2 * block_of_pairs];
    widen_stretches(x, logits, 2, stride, width, neighbours);
    widen_stretches(dy, grads, 2, stride, width, neighbours);
    gradients_of_pairs<step>(logits, grads, gradients, neighbours ? 1 : width, width);
    narrow_stretches(gradients, dx, 2, stride, width, neighbours);
  } else {
    gradients_of_pairs<step>(x, dy, dx, stride, width);
  }
}

}  // namespace attnbench
