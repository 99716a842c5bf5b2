"""One name for one operator, whatever ATen, fvcore or a class of torch.nn calls it."""

from __future__ import annotations

import re

#: In the name of an operator or of a class: how many dimensions it works over.
_DIMENSIONS = re.compile(r"[123]d(?=$|_)")
#: Between two words of a class's name.
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: Names without dimensions -> the names that all counters use. A linear layer with a bias runs as addmm.
_SAME = {
    "addmm": "linear",
    "baddbmm": "matmul",
    "batch_norm_legit": "batch_norm",
    "batch_norm_legit_no_training": "batch_norm",
    "bmm": "matmul",
    "conv_transpose": "conv",
    "convolution": "conv",
    "cudnn_batch_norm": "batch_norm",
    "einsum": "matmul",
    "max_pool_with_indices": "max_pool",
    "mkldnn_rnn_layer": "lstm",
    "mm": "matmul",
    "relu6": "relu",
    "safe_softmax": "softmax",
    "upsample_bilinear": "upsample",
    "upsample_nearest": "upsample",
}
#: How the names of fused attention begin, on every device.
_ATTENTION = ("scaled_dot_product_", "flash_attention_", "efficient_attention_")


def common_name(operator: str) -> str:
    """Return what all counters call an operator: ``conv`` for ``aten::_convolution``.

    Those of other libraries keep their namespace.
    """
    namespace, _, name = operator.rpartition("::")
    bare = _DIMENSIONS.sub("", name.partition(".")[0].strip("_").removeprefix("native_")).strip("_")
    if bare.startswith(_ATTENTION):
        return "attention"
    known = _SAME.get(bare, bare)
    return known if namespace in {"", "aten"} else f"{namespace}::{known}"


def class_name(kind: type) -> str:
    """Return what all counters call the operator of a class of torch.nn: ``batch_norm`` for BatchNorm2d."""
    return common_name(_WORDS.sub("_", kind.__name__).lower().replace("re_lu", "relu"))
