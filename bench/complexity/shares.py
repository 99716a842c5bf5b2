"""What a network's operations consist of: convolutions, linear layers, products of activations, softmax and norms.

Papers count different sums of these. They are seen as operators: it does not matter which class or function ran them.
"""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from .names import common_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

#: What common_name calls them.
CONVOLUTION, LINEAR, PRODUCT, ATTENTION, SOFTMAX = "conv", "linear", "matmul", "attention", "softmax"
CONSTANT = "constant"
NORMS = ("layer_norm", "batch_norm", "group_norm")
#: ``addmm(bias, x, weight)``: what is added is no factor.
ADDED_FIRST = ("addmm", "baddbmm")
FLOPS_OF_MAC = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Parts of one forward pass: products in multiply-accumulates, the others in elements."""

    convolution: int
    linear: int
    """Products with a parameter."""
    matmul: int
    """Products of two activations: queries with keys, weights with values; fused attention too."""
    constant: int
    """Of all these products, those of parameters and buffers alone: they are the same for every image."""
    softmax_elements: int
    layer_norm_elements: int
    """Of group norms too, which do as much for an element."""
    batch_norm_elements: int


class SharesMode(TorchDispatchMode):
    """Sees every operator inside the ``with`` block, on any device; the meta device too.

    Args:
        module: whose parameters tell a linear layer from a product of activations, and whose parameters and buffers
            tell what is the same for every image. They must not be replaced.

    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self._parameters = {_storage(each) for each in module.parameters()}
        #: Storages of parameters, buffers, and of what was computed from them alone.
        self._constants = self._parameters | {_storage(each) for each in module.buffers()}
        self._tally: Tally[str] = Tally()

    def shares(self) -> Shares:
        """Return what was counted so far."""
        tally = self._tally
        return Shares(
            convolution=tally[CONVOLUTION],
            linear=tally[LINEAR],
            matmul=tally[PRODUCT] + tally[ATTENTION],
            constant=tally[CONSTANT],
            softmax_elements=tally[SOFTMAX],
            layer_norm_elements=tally["layer_norm"] + tally["group_norm"],
            batch_norm_elements=tally["batch_norm"],
        )

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operator and count it."""
        del types
        given = kwargs or {}
        result = func(*args, **given)
        constant = self._is_constant(args, given, result)
        packet = func._overloadpacket  # noqa: SLF001 - how torch's own counter finds its rules
        bare, name = _names(packet)
        if packet in flop_registry:
            flops: Callable[..., int] = flop_registry[packet]
            # Fused attention also returns what its backward needs.
            macs = int(flops(*args, **given, out_val=result)) // FLOPS_OF_MAC
            if name in {LINEAR, PRODUCT}:
                factors = args[1:] if bare in ADDED_FIRST else args
                name = LINEAR if any(self._is_parameter(each) for each in factors) else PRODUCT
            self._tally[name] += macs
            self._tally[CONSTANT] += macs if constant else 0
            if name == ATTENTION:
                queries, keys = args[:2]
                self._tally[SOFTMAX] += queries.shape[:-1].numel() * keys.shape[-2]
        elif name == SOFTMAX or name in NORMS:
            self._tally[name] += args[0].numel()
        return result

    def _is_constant(self, args: tuple[Any, ...], given: dict[str, Any], result: object) -> bool:
        """Return whether a result comes from constants alone, and remember it: a storage's identity is used again."""
        inputs = [_storage(each) for each in tree_leaves((args, given)) if isinstance(each, torch.Tensor)]
        constant = bool(inputs) and self._constants.issuperset(inputs)
        for each in tree_leaves(result):
            if isinstance(each, torch.Tensor):
                (self._constants.add if constant else self._constants.discard)(_storage(each))
        return constant

    def _is_parameter(self, value: object) -> bool:
        """Return whether this is a parameter, or a view of one, such as a transposed weight."""
        return isinstance(value, torch.Tensor) and _storage(value) in self._parameters


@cache
def _names(packet: object) -> tuple[str, str]:
    """Return an operator's own name, and the one that all counters use."""
    bare = str(packet).removeprefix("aten.")
    return bare, common_name(bare)


def _storage(tensor: torch.Tensor) -> int:
    """Return what views of one tensor share; addresses of memory are all 0 on the meta device."""
    return tensor.untyped_storage()._cdata  # noqa: SLF001 - the identity of the storage behind Python's object
