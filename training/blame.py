"""Where numbers that are not finite come from: the first operator of a network whose result has one."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import torch

from bench.dispatch import OperatorWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import nn
    from torch._ops import OpOverload


class NotFiniteError(Exception):
    """The loss is no number that can be learned from; the message has the step and the first operator to blame."""


def first_not_finite(network: nn.Module, call: Callable[[], object]) -> str:
    """Return which operator gave the first number that is not finite, and in which module: ``mul in attention (SE)``.

    Args:
        network: whose modules are named.
        call: runs it on what the loss was of.

    """
    spoilt = [name for name, weight in network.named_parameters() if not _finite(weight)]
    if spoilt:
        return f"the step before left weights that are not finite: {spoilt[0]}"
    within: list[str] = []
    found: list[str] = []

    def seen(operator: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any], result: object) -> None:
        del args, kwargs
        if not found and not all(map(_finite, _tensors(result))):
            name = operator.overloadpacket.__name__
            found.append(f"{name} in {within[-1]}" if within else f"{name}, outside of the network")

    with ExitStack() as hooks:
        for name, part in network.named_modules():
            words = f"{name or 'the network'} ({type(part).__name__})"
            hooks.enter_context(part.register_forward_pre_hook(_entering(within, words)))
            hooks.enter_context(part.register_forward_hook(lambda *_: within.pop() and None))
        hooks.enter_context(OperatorWatch(seen))
        call()
    return f"the first result that is not finite is of {found[0]}" if found else "it comes of no operator's result here"


def _entering(within: list[str], words: str) -> Callable[..., None]:
    return lambda *_: within.append(words)


def _finite(tensor: torch.Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())


def _tensors(result: object) -> Iterator[torch.Tensor]:
    if isinstance(result, torch.Tensor):
        yield result
    elif isinstance(result, list | tuple):
        for part in result:
            yield from _tensors(part)
