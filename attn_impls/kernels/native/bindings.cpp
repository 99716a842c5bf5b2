// The operators' CPU kernels and derivatives, for PyTorch's dispatcher. Their schemas are declared in operators.py.
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/softmax.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "kernels.h"

#define ATTNBENCH_TEXT_(x) #x
#define ATTNBENCH_TEXT(x) ATTNBENCH_TEXT_(x)

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <class Signature>
auto operator_named(const char* name) {
  return c10::Dispatcher::singleton()
      .findSchemaOrThrow((std::string(ATTNBENCH_TEXT(ATTNBENCH_NAMESPACE) "::") + name).c_str(), "")
      .template typed<Signature>();
}

attnbench::Type type_of(const Tensor& x) {
  switch (x.scalar_type()) {
    case at::kDouble: return attnbench::Type::float64;
    case at::kFloat: return attnbench::Type::float32;
    case at::kBFloat16: return attnbench::Type::bfloat16;
    case at::kHalf: return attnbench::Type::float16;
    default: TORCH_CHECK(false, "logits must be float64, float32, bfloat16 or float16, not ", x.scalar_type());
  }
}

attnbench::Layout layout_of(const Tensor& x, int64_t dim) {
  const auto at = at::maybe_wrap_dim(dim, x.dim());
  attnbench::Layout layout{type_of(x), 1, 1, 1, at::get_num_threads()};
  for (int64_t d = 0; d < x.dim(); ++d) (d < at ? layout.outer : d == at ? layout.n : layout.inner) *= x.size(d);
  return layout;
}

Tensor empty_weights(const Tensor& x) { return at::empty_like(x, at::MemoryFormat::Contiguous); }

Tensor hard_softmax(const Tensor& logits, int64_t dim) {
  const Tensor x = logits.contiguous();
  Tensor y = empty_weights(x);
  const auto layout = layout_of(x, dim);
  if (x.numel() != 0) attnbench::hard_softmax_forward(layout, x.const_data_ptr(), y.mutable_data_ptr());
  return y;
}

Tensor hard_softmax_backward(const Tensor& grad, const Tensor& logits, int64_t dim) {
  const Tensor dy = grad.contiguous();
  const Tensor x = logits.contiguous();
  Tensor dx = empty_weights(x);
  const auto layout = layout_of(x, dim);
  if (x.numel() != 0)
    attnbench::hard_softmax_backward(layout, x.const_data_ptr(), dy.const_data_ptr(), dx.mutable_data_ptr());
  return dx;
}

Tensor softmax(const Tensor& logits, int64_t dim) {
  const Tensor x = logits.contiguous();
  Tensor y = empty_weights(x);
  const auto layout = layout_of(x, dim);
  if (x.numel() != 0) attnbench::softmax_forward(layout, x.const_data_ptr(), y.mutable_data_ptr());
  return y;
}

Tensor softmax_backward(const Tensor& grad, const Tensor& weights, int64_t dim) {
  const Tensor dy = grad.contiguous();
  const Tensor y = weights.contiguous();
  Tensor dx = empty_weights(y);
  const auto layout = layout_of(y, dim);
  if (y.numel() != 0)
    attnbench::softmax_backward(layout, y.const_data_ptr(), dy.const_data_ptr(), dx.mutable_data_ptr());
  return dx;
}

// Calls an operator for a derivative. Where that is to be differentiated in turn, autograd sees the call, and it is the
// form in plain PyTorch that computes (derivatives.py).
template <class Operator, class... Arguments>
Tensor derivative(const Operator& op, const Arguments&... arguments) {
  if (c10::GradMode::is_enabled()) return op.call(arguments...);
  at::AutoDispatchBelowADInplaceOrView below;
  return op.call(arguments...);
}

bool needs_graph(const Tensor& x) { return c10::GradMode::is_enabled() && x.requires_grad(); }

// Whether PyTorch is asked for more than a derivative by autograd: by a transform of torch.func, or in forward mode.
bool beyond_kernels(const Tensor& x) {
  const auto included = c10::impl::tls_local_dispatch_key_set().included_;
  return included.has(c10::DispatchKey::FuncTorchDynamicLayerFrontMode) ||
         included.has(c10::DispatchKey::FuncTorchDynamicLayerBackMode) || x._fw_grad(/*level=*/0).defined();
}

// The logits are kept, and nothing else: from weights in half precision the gradient would be half as accurate.
struct HardSoftmaxFunction : torch::autograd::Function<HardSoftmaxFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& x, int64_t dim) {
    static const auto op = operator_named<Tensor(const Tensor&, int64_t)>("hard_softmax");
    at::AutoDispatchBelowADInplaceOrView below;
    context->save_for_backward({x});
    context->saved_data["dim"] = dim;
    return op.call(x, dim);
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    static const auto op = operator_named<Tensor(const Tensor&, const Tensor&, int64_t)>("hard_softmax_backward");
    const auto saved = context->get_saved_variables();
    return {derivative(op, grads[0], saved[0], context->saved_data["dim"].toInt()), Tensor()};
  }
};

struct SoftmaxFunction : torch::autograd::Function<SoftmaxFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& x, int64_t dim) {
    static const auto op = operator_named<Tensor(const Tensor&, int64_t)>("softmax");
    at::AutoDispatchBelowADInplaceOrView below;
    const Tensor y = op.call(x, dim);
    context->save_for_backward({y});
    context->saved_data["dim"] = dim;
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    static const auto op = operator_named<Tensor(const Tensor&, const Tensor&, int64_t)>("softmax_backward");
    const auto saved = context->get_saved_variables();
    return {derivative(op, grads[0], saved[0], context->saved_data["dim"].toInt()), Tensor()};
  }
};

Tensor hard_softmax_autograd(const Tensor& x, int64_t dim) {
  static const auto op = operator_named<Tensor(const Tensor&, int64_t)>("hard_softmax");
  static const auto differentiable = operator_named<Tensor(const Tensor&, int64_t)>("differentiable_hard_softmax");
  if (beyond_kernels(x)) return differentiable.call(x, dim);
  if (needs_graph(x)) return HardSoftmaxFunction::apply(x, dim);
  at::AutoDispatchBelowADInplaceOrView below;
  return op.call(x, dim);
}

Tensor softmax_autograd(const Tensor& x, int64_t dim) {
  static const auto op = operator_named<Tensor(const Tensor&, int64_t)>("softmax");
  if (beyond_kernels(x)) return at::softmax(x, dim).contiguous();
  if (needs_graph(x)) return SoftmaxFunction::apply(x, dim);
  at::AutoDispatchBelowADInplaceOrView below;
  return op.call(x, dim);
}

}  // namespace

TORCH_LIBRARY_IMPL(ATTNBENCH_NAMESPACE, CPU, library) {
  library.impl("hard_softmax", hard_softmax);
  library.impl("hard_softmax_backward", hard_softmax_backward);
  library.impl("softmax", softmax);
  library.impl("softmax_backward", softmax_backward);
}

TORCH_LIBRARY_IMPL(ATTNBENCH_NAMESPACE, AutogradCPU, library) {
  library.impl("hard_softmax", hard_softmax_autograd);
  library.impl("softmax", softmax_autograd);
}
