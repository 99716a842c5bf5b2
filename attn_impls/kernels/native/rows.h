// Rows whose elements are neighbours in memory, one after the other in vectors; very short ones many at a time.
#pragma once

#include "columns.h"

namespace attnbench {

// Elements of a row whose energies are kept beside the row, in the second-level cache, where they do not fit into the
// result: faster than twice computed.
constexpr long most_kept = 16384;

// Short rows taken at a time.
constexpr long block_of_short_rows = 512;

// Where energies wait between two passes over a row.
template <class T>
constexpr bool in_place = std::is_same_v<T, Sum<T>>;

template <class T>
struct Tile {
  alignas(vector_bytes) Sum<T> space[in_place<T> ? 1 : most_kept];

  // Leaves the space as it is: to clear it would take as long as a pass.
  Tile() {}

  Sum<T>* beside(T* result) {
    if constexpr (in_place<T>) return result;
    else return space;
  }
  static bool holds(long n) { return in_place<T> || n <= most_kept; }
};

template <class T>
inline Sum<T> largest(const T* x, long n) {
  const auto lowest = everywhere(-std::numeric_limits<Sum<T>>::infinity());
  auto most = lowest;
  each_vector<T>(n, [&](long j, auto many) {
    const auto some = load_many(x + j, many, minus_infinity<T>());
    // A NaN is passed over here; it will be found in the sum.
    most = some > most ? some : most;
  });
  return largest_of<Sum<T>>(most);
}

template <class Rule, class T>
inline void forward_row(const T* x, T* y, long n, Tile<T>& tile) {
  using A = Sum<T>;
  A* const e = tile.beside(y);
  const bool kept = tile.holds(n);
  Vector<A> shift{};
  if constexpr (Rule::shifts) shift = everywhere(largest(x, n));
  const auto energies = [&](long j, auto many) {
    const auto some = load_many(x + j, many, minus_infinity<T>());
    return Rule::energy(Rule::shifts ? some - shift : some);
  };
  Vector<A> totals[1] = {};
  each_vector_summed<T>(n, totals, [&](long j, auto many, auto& parts) {
    const auto some = energies(j, many);
    if (kept) store_many(e + j, some, many);
    parts[0] += some;
  });
  const A total = sum_of<A>(totals[0]);
  if (redone_with_care<Rule>(total, x, y, n, 1)) return;
  const auto reciprocal = everywhere(1 / total);
  each_vector<T>(n, [&](long j, auto many) {
    store_many(y + j, (kept ? load_many(e + j, many) : energies(j, many)) * reciprocal, many);
  });
}

// Rows of `fixed` elements, at most block_of_short_rows, to columns in a tile and back.
template <long fixed, class T>
inline void to_columns(const T* x, Sum<T>* columns, long rows) {
  using A = Sum<T>;
  A tile[in_place<T> ? 1 : fixed * block_of_short_rows];
  const A* wide = tile;
  if constexpr (in_place<T>) wide = x;
  else each_vector<T>(rows * fixed, [&](long j, auto many) { store_many(tile + j, load_many(x + j, many), many); });
  for (long j = 0; j < fixed; ++j)
    for (long row = 0; row < rows; ++row) columns[j * rows + row] = wide[row * fixed + j];
}

template <long fixed, class T>
inline void to_rows(const Sum<T>* columns, T* y, long rows) {
  using A = Sum<T>;
  A tile[in_place<T> ? 1 : fixed * block_of_short_rows];
  A* wide = tile;
  if constexpr (in_place<T>) wide = y;
  for (long row = 0; row < rows; ++row)
    for (long j = 0; j < fixed; ++j) wide[row * fixed + j] = columns[j * rows + row];
  if constexpr (!in_place<T>)
    each_vector<T>(rows * fixed, [&](long j, auto many) { store_many(y + j, load_many(tile + j, many), many); });
}

// Calls short_rows(a constant, begin, how many) for blocks of rows that are short enough, otherwise row(which) for each.
template <class Short, class Row>
inline void each_row(long begin, long end, long n, Short short_rows, Row row) {
  const auto in_blocks = [&](auto fixed) {
    for (long at = begin; at < end; at += block_of_short_rows)
      short_rows(fixed, at, std::min(block_of_short_rows, end - at));
  };
  by_length(n, in_blocks, [&] {
    for (long at = begin; at < end; ++at) row(at);
  });
}

template <class Rule, class T>
void forward_rows(const T* x, T* y, long begin, long end, long n) {
  Tile<T> tile;
  each_row(
      begin, end, n,
      [&](auto fixed, long at, long rows) {
        Sum<T> logits[fixed * block_of_short_rows];
        Sum<T> weights[fixed * block_of_short_rows];
        to_columns<fixed>(x + at * n, logits, rows);
        forward_columns<Rule>(logits, weights, n, rows, rows);
        to_rows<fixed>(weights, y + at * n, rows);
      },
      [&](long at) { forward_row<Rule>(x + at * n, y + at * n, n, tile); });
}

}  // namespace attnbench
