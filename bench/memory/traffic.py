"""What one operator reads and writes, by its schema and by the storages of its arguments and results.

The rule, in bytes, of an operator with tensors on the device that is looked at:

- A result on a storage that no argument has is written, as many bytes as it holds. Any other result is a view.
- An argument that the schema says is changed is written and read, as many bytes as it addresses; an ``out=`` argument
  and what ``copy_``, ``fill_``, ``zero_`` and random filling overwrite are written only.
- All other arguments are read, as many different bytes as they address: an expanded dimension once, the same view given
  twice once.
- An operator that neither writes nor looks at values (a view, a change of shape in place, ``empty``) counts nothing.
- Of ``zeros_like(x)``, ``x.new_zeros(...)`` and their kin only the shape of ``x`` is used: it is not read.

What a schema does not declare is not seen: cuDNN's batch normalisation updates running statistics without saying so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.utils._pytree import tree_leaves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from torch._ops import OpOverload

UNFILLED = frozenset(
    {"empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided", "empty_quantized"}
)
OVERWRITING = frozenset({"bernoulli_", "copy_", "fill_", "normal_", "uniform_", "zero_"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What one operator did: bytes read and written, and the storages that it made."""

    read_bytes: int
    written_bytes: int
    made: tuple[torch.UntypedStorage, ...]


def traffic(
    operator: OpOverload, args: Sequence[object], kwargs: Mapping[str, object], result: object, device_type: str
) -> Traffic:
    """Return what an operator that has just run did (see the module's docstring).

    Args:
        operator: one that is not composed of others.
        args: its positional arguments.
        kwargs: its keyword arguments.
        result: what it returned.
        device_type: tensors on other devices are left out.

    """
    given = list(_tensors((args, kwargs), device_type))
    known = {id(tensor.untyped_storage()) for tensor in given}
    new = [tensor for tensor in _tensors(result, device_type) if id(tensor.untyped_storage()) not in known]
    made = tuple(tensor.untyped_storage() for tensor in new)
    name = operator.name().partition("::")[2].partition(".")[0]
    if name in UNFILLED or torch.Tag.inplace_view in operator.tags:
        return Traffic(read_bytes=0, written_bytes=0, made=made)
    read, changed = _arguments(operator, name, args, kwargs, device_type)
    # Some operators answer with a number: whether two tensors are equal, or what is in a tensor of one element.
    if not new and not changed and torch.Tag.data_dependent_output not in operator.tags:
        return Traffic(read_bytes=0, written_bytes=0, made=made)
    return Traffic(read_bytes=_bytes_of(read), written_bytes=_bytes_of((*new, *changed)), made=made)


def addressed_bytes(tensor: torch.Tensor) -> int:
    """Return how many different bytes a tensor addresses: an expanded dimension counts once."""
    if tensor.numel() == 0:
        return 0
    elements = math.prod(size for size, stride in zip(tensor.shape, tensor.stride(), strict=True) if stride)
    # Windows that overlap (unfold) address a byte several times, but never more bytes than there are.
    return min(elements * tensor.element_size(), tensor.untyped_storage().nbytes())


def _arguments(
    operator: OpOverload, name: str, args: Sequence[object], kwargs: Mapping[str, object], device_type: str
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Return the tensors among the arguments that are read, and those that are changed."""
    read: list[torch.Tensor] = []
    changed: list[torch.Tensor] = []
    only_shape = name.endswith("_like") or name.startswith("new_")
    declared = operator._schema.arguments  # noqa: SLF001 - the only place where torch says what is changed
    for position, argument in enumerate(declared):
        value = args[position] if position < len(args) else kwargs.get(argument.name)
        tensors = list(_tensors(value, device_type))
        written = argument.alias_info is not None and argument.alias_info.is_write
        if written:
            changed += tensors
        if not (only_shape or (written and (argument.is_out or name in OVERWRITING))):
            read += tensors
    return read, changed


def _bytes_of(tensors: Iterable[torch.Tensor]) -> int:
    views = {
        (id(tensor.untyped_storage()), tensor.storage_offset(), tensor.shape, tensor.stride(), tensor.dtype): tensor
        for tensor in tensors
    }
    return sum(map(addressed_bytes, views.values()))


def _tensors(values: object, device_type: str) -> Iterator[torch.Tensor]:
    """Yield the tensors in nested lists. Only strided ones have a storage to look at."""
    for leaf in tree_leaves(values):
        if isinstance(leaf, torch.Tensor) and leaf.layout is torch.strided and leaf.device.type == device_type:
            yield leaf
