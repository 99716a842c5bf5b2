// Which kernel for which layout and type, and its share of the work for each thread.
#include "kernels.h"

#include <omp.h>

#include "columns_backward.h"
#include "memory.h"
#include "rows_backward.h"

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

// Calls one(first element, width) for shares of the rows of a layout with inner > 1, side by side.
template <class One>
void each_block(const Layout& layout, One one) {
  const long width = columns_at_once(layout.n);
  const long blocks = (layout.inner + width - 1) / width;
  share_out(layout, layout.outer * blocks, [&](long begin, long end) {
    for (long unit = begin; unit < end; ++unit) {
      const long outer = unit / blocks;
      const long from = unit % blocks * width;
      one(outer * layout.n * layout.inner + from, std::min(width, layout.inner - from));
    }
  });
}

template <class T>
void prepare(const Layout& layout, T* result) {
  const auto bytes = static_cast<std::size_t>(layout.outer * layout.n * layout.inner) * sizeof(T);
  if (bytes >= large_bytes) prefer_large_pages(result, bytes);
}

template <class Rule, class T>
void forward(const Layout& layout, const T* x, T* y) {
  prepare(layout, y);
  if (layout.inner == 1) {
    share_out(layout, layout.outer, [&](long begin, long end) { forward_rows<Rule>(x, y, begin, end, layout.n); });
  } else {
    each_block(layout, [&](long at, long width) {
      forward_columns<Rule>(x + at, y + at, layout.n, layout.inner, width);
    });
  }
}

// From the logits of HardSoftmax, from the weights of softmax.
template <class Rule, class T>
void backward(const Layout& layout, const T* known, const T* dy, T* dx) {
  constexpr bool hard = std::is_same_v<Rule, HardSoftmax>;
  prepare(layout, dx);
  if (layout.inner == 1) {
    share_out(layout, layout.outer, [&](long begin, long end) {
      if constexpr (hard) hard_backward_rows(known, dy, dx, begin, end, layout.n);
      else soft_backward_rows(known, dy, dx, begin, end, layout.n);
    });
  } else {
    each_block(layout, [&](long at, long width) {
      if constexpr (hard) hard_backward_columns(known + at, dy + at, dx + at, layout.n, layout.inner, width);
      else soft_backward_columns(known + at, dy + at, dx + at, layout.n, layout.inner, width);
    });
  }
}

// Calls work(an element of the type).
template <class Work>
void by_type(Type type, Work work) {
  switch (type) {
    case Type::float64: return work(double());
    case Type::float32: return work(float());
    case Type::bfloat16: return work(BFloat16());
    case Type::float16: return work(Float16());
  }
}

template <class Rule>
void forward_of_type(const Layout& layout, const void* x, void* y) {
  by_type(layout.type, [&]<class T>(T) { forward<Rule>(layout, static_cast<const T*>(x), static_cast<T*>(y)); });
}

template <class Rule>
void backward_of_type(const Layout& layout, const void* known, const void* dy, void* dx) {
  by_type(layout.type, [&]<class T>(T) {
    backward<Rule>(layout, static_cast<const T*>(known), static_cast<const T*>(dy), static_cast<T*>(dx));
  });
}

}  // namespace

void hard_softmax_forward(const Layout& layout, const void* x, void* y) { forward_of_type<HardSoftmax>(layout, x, y); }
void hard_softmax_backward(const Layout& layout, const void* x, const void* dy, void* dx) {
  backward_of_type<HardSoftmax>(layout, x, dy, dx);
}
void softmax_forward(const Layout& layout, const void* x, void* y) { forward_of_type<Softmax>(layout, x, y); }
void softmax_backward(const Layout& layout, const void* y, const void* dy, void* dx) {
  backward_of_type<Softmax>(layout, y, dy, dx);
}

}  // namespace attnbench
