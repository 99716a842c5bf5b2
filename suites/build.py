"""Case -> seeded module, inputs and call. The only file of the suites that imports torch when it is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import torch

from attn_impls import Site
from results.records import PLAIN, Case, Direction, Subject

from .selection import ALONE_GROUPS, ALONE_KERNEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from attn_impls import Registry

#: Weights and inputs are the same in every process and on every machine of one torch version.
SEED = 0


def build_module(case: Case, registry: Registry) -> nn.Module:
    """Build what the case names, with seeded weights, on its device and in its dtype."""
    torch.manual_seed(SEED)
    module = _build(case, registry).to(device=case.device, dtype=getattr(torch, case.dtype))
    return module.to(memory_format=torch.channels_last) if case.channels_last else module


def _build(case: Case, registry: Registry) -> nn.Module:
    match case.subject:
        case Subject.NETWORK:
            assert case.host is not None  # noqa: S101 - the selection gives every network its host
            assert case.num_classes is not None  # noqa: S101 - and its classes
            spec = None if case.implementation == PLAIN else registry.find(case.implementation)
            return registry.host(case.host).build(
                spec, slot=case.slot, num_classes=case.num_classes, image_size=case.shape[2]
            )
        case Subject.MODULE:
            _, channels, height, width = case.shape
            site = Site(
                in_channels=channels,
                out_channels=channels,
                kernel_size=ALONE_KERNEL,
                stride=1,
                groups=ALONE_GROUPS,
                height=height,
                width=width,
            )
            return registry.find(case.implementation).build(site)
        case Subject.OP:
            return registry.find(case.implementation).build_op(-1 if case.dim is None else case.dim)
        case _:
            assert_never(case.subject)


def random_input(case: Case) -> Tensor:
    """Return standard normal numbers of the case's shape; drawn on the CPU, so that they are the same everywhere."""
    drawn = torch.randn(case.shape, generator=torch.Generator().manual_seed(SEED))
    drawn = drawn.to(device=case.device, dtype=getattr(torch, case.dtype))
    return drawn.contiguous(memory_format=torch.channels_last) if case.channels_last else drawn


def build_call(case: Case, registry: Registry) -> Callable[[], object]:
    """Return the call of the case's direction: see Direction for what each one runs."""
    module, x = build_module(case, registry), random_input(case)
    if case.direction is Direction.FORWARD:
        module.eval()

        def forward() -> object:
            with torch.inference_mode():
                return module(x)

        return forward
    module.train()
    x.requires_grad_()
    wanted = [x, *(p for p in module.parameters() if p.requires_grad)]
    output = module(x)
    upstream = torch.ones_like(output)
    if case.direction is Direction.BACKWARD:

        def backward() -> object:
            # A parameter that no gradient reaches is for an audit to find, not for a stopwatch to stumble on.
            return torch.autograd.grad(output, wanted, upstream, retain_graph=True, allow_unused=True)

        return backward

    def forward_backward() -> object:
        return torch.autograd.grad(module(x), wanted, upstream, allow_unused=True)

    return forward_backward
