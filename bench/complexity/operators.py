"""Which operators run in a call, and how many elements they work on: what no counting rule knows must not look free.

Operators that work in proportion to the elements they touch are told from the others. These may do any amount of work:
Fourier transforms, decompositions, sorting, kernels of somebody's own.
"""

from __future__ import annotations

from collections import Counter as Tally
from typing import TYPE_CHECKING, Any

import torch
from torch._ops import HigherOrderOperator
from torch.utils._pytree import tree_leaves

from ..dispatch import HigherOrderWatch
from ..memory.traffic import traffic
from .names import common_name

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch._ops import OpOverload

_PROPORTIONAL = """
    adaptive_avg_pool adaptive_max_pool aminmax avg_pool batch_norm cumprod cumsum dropout glu group_norm hardswish
    layer_norm linalg_vector_norm log_sigmoid_forward log_softmax logcumsumexp logsumexp max max_pool mean median min
    mode norm polar prelu_kernel prod rms_norm rrelu_with_noise safe_softmax softmax std std_mean sum upsample
    upsample_bicubic upsample_linear upsample_trilinear var var_mean weight_norm_interface
"""
_MOVING = """
    arange as_strided_copy bernoulli cat channel_shuffle clone col2im complex constant_pad_nd copy diag_embed embedding
    equal exponential eye fill flip full full_like gather im2col index index_put index_select item linspace
    local_scalar_dense masked_scatter masked_select new_full new_ones new_zeros nonzero normal ones ones_like
    pixel_shuffle pixel_unshuffle rand rand_like randint randn randn_like randperm reflection_pad repeat
    replication_pad roll rot90 scalar_tensor scatter scatter_add select_scatter slice_scatter stack take to_copy tril
    triu unfold uniform zero zeros zeros_like
"""
#: Besides those that torch tags as pointwise or as reductions.
PROPORTIONAL = frozenset(_PROPORTIONAL.split())
#: They put numbers somewhere, and compute none.
MOVING = frozenset(_MOVING.split())


class RanOperators:
    """The operators of one call by their common names, with the elements that they worked on."""

    def __init__(self) -> None:
        self.proportional: Tally[str] = Tally()
        """Elementwise operators, sums, norms, pools: a small number of operations an element."""
        self.others: Tally[str] = Tally()

    def add(
        self,
        operator: OpOverload | HigherOrderOperator,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        result: object,
    ) -> None:
        """Note an operator that has run, unless it computes nothing."""
        name = common_name(operator.name())
        tensors = [leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, torch.Tensor)]
        if name in MOVING or not tensors:
            return
        elements = max(tensor.numel() for tensor in tensors)
        if isinstance(operator, HigherOrderOperator):
            self.others[name] += elements
            return
        did = traffic(operator, args, kwargs, result, tensors[0].device.type)
        if not (did.read_bytes or did.written_bytes):
            return
        tags = {str(tag).rpartition(".")[2] for tag in operator.tags}
        proportional = name in PROPORTIONAL or not tags.isdisjoint({"pointwise", "reduction"})
        tally = self.proportional if proportional else self.others
        tally[name] += elements


def ran_operators(module: nn.Module, inputs: tuple[Tensor, ...]) -> RanOperators:
    """Call a module once and return its operators. Works on the meta device too."""
    ran = RanOperators()
    with HigherOrderWatch(ran.add, parts=True):
        module(*inputs)
    return ran
