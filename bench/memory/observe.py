"""One call, watched from inside: every operator as it runs, every tensor as a graph saves it. On any device.

What cannot be seen from here:

- what an operator holds inside while it runs, such as the workspace of a convolution;
- kernels that are launched past torch's operators (Triton, raw CUDA), and what a compiled region does;
- tensors that no operator made, such as those of ``torch.tensor`` and ``torch.from_numpy``: they count as inputs do.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._pytree import tree_leaves

from results.collector import at_rest
from results.records import Memory

from ..dispatch import OperatorWatch
from .live import LiveStorages
from .traffic import traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch._ops import OpOverload


def observe(call: Callable[[], object], device_type: str) -> Memory:
    """Run the call once and return what its operators made, saved, read and wrote on devices of this type.

    Hooks and modes are gone afterwards, also when the call raises.
    """
    with _watched(device_type) as moved:
        call()
    return Memory(
        saved_bytes=moved.live.saved_bytes,
        peak_live_bytes=moved.live.peak_bytes,
        read_bytes=moved.read_bytes,
        written_bytes=moved.written_bytes,
        operators=moved.operators,
    )


def kept_bytes(forward: Callable[[], object], device_type: str) -> int:
    """Run a forward pass that records a graph, and return what it holds afterwards that no graph has saved.

    That is what attributes of ``ctx`` and of modules hold, closures such as those of a checkpoint, and hooks of a
    module's own that pack what is saved. The result does not count.
    """
    with _watched(device_type) as moved:
        result = forward()
        # Circles of references hold what nobody needs.
        gc.collect()
        tensors = [each for each in tree_leaves(result) if isinstance(each, torch.Tensor)]
        return moved.live.kept_bytes(each.untyped_storage() for each in tensors if each.layout is torch.strided)


@contextmanager
def _watched(device_type: str) -> Iterator[_Traffic]:
    """Note what operators make, move and save inside the ``with`` block."""
    live = LiveStorages()
    moved = _Traffic(live, device_type)

    def save(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.layout is torch.strided:
            live.saved(tensor.untyped_storage())
        return tensor

    # When Python collects depends on what was allocated before. Tensors in a circle of references would count longer
    # in one process than in another; now they count to the end of the call.
    with at_rest(), saved_tensors_hooks(save, _unchanged), OperatorWatch(moved.add, parts=True):
        yield moved


class _Traffic:
    """Adds up the traffic of all operators, and tells ``live`` of the storages that they make."""

    def __init__(self, live: LiveStorages, device_type: str) -> None:
        self.live = live
        self._device_type = device_type
        self.read_bytes = 0
        self.written_bytes = 0
        self.operators = 0

    def add(self, operator: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any], result: object) -> None:
        did = traffic(operator, args, kwargs, result, self._device_type)
        for storage in did.made:
            self.live.made(storage)
        self.read_bytes += did.read_bytes
        self.written_bytes += did.written_bytes
        self.operators += bool(did.read_bytes or did.written_bytes)


def _unchanged(tensor: torch.Tensor) -> torch.Tensor:
    return tensor
