"""The networks of published tables: built as the table's rows describe them, or in a variant, and counted by a rule."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING

from attn_impls.host import TIMM
from attn_impls.spec import resolve

from .plain import host_of, input_shape
from .rules import SIZES, operations, sizes
from .stored import STORED, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from torch import nn

    from attn_impls import HostSpec, Registry, Spec
    from attn_impls.spec import Option

#: The variant that the table's row describes.
AS_DESCRIBED = "as_described"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One network, by the names of the registry. Empty: the plain backbone, or the slot that fits first."""

    host: str
    implementation: str = ""
    slot: str = ""
    image_size: int
    num_classes: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What a network is built from."""

    host: HostSpec
    spec: Spec | None


def other_strides(parts: Parts) -> Parts:
    """Move the stride of each stage's first block from the 3x3 convolution to the 1x1 before it, or back."""
    default = _default(parts.host.factory, "strides")
    if default is None:
        return parts
    strides = "v1" if parts.host.options.get("strides", default) == "v1.5" else "v1.5"
    options = MappingProxyType({**parts.host.options, "strides": strides})
    return Parts(replace(parts.host, options=options), parts.spec)


def other_bias(parts: Parts) -> Parts:
    """Give the attention's fully connected layers biases, or take them away."""
    default = None if parts.spec is None else _default(parts.spec.factory, "bias")
    if parts.spec is None or default is None:
        return parts
    options = MappingProxyType({**parts.spec.options, "bias": not parts.spec.options.get("bias", default)})
    return Parts(parts.host, replace(parts.spec, options=options))


#: Ways in which papers are known to count another network than their tables name. Where there is none, it is the same.
VARIANTS: dict[str, Callable[[Parts], Parts]] = {
    AS_DESCRIBED: lambda parts: parts,
    "other_strides": other_strides,
    "other_bias": other_bias,
}


def _default(factory: str | Callable[..., nn.Module], option: str) -> Option | None:
    """Return the default of a factory's option, or None if it has no such option."""
    parameter = inspect.signature(resolve(factory)).parameters.get(option)
    return None if parameter is None or parameter.default is parameter.empty else parameter.default


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted of a network so far, by the names of the rules."""

    network: Network
    variant: str
    counts: Mapping[str, int]


def _unheard(counted: Counted) -> None:
    """Tell nobody."""


class Rebuilder:
    """Builds and counts networks, each once.

    Args:
        registry: of backbones and implementations.
        elsewhere: returns what another process has counted since it was last called.
        told: is called with each network that was counted here.

    """

    def __init__(
        self,
        registry: Registry,
        *,
        elsewhere: Callable[[], Iterable[Counted]] = tuple,
        told: Callable[[Counted], object] = _unheard,
    ) -> None:
        self._registry, self._elsewhere, self._told = registry, elsewhere, told
        self._found: dict[tuple[Network, str, str], int] = {}
        self._counted: dict[tuple[object, ...], dict[str, int]] = {}
        self._uncounted: dict[tuple[object, ...], nn.Module] = {}
        """Networks whose operations nobody has asked for yet."""

    def missing(self, network: Network) -> str:
        """Return why this network cannot be built here; empty if it can."""
        if not network.host:
            return "this network is not built here"
        if network.host.startswith(TIMM) and find_spec("timm") is None:
            return "this network needs timm, which is not installed"
        return ""

    def exact(self, network: Network, rule: str, variant: str = AS_DESCRIBED) -> int:
        """Count one network.

        Args:
            network: as the table's row describes it.
            rule: one of ``rules.SIZES``, ``rules.OPERATIONS`` and ``stored.STORED``.
            variant: a name in ``VARIANTS``.

        Raises:
            KeyError: the registry has no such backbone or implementation, or there is no such rule or variant.

        """
        asked = (network, rule, variant)
        if asked not in self._found:
            self._found[asked] = self._count(network, rule, variant)
        return self._found[asked]

    def _count(self, network: Network, rule: str, variant: str) -> int:
        if rule in STORED:
            return stored(network.host)
        parts = self._parts(network, variant)
        key = _key(parts, network)
        if rule not in self._counted.get(key, {}):
            self._take_over()
        counts = self._counted.setdefault(key, {})
        if rule not in counts:
            module = self._uncounted.pop(key, None)
            if module is None:
                module = _build(parts, network)
                counts |= sizes(module)
            if rule in SIZES:
                self._uncounted[key] = module
            else:
                counts |= _operations(module, parts, network, self._registry)
            self._told(Counted(network=network, variant=variant, counts=dict(counts)))
        return counts[rule]

    def _take_over(self) -> None:
        """Note what was counted elsewhere."""
        for each in self._elsewhere():
            key = _key(self._parts(each.network, each.variant), each.network)
            self._counted.setdefault(key, {}).update(each.counts)

    def _parts(self, network: Network, variant: str) -> Parts:
        spec = self._registry.find(network.implementation) if network.implementation else None
        return VARIANTS[variant](Parts(host_of(network.host, self._registry), spec))


def _key(parts: Parts, network: Network) -> tuple[object, ...]:
    """Return what tells networks apart, in this process."""
    return (repr(parts), network.slot, network.image_size, network.num_classes)


def _operations(module: nn.Module, parts: Parts, network: Network, registry: Registry) -> dict[str, int]:
    import torch

    x = torch.empty(input_shape(network.host, parts.host.in_channels, network.image_size), device="meta")
    with torch.no_grad():
        return operations(module, x, registry)


def _build(parts: Parts, network: Network) -> nn.Module:
    """Build on the meta device, where a network takes neither memory nor time."""
    import torch

    from .unfilled import Unfilled

    with torch.device("meta"), Unfilled():
        module = parts.host.build(
            parts.spec, slot=network.slot or None, num_classes=network.num_classes, image_size=network.image_size
        )
    # torch's counter refuses a parameter that a module is given as input while no gradients are recorded.
    return module.eval().requires_grad_(requires_grad=False)
