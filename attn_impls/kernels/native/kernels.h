// The kernels' doors. Nothing of PyTorch is included: they compile in seconds.
#pragma once

namespace attnbench {

enum class Type { float64, float32, bfloat16, float16 };

// A contiguous [outer, n, inner], normalised along n.
struct Layout {
  Type type;
  long outer;
  long n;
  long inner;
  int threads;
};

void hard_softmax_forward(const Layout& layout, const void* x, void* y);
// From the logits, not from the weights: see rules.h.
void hard_softmax_backward(const Layout& layout, const void* x, const void* dy, void* dx);
void softmax_forward(const Layout& layout, const void* x, void* y);
void softmax_backward(const Layout& layout, const void* y, const void* dy, void* dx);

}  // namespace attnbench
