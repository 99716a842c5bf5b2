"""Every registered implementation built small in float64, with random weights and an input away from kinks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import torch
from torch import Tensor, nn
from torch.func import functional_call

from attn_impls import Family, Site, builtin

from . import (
    reference,
    reference_branches,
    reference_channel,
    reference_gate_functions,
    reference_spatial,
)
from .reference import Setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from attn_impls import Spec

    from .reference import Reference

#: Of the maps: small, and not square.
HEIGHT, WIDTH = 4, 3
#: Grouped as in ResNeXt; depthwise with a stride as in MobileNet; wider out than in.
SITES = {
    "grouped": Site(in_channels=8, out_channels=8, kernel_size=3, stride=1, groups=4, height=HEIGHT, width=WIDTH),
    "depthwise": Site(in_channels=4, out_channels=4, kernel_size=5, stride=2, groups=4, height=HEIGHT, width=WIDTH),
    "widening": Site(in_channels=4, out_channels=8, kernel_size=3, stride=1, groups=2, height=HEIGHT, width=WIDTH),
}
REFERENCES: dict[str, Reference] = {
    **reference.REFERENCES,
    **reference_branches.REFERENCES,
    **reference_channel.REFERENCES,
    **reference_gate_functions.REFERENCES,
    **reference_spatial.REFERENCES,
}
#: Places that an implementation cannot take by its definition, with the reason.
IMPOSSIBLE = {
    # Its one grouped convolution has radix times as many groups as the site: more than a depthwise site has channels.
    ("split/official", "depthwise"),
}
SPECS = tuple(builtin().specs.values())
#: No ReLU or hard sigmoid gets an input nearer to its kink than this; gradcheck moves inputs by a hundredth of it.
KINK_MARGIN = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """One implementation in one place. ``shape`` is its input's."""

    spec: Spec
    variant: str
    shape: tuple[int, ...]
    setting: Setting
    site: Site | None = None

    def __str__(self) -> str:
        return f"{self.spec.name}-{self.variant}"


def setups_of(spec: Spec) -> tuple[Setup, ...]:
    """The places where an implementation is tested."""
    match spec.family:
        case Family.NORMALIZER:
            return tuple(
                Setup(spec=spec, variant=f"dim{dim}", shape=(2, 3, 4), setting=Setting(dim=dim)) for dim in (0, 1, -1)
            )
        case Family.ACTIVATION:
            return (Setup(spec=spec, variant="any_shape", shape=(2, 3, 4), setting=Setting()),)
        case Family.GATE | Family.BRANCH:
            return tuple(
                Setup(
                    spec=spec,
                    variant=variant,
                    # Three samples: with two, batch normalisation of pooled features leaves next to no gradient.
                    shape=(3, _channels_in(spec, site), HEIGHT, WIDTH),
                    setting=Setting(stride=site.stride, groups=site.groups),
                    site=site,
                )
                for variant, site in SITES.items()
                if (spec.name, variant) not in IMPOSSIBLE
            )
        case Family.ATTENTION:
            # Three inputs: test_attention.py.
            return ()
        case Family.MIXER:
            # Tokens: test_mixers.py.
            return ()
        case _:
            assert_never(spec.family)


def _channels_in(spec: Spec, site: Site) -> int:
    return site.out_channels if spec.family is Family.GATE else site.in_channels


ALL_SETUPS = tuple(setup for spec in SPECS for setup in setups_of(spec))
MODULE_SETUPS = tuple(setup for setup in ALL_SETUPS if setup.site is not None)


def reference_of(spec: Spec) -> Reference:
    """Return the reference of an implementation.

    Raises:
        LookupError: there is none yet.

    """
    if spec.name not in REFERENCES:
        msg = f"no reference for {spec.name!r}: add a row to REFERENCES in a file tests/attn_impls/reference*.py"
        raise LookupError(msg)
    return REFERENCES[spec.name]


def build(setup: Setup, *, training: bool = True) -> tuple[nn.Module, Tensor]:
    """Return a module with random weights and statistics, and an input that keeps its kinks at a distance.

    Raises:
        ValueError: fifty draws in a row came too close to a kink.

    """
    for seed in range(50):
        torch.manual_seed(seed)
        module = setup.spec.build(setup.site) if setup.site else setup.spec.build_op(setup.setting.dim)
        module.double().train(training)
        _randomize(module)
        # Off the whole numbers, where piecewise functions have their kinks.
        x = torch.randint(-4, 4, setup.shape) + 0.1 + 0.8 * torch.rand(setup.shape, dtype=torch.float64)
        if distance_to_kinks(module, x) > KINK_MARGIN:
            return module, x
    msg = f"{setup}: no input found that stays {KINK_MARGIN} from every kink"
    raise ValueError(msg)


def _randomize(module: nn.Module) -> None:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.5)
        for name, buffer in module.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_()
            elif name.endswith("running_var"):
                buffer.uniform_(0.5, 2)


def distance_to_kinks(module: nn.Module, x: Tensor) -> float:
    """How near the input of any ReLU comes to 0, or of any hard sigmoid to -3 or 3."""
    distances = [float("inf")]

    def record(inner: nn.Module, inputs: tuple[Tensor]) -> None:
        from_zero = inputs[0].abs()
        distances.append(float((from_zero - (3 if isinstance(inner, nn.Hardsigmoid) else 0)).abs().min()))

    kinked = [inner for inner in module.modules() if isinstance(inner, nn.ReLU | nn.Hardsigmoid)]
    handles = [inner.register_forward_pre_hook(record) for inner in kinked]
    with torch.no_grad():
        # Called with copies of its buffers, so that this look changes no running statistics.
        functional_call(module, {name: buffer.clone() for name, buffer in module.named_buffers()}, (x,))
    for handle in handles:
        handle.remove()
    return min(distances)


def as_function(module: nn.Module) -> tuple[Callable[..., Tensor], list[Tensor]]:
    """Return the module as a function ``f(x, *parameters)``, and its parameters."""
    names = [name for name, _ in module.named_parameters()]

    def call(x: Tensor, *parameters: Tensor) -> Tensor:
        output: Tensor = functional_call(module, dict(zip(names, parameters, strict=True)), (x,))
        return output

    return call, [parameter.detach().clone().requires_grad_() for parameter in module.parameters()]
