// Rows whose sum is near an end of its type, masked entirely, or not a number: rare, so in a wider type and slowly.
#pragma once

#include "rules.h"

namespace attnbench {

// Whether a row has weights. No sum is finite (a logit is +inf or NaN) or above 0 (all are -inf): the whole row is NaN,
// as softmax has it.
template <class W>
inline bool usable(W sum) {
  return sum > 0 && sum <= std::numeric_limits<W>::max();
}

// Normalises n logits that lie `stride` apart.
template <class Rule, class T>
void careful_row(const T* x, T* y, long n, long stride) {
  using A = Sum<T>;
  using W = Wide<A>;
  W sum = 0;
  for (long j = 0; j < n; ++j) sum += Rule::template energy<W>(load(x[j * stride]));
  for (long j = 0; j < n; ++j) {
    const W share = Rule::template energy<W>(load(x[j * stride])) / sum;
    y[j * stride] = store<T>(usable(sum) ? static_cast<A>(share) : not_a_number<A>);
  }
}

// Normalises anew a row whose sum is not to be trusted, and returns whether it was such a row.
template <class Rule, class T>
inline bool redone_with_care(Sum<T> total, const T* x, T* y, long n, long stride) {
  if constexpr (Rule::overflows) {
    if (Rule::plausible(total)) return false;
    careful_row<Rule>(x, y, n, stride);
    return true;
  }
  return false;
}

// The gradient of HardSoftmax for n logits that lie `stride` apart.
template <class T>
void careful_gradients(const T* x, const T* dy, T* dx, long n, long stride) {
  using A = Sum<T>;
  using W = Wide<A>;
  W sum = 0;
  W dot = 0;
  for (long j = 0; j < n; ++j) {
    const W e = HardSoftmax::energy<W>(load(x[j * stride]));
    sum += e;
    dot += e * load(dy[j * stride]);
  }
  for (long j = 0; j < n; ++j) {
    const W e = HardSoftmax::energy<W>(load(x[j * stride]));
    const W slope = HardSoftmax::gradient<W>(e, load(dy[j * stride]), dot / sum, 1 / sum);
    dx[j * stride] = store<T>(usable(sum) ? static_cast<A>(slope) : not_a_number<A>);
  }
}

}  // namespace attnbench
