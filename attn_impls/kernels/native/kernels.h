// The kernels' doors. Nothing of PyTorch is included: they compile in seconds.
#pragma once

namespace attnbench {

enum class Type { float64, float32, bfloat16, float16 };

// A contiguous [outer, n, inner], normalised along n. Sums are [outer, inner].
struct Layout {
  Type type;
  long outer;
  long n;
  long inner;
  int threads;
};

// Without sums (null) only the weights are written.
void hard_softmax_forward(const Layout& layout, const void* x, void* y, void* sums);
void hard_softmax_backward(const Layout& layout, const void* y, const void* sums, const void* dy, void* dx);
// Of two logits, n = 2: from the logits alone.
void hard_softmax_pair_backward(const Layout& layout, const void* x, const void* dy, void* dx);
void softmax_forward(const Layout& layout, const void* x, void* y);
void softmax_backward(const Layout& layout, const void* y, const void* dy, void* dx);

}  // namespace attnbench
