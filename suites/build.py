"""Case -> seeded module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, assert_never, runtime_checkable

import torch
from torch import nn

from attn_impls import Heads, Site, TokenSite
from attn_impls.casting import in_channels_last, in_dtype
from attn_impls.compiling import INDUCTOR, compile_apart
from attn_impls.kernels.building import BuildError
from attn_impls.registry import NORMALIZER
from results import replaced
from results.drawing import SEED
from results.records import PLAIN, Batches, Case, FeatureMap, Images, Logits, Mode, Sequences, Tokens, TrainingSet

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from attn_impls import Registry


def build_module(case: Case, registry: Registry, seed: int = SEED) -> nn.Module:
    """Build what the case names, with seeded weights, on its device and in its dtype.

    Raises:
        BuildError: its normalisers are to be compiled, and it has none.
        CastError: it has complex parameters, and there are no complex numbers of its dtype.

    """
    torch.manual_seed(seed)
    module = in_dtype(_build(case, registry), getattr(torch, case.dtype), case.device)
    if case.input.channels_last:
        module = in_channels_last(module)
    match case.mode:
        case Mode.EAGER:
            return module
        case Mode.COMPILED:
            return Compiled(module)
        case Mode.COMPILED_NORMALIZER:
            return _with_compiled_normalizers(module)
        case _:
            assert_never(case.mode)


class Compiled(nn.Module):
    """A module behind ``torch.compile``, as one graph, with code of its own: see compile_apart."""

    def __init__(self, module: nn.Module, backend: str | Callable[..., Any] = INDUCTOR) -> None:
        super().__init__()
        self.module = module
        self._call = compile_apart(module, backend)

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return what the module returns."""
        output: Tensor = self._call(*inputs)
        return output


def _with_compiled_normalizers(module: nn.Module) -> nn.Module:
    """Put each normaliser of a network's attentions behind ``torch.compile``.

    Raises:
        BuildError: there is none.

    """
    owners = [owner for owner in module.modules() if isinstance(getattr(owner, NORMALIZER, None), nn.Module)]
    if not owners:
        msg = f"no attention here has a normaliser that could be compiled; leave out --mode {Mode.COMPILED_NORMALIZER}"
        raise BuildError(msg)
    for owner in owners:
        setattr(owner, NORMALIZER, Compiled(getattr(owner, NORMALIZER)))
    return module


class Copy(nn.Module):
    """Moves every byte of its input into memory that is there: what a logit function is held against."""

    def __init__(self) -> None:
        super().__init__()
        self._result: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return a copy of the input, the same memory every time."""
        if self._result is None:
            self._result = torch.empty_like(x)
        return self._result.copy_(x)


def _build(case: Case, registry: Registry) -> nn.Module:
    match case.input:
        case (
            Images(num_classes=num_classes, height=image_size)
            | Batches(num_classes=num_classes, height=image_size)
            | TrainingSet(num_classes=num_classes, height=image_size)
        ):
            assert case.host is not None  # noqa: S101 - the selection gives every network its backbone
            spec = None if case.implementation == PLAIN else registry.find(case.implementation)
            return registry.host(case.host).build(spec, slot=case.slot, num_classes=num_classes, image_size=image_size)
        case FeatureMap(channels=channels, height=height, width=width):
            site = Site(
                in_channels=channels,
                out_channels=channels,
                kernel_size=replaced.ALONE.kernel_size,
                stride=replaced.ALONE.stride,
                groups=replaced.ALONE.groups,
                height=height,
                width=width,
            )
            return registry.find(case.implementation).build(site)
        case Logits(dim=dim):
            if case.implementation == PLAIN:
                return Copy()
            return registry.find(case.implementation).build_op(dim)
        case Tokens(heads=heads, head_dim=head_dim, kv_heads=kv_heads):
            built_for = Heads(heads=heads, head_dim=head_dim, kv_heads=kv_heads)
            return registry.find(case.implementation).build_attention(built_for)
        case Sequences(token_dim=dim, heads=heads, height=height, width=width):
            return registry.find(case.implementation).build(TokenSite(dim=dim, heads=heads, height=height, width=width))
        case _:
            assert_never(case.input)


@runtime_checkable
class Fused(Protocol):
    """A module by kernels of its own, in which something else stands in for them where they cannot be had."""

    def require_kernels(self, device: str) -> None:
        """Raise an exception that says why, if there are no kernels for a device, such as ``cuda:0``."""


def require_kernels(module: nn.Module, device: str) -> None:
    """See that what a module calls fused is fused on a device: what stands in for kernels has not their name.

    Raises:
        Exception: there are no such kernels; ``BuildError``, if it is a module of ours.

    """
    for part in module.modules():
        if isinstance(part, Fused):
            part.require_kernels(device)
