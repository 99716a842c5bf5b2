"""Weights that torch itself makes anew at every call from other parameters: weight_norm and spectral_norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn.utils import parametrize
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

#: Behind these, the parameters of a weight have its name, in the older form of both.
_ENDINGS = ("_g", "_v", "_orig")


def normed_parameters(module: nn.Module) -> frozenset[str]:
    """Return the names of parameters that torch divides by their norm: at zero it gives NaN, by definition."""
    return frozenset(_normed(module))


def _normed(module: nn.Module) -> Iterator[str]:
    for path, inner in module.named_modules():
        dot = f"{path}." if path else ""
        yield from (f"{dot}{name}{ending}" for name in recomputed_attributes(inner) for ending in _ENDINGS)
        if parametrize.is_parametrized(inner):
            for name, steps in inner.parametrizations.items():
                if all(type(step).__module__.startswith("torch.") for step in steps):
                    inside = f"{dot}parametrizations.{name}."
                    yield from (f"{inside}{each}" for each, _ in steps.named_parameters())


def recomputed_attributes(inner: nn.Module) -> frozenset[str]:
    """Return the attributes that the older form of both sets before each call: tensors that need not be registered."""
    hooks = inner._forward_pre_hooks.values()  # noqa: SLF001 - torch has no list of them
    return frozenset(hook.name for hook in hooks if isinstance(hook, WeightNorm | SpectralNorm))
