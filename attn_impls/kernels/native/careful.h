// Rows whose sum is near an end of its type, masked entirely, or not a number: rare, so in a wider type and slowly.
#pragma once

#include "rules.h"

namespace attnbench {

// Normalises n logits that lie `stride` apart, and returns their sum, at most the largest finite number.
// No sum is finite (a logit is +inf or NaN) or above 0 (all are -inf): the whole row is NaN, as softmax has it.
template <class Rule, class T>
Sum<T> careful_row(const T* x, T* y, long n, long stride) {
  using A = Sum<T>;
  using W = Wide<A>;
  W sum = 0;
  for (long j = 0; j < n; ++j) sum += Rule::template energy<W>(load(x[j * stride]));
  const bool usable = sum > 0 && sum <= std::numeric_limits<W>::max();
  for (long j = 0; j < n; ++j) {
    const W share = Rule::template energy<W>(load(x[j * stride])) / sum;
    y[j * stride] = store<T>(usable ? static_cast<A>(share) : not_a_number<A>);
  }
  if (!usable) return not_a_number<A>;
  constexpr A largest = std::numeric_limits<A>::max();
  return sum < largest ? static_cast<A>(sum) : largest;
}

// Normalises anew a row whose sum is not to be trusted, and returns whether it was such a row.
template <class Rule, class T>
inline bool redone_with_care(Sum<T>& total, const T* x, T* y, long n, long stride) {
  if constexpr (Rule::overflows) {
    if (Rule::plausible(total)) return false;
    total = careful_row<Rule>(x, y, n, stride);
    return true;
  }
  return false;
}

}  // namespace attnbench
