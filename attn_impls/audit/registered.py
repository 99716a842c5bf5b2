"""Is every layer and parameter known to the module? What is not is neither counted, nor moved, nor saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from torch import Tensor, nn

from .findings import Finding, Name, fault, note
from .normed import recomputed_attributes
from .subject import build

if TYPE_CHECKING:
    from .places import Place

#: What nn.Module keeps for itself.
_OF_TORCH = frozenset(vars(nn.Module()))
#: Containers in containers are followed so far.
DEPTH = 4


def check_registered(home: Place) -> Iterator[Finding]:
    """Look for modules and tensors in attributes, lists, tuples, sets and dictionaries of every registered module."""
    module = build(home)
    registered = {id(inner) for inner in module.modules()}
    registered |= {id(tensor) for tensor in (*module.parameters(), *module.buffers())}
    lost: dict[str, dict[str, Tensor | nn.Module]] = {}
    seen: set[int] = set()
    for owner, inner in module.named_modules():
        known = _OF_TORCH | recomputed_attributes(inner)
        for name, value in vars(inner).items():
            if name in known:
                continue
            for path, found in _held(value, f"{owner}.{name}".lstrip("."), DEPTH):
                if id(found) not in registered and id(found) not in seen:
                    seen.add(id(found))
                    lost.setdefault(_kind(found), {})[path] = found
    for kind, found_at in lost.items():
        words = f"the module does not know its {kind} {', '.join(found_at)}"
        if kind == STATELESS:
            yield note(Name.UNREGISTERED, words, "keep them in nn.ModuleList, so that counters see them")
            continue
        numbers = sum(map(_numbers, found_at.values()))
        yield fault(Name.UNREGISTERED, f"{words} ({numbers} numbers): not counted, moved or saved", REMEDY)


STATELESS = "layers without state"
REMEDY = (
    "keep layers in nn.ModuleList or nn.ModuleDict, parameters in attributes or nn.ParameterList, other tensors in "
    "register_buffer"
)


def _numbers(found: Tensor | nn.Module) -> int:
    tensors = (*found.parameters(), *found.buffers()) if isinstance(found, nn.Module) else (found,)
    return sum(map(Tensor.numel, tensors))


def _kind(found: Tensor | nn.Module) -> str:
    if isinstance(found, nn.Module):
        return "layers" if _numbers(found) else STATELESS
    return "parameters" if found.requires_grad else "tensors"


def _held(value: object, path: str, depth: int) -> Iterator[tuple[str, Tensor | nn.Module]]:
    """Give the tensors and modules in a value, with their paths."""
    if isinstance(value, Tensor | nn.Module):
        yield path, value
    elif depth == 0:
        return
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _held(inner, f"{path}[{key!r}]", depth - 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for index, inner in enumerate(value):
            yield from _held(inner, f"{path}[{index}]", depth - 1)
