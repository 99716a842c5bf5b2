// Which kernel for which layout and type, and its share of the work for each thread.
#include "kernels.h"

#include <omp.h>

#include "columns.h"
#include "memory.h"
#include "rows.h"

namespace attnbench {
namespace {

// Elements that are worth a thread of their own, 10 to 20 us of work: to start and to wait for it costs 5 us, and on a
// machine that is busy with other things up to 8 ms.
constexpr long elements_per_thread = 65536;
// From this size on a result holds a whole large page, and its memory is likely to be new.
constexpr std::size_t large_bytes = std::size_t{4} << 20;

// Calls work(begin, end) for shares of 0..units - 1 on as many threads as pay.
template <class Work>
void share_out(const Layout& layout, long units, Work work) {
  const long paying = layout.outer * layout.n * layout.inner / elements_per_thread;
  const long threads = std::min({static_cast<long>(layout.threads), paying, units});
  if (threads <= 1 || omp_in_parallel()) {
    work(0L, units);
    return;
  }
#pragma omp parallel num_threads(static_cast<int>(threads))
  {
    const long count = omp_get_num_threads();
    const long share = omp_get_thread_num();
    work(units * share / count, units * (share + 1) / count);
  }
}

// Calls one(first element, first row, width) for shares of the rows of a layout with inner > 1, side by side.
template <class One>
void each_block(const Layout& layout, One one) {
  const long width = columns_at_once(layout.n);
  const long blocks = (layout.inner + width - 1) / width;
  share_out(layout, layout.outer * blocks, [&](long begin, long end) {
    for (long unit = begin; unit < end; ++unit) {
      const long outer = unit / blocks;
      const long from = unit % blocks * width;
      one(outer * layout.n * layout.inner + from, outer * layout.inner + from, std::min(width, layout.inner - from));
    }
  });
}

template <class T>
void prepare(const Layout& layout, T* result) {
  const auto bytes = static_cast<std::size_t>(layout.outer * layout.n * layout.inner) * sizeof(T);
  if (bytes >= large_bytes) prefer_large_pages(result, bytes);
}

template <class Rule, class T>
void forward(const Layout& layout, const void* from, void* to, void* kept) {
  const T* x = static_cast<const T*>(from);
  T* y = static_cast<T*>(to);
  auto* sums = static_cast<Sum<T>*>(kept);
  prepare(layout, y);
  if (layout.inner == 1) {
    share_out(layout, layout.outer,
              [&](long begin, long end) { forward_rows<Rule>(x, y, sums, begin, end, layout.n); });
  } else {
    each_block(layout, [&](long element, long row, long width) {
      forward_columns<Rule>(x + element, y + element, sums != nullptr ? sums + row : nullptr, layout.n, layout.inner,
                            width);
    });
  }
}

template <class Rule, class T>
void backward(const Layout& layout, const void* weights, const void* kept, const void* grad, void* to) {
  const T* y = static_cast<const T*>(weights);
  const T* dy = static_cast<const T*>(grad);
  T* dx = static_cast<T*>(to);
  const auto* sums = static_cast<const Sum<T>*>(kept);
  prepare(layout, dx);
  if (layout.inner == 1) {
    share_out(layout, layout.outer,
              [&](long begin, long end) { backward_rows<Rule>(y, dy, sums, dx, begin, end, layout.n); });
  } else {
    each_block(layout, [&](long element, long row, long width) {
      backward_columns<Rule>(y + element, dy + element, sums != nullptr ? sums + row : nullptr, dx + element, layout.n,
                             layout.inner, width);
    });
  }
}

template <class T>
void pair_backward(const Layout& layout, const void* logits, const void* grad, void* to) {
  const T* x = static_cast<const T*>(logits);
  const T* dy = static_cast<const T*>(grad);
  T* dx = static_cast<T*>(to);
  prepare(layout, dx);
  if (layout.inner == 1) {
    share_out(layout, layout.outer, [&](long begin, long end) {
      for (long row = begin; row < end; row += block_of_pairs)
        backward_pairs<2>(x + 2 * row, dy + 2 * row, dx + 2 * row, 1, std::min(block_of_pairs, end - row));
    });
  } else {
    each_block(layout, [&](long element, long, long width) {
      backward_pairs<1>(x + element, dy + element, dx + element, layout.inner, width);
    });
  }
}

template <class Rule>
void forward_of_type(const Layout& layout, const void* x, void* y, void* sums) {
  switch (layout.type) {
    case Type::float64: return forward<Rule, double>(layout, x, y, sums);
    case Type::float32: return forward<Rule, float>(layout, x, y, sums);
    case Type::bfloat16: return forward<Rule, BFloat16>(layout, x, y, sums);
    case Type::float16: return forward<Rule, Float16>(layout, x, y, sums);
  }
}

template <class Rule>
void backward_of_type(const Layout& layout, const void* y, const void* sums, const void* dy, void* dx) {
  switch (layout.type) {
    case Type::float64: return backward<Rule, double>(layout, y, sums, dy, dx);
    case Type::float32: return backward<Rule, float>(layout, y, sums, dy, dx);
    case Type::bfloat16: return backward<Rule, BFloat16>(layout, y, sums, dy, dx);
    case Type::float16: return backward<Rule, Float16>(layout, y, sums, dy, dx);
  }
}

}  // namespace

void hard_softmax_forward(const Layout& layout, const void* x, void* y, void* sums) {
  forward_of_type<HardSoftmax>(layout, x, y, sums);
}
void hard_softmax_backward(const Layout& layout, const void* y, const void* sums, const void* dy, void* dx) {
  backward_of_type<HardSoftmax>(layout, y, sums, dy, dx);
}
void hard_softmax_pair_backward(const Layout& layout, const void* x, const void* dy, void* dx) {
  switch (layout.type) {
    case Type::float64: return pair_backward<double>(layout, x, dy, dx);
    case Type::float32: return pair_backward<float>(layout, x, dy, dx);
    case Type::bfloat16: return pair_backward<BFloat16>(layout, x, dy, dx);
    case Type::float16: return pair_backward<Float16>(layout, x, dy, dx);
  }
}
void softmax_forward(const Layout& layout, const void* x, void* y) {
  forward_of_type<Softmax>(layout, x, y, nullptr);
}
void softmax_backward(const Layout& layout, const void* y, const void* dy, void* dx) {
  backward_of_type<Softmax>(layout, y, nullptr, dy, dx);
}

}  // namespace attnbench
