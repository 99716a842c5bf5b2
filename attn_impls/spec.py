"""What the registry knows of an implementation, and the one-decorator way to describe one's own."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import nn

    Factory = Callable[..., nn.Module]

Option = str | int | float | bool
FactoryT = TypeVar("FactoryT", bound="Callable[..., nn.Module]")

#: Where a decorator leaves its specs on the class; the plug-in loader looks for this attribute.
SPECS_ATTRIBUTE = "__attnbench_specs__"


class Family(StrEnum):
    """What goes in and what comes out; it decides how an implementation is built and where it fits."""

    NORMALIZER = "normalizer"
    """``factory(dim, **options)``: logits of any shape -> weights of that shape, which sum to 1 along ``dim``."""
    ACTIVATION = "activation"
    """``factory(**options)``: elementwise, any shape."""
    GATE = "gate"
    """``factory(channels, **options)``: feature map [B, C, H, W] -> the same shape."""
    BRANCH = "branch"
    """``factory(in_channels, out_channels, kernel_size=, stride=, groups=, **options)``, in place of a
    k x k convolution with its norm and activation: [B, Cin, H, W] -> [B, Cout, ceil(H/s), ceil(W/s)]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a host knows of the place where it puts an attention."""

    in_channels: int
    out_channels: int
    kernel_size: int
    stride: int
    groups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One row of the registry.

    ``factory`` is a callable, or ``"package.module:Name"`` imported when first built (a leading dot: inside this
    package), so that listing the registry costs no import of torch.
    """

    name: str
    family: Family
    summary: str
    factory: str | Factory
    paper: str = ""
    options: Mapping[str, Option] = field(default_factory=lambda: MappingProxyType({}))

    def build(self, site: Site) -> nn.Module:
        """Build the module for a place in a network.

        Raises:
            TypeError: a normaliser or an activation has no place of its own in a network.

        """
        make = resolve(self.factory)
        match self.family:
            case Family.GATE:
                return make(site.out_channels, **self.options)
            case Family.BRANCH:
                return make(
                    site.in_channels,
                    site.out_channels,
                    kernel_size=site.kernel_size,
                    stride=site.stride,
                    groups=site.groups,
                    **self.options,
                )
            case Family.NORMALIZER | Family.ACTIVATION:
                msg = f"{self.name!r} is a function on logits ({self.family}); it has no slot in a network"
                raise TypeError(msg)

    def build_op(self, dim: int) -> nn.Module:
        """Build a normaliser over ``dim``, or an activation (which ignores it).

        Raises:
            TypeError: the spec is of a gate or a branch.

        """
        make = resolve(self.factory)
        match self.family:
            case Family.NORMALIZER:
                return make(dim, **self.options)
            case Family.ACTIVATION:
                return make(**self.options)
            case Family.GATE | Family.BRANCH:
                msg = f"{self.name!r} is a {self.family}; it maps feature maps, not logits"
                raise TypeError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """A network with named slots, and the family that fits each; the first slot of a family is its default.

    ``factory(attention, slot, num_classes)`` returns the network; ``attention`` maps a Site to a module, or is None.
    """

    name: str
    summary: str
    factory: str
    slots: Mapping[str, Family]
    paper: str = ""

    def default_slot(self, family: Family) -> str | None:
        """Return the slot that an implementation of this family takes when none is named, or None if none fits."""
        return next((slot for slot, fits in self.slots.items() if fits is family), None)

    def build(self, spec: Spec | None, *, slot: str | None = None, num_classes: int = 100) -> nn.Module:
        """Build the network, plain (``spec=None``) or with an attention in one slot of every block.

        Args:
            spec: what to attach.
            slot: where; by default the first slot that fits the spec's family.
            num_classes: width of the classifier.

        Raises:
            ValueError: the host has no such slot, or none that fits.

        """
        make = resolve(self.factory)
        if slot is not None and slot not in self.slots:
            msg = f"unknown slot {slot!r} of {self.name!r}; choose from {', '.join(self.slots)}"
            raise ValueError(msg)
        if spec is None:
            return make(None, None, num_classes)
        chosen = slot if slot is not None else self.default_slot(spec.family)
        if chosen is None or self.slots.get(chosen) is not spec.family:
            fitting = [name for name, fits in self.slots.items() if fits is spec.family]
            msg = (
                f"{spec.name!r} ({spec.family}) does not fit slot {chosen!r} of {self.name!r}; "
                f"slots that fit: {', '.join(fitting) or 'none'}"
            )
            raise ValueError(msg)
        return make(spec.build, chosen, num_classes)


def resolve(factory: str | Factory) -> Factory:
    """Return the callable behind a spec's factory, importing its module if need be."""
    if not isinstance(factory, str):
        return factory
    module, _, name = factory.partition(":")
    found: Factory = getattr(importlib.import_module(module, __package__), name)
    return found


def _decorator(family: Family, name: str, paper: str, options: Mapping[str, Option]) -> Callable[[FactoryT], FactoryT]:
    def attach(factory: FactoryT) -> FactoryT:
        summary = (factory.__doc__ or "").strip().partition("\n")[0]
        spec = Spec(name=name, family=family, summary=summary, paper=paper, factory=factory, options=options)
        # Read from __dict__, so that a subclass does not inherit the name of its base.
        earlier: tuple[Spec, ...] = vars(factory).get(SPECS_ATTRIBUTE, ())
        setattr(factory, SPECS_ATTRIBUTE, (*earlier, spec))
        return factory

    return attach


def normalizer(name: str, *, paper: str = "", **options: Option) -> Callable[[FactoryT], FactoryT]:
    """Describe a normaliser class, ``Class(dim, **options)``; the summary is its docstring's first line."""
    return _decorator(Family.NORMALIZER, name, paper, options)


def activation(name: str, *, paper: str = "", **options: Option) -> Callable[[FactoryT], FactoryT]:
    """Describe an activation class, ``Class(**options)``; the summary is its docstring's first line."""
    return _decorator(Family.ACTIVATION, name, paper, options)


def gate(name: str, *, paper: str = "", **options: Option) -> Callable[[FactoryT], FactoryT]:
    """Describe a gate class, ``Class(channels, **options)``; the summary is its docstring's first line."""
    return _decorator(Family.GATE, name, paper, options)


def branch(name: str, *, paper: str = "", **options: Option) -> Callable[[FactoryT], FactoryT]:
    """Describe a branch class (see Family.BRANCH); the summary is its docstring's first line."""
    return _decorator(Family.BRANCH, name, paper, options)
