"""What the registry knows of an implementation."""

from __future__ import annotations

import importlib
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from .seen import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from torch import nn

    from .site import Heads, Site, TokenSite

    Factory = Callable[..., nn.Module]

Option = str | int | float | bool


class Family(StrEnum):
    """What goes in and what comes out; it decides how an implementation is built and where it fits.

    Compared with ``==``, never with ``is``: another version of this package has members of its own.
    """

    NORMALIZER = "normalizer"
    """``factory(dim, **options)``: logits of any shape -> weights of that shape, which sum to 1 along ``dim``,
    or to less where the spec says so."""
    ACTIVATION = "activation"
    """``factory(**options)``: elementwise, any shape."""
    GATE = "gate"
    """``factory(channels, **options)``: feature map [B, C, H, W] -> the same shape. A ``sized`` one, for maps of one
    size: ``factory(channels, height=, width=, **options)``."""
    BRANCH = "branch"
    """``factory(in_channels, out_channels, kernel_size=, stride=, groups=, **options)``, in place of a
    k x k convolution with its norm and activation: [B, Cin, H, W] -> [B, Cout, ceil(H/s), ceil(W/s)]."""
    ATTENTION = "attention"
    """``factory(heads, head_dim, kv_heads=, **options)``, between tokens: queries [B, H, Sq, D], keys and values
    [B, Hk, Sk, D] -> [B, H, Sq, D]. The options of ``Seen`` are promises: which keys a query sees. A parameter
    ``lengths`` [B] of its ``forward`` is one too: keys from a sequence's length on are padding, and whatever stands
    there, the sequence gets what it gets alone."""
    MIXER = "mixer"
    """A token mixer, an attention with its projections: ``factory(dim, heads=, **options)``: tokens [B, N, dim] -> the
    same shape. A ``sized`` one, for the tokens of one grid, row by row: ``factory(dim, heads=, height=, width=,
    **options)``. The option ``causal`` is a promise: no token sees a later one."""


class Origin(StrEnum):
    """Where an implementation or a backbone comes from: set by what takes it into a registry. Compared with ``==``."""

    OURS = "ours"
    """From the tables of this package."""
    ADAPTER = "adapter"
    """Another library's, by an adapter of this package that was named with ``--plugin``."""
    INSTALLED = "installed"
    """From an installed package's entry point: it is there without being asked for."""
    PLUGIN = "plug-in"
    """From a file or a module that was named with ``--plugin``, or made by hand."""

    @property
    def asked_for(self) -> bool:
        """Whether the user named what brings it."""
        return self in {Origin.ADAPTER, Origin.PLUGIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One row of the registry.

    ``factory`` is a callable, or ``"package.module:Name"`` imported when first built, so that listing the registry
    costs no import of torch. The name is absolute: another version of this package builds the same from it.
    """

    attnbench_row: ClassVar[Literal["implementation"]] = "implementation"
    """Says what the object is, to any version of this package: the classes of two versions are not the same."""
    name: str
    family: Family
    summary: str
    factory: str | Factory
    paper: str = ""
    options: Mapping[str, Option] = field(default_factory=lambda: MappingProxyType({}))
    sized: bool = False
    """Whether a gate is built for maps of one size, a mixer for grids of one size."""
    sums_to_one: bool = True
    """Of a normaliser: whether its weights do; if not, they sum to at most 1."""
    parts: Mapping[str, Spec] = field(default_factory=lambda: MappingProxyType({}))
    """Options whose value names another row, and that row: the factory is given what makes it, not its name."""
    origin: Origin = Origin.PLUGIN

    @property
    def arguments(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of what every factory of the family is given: by position, and by name."""
        match self.family:
            case Family.NORMALIZER:
                return ("dim",), ()
            case Family.ACTIVATION:
                return (), ()
            case Family.GATE:
                return ("channels",), ("height", "width") if self.sized else ()
            case Family.BRANCH:
                return ("in_channels", "out_channels"), ("kernel_size", "stride", "groups")
            case Family.ATTENTION:
                return ("heads", "head_dim"), ("kv_heads",)
            case Family.MIXER:
                return ("dim",), ("heads", "height", "width") if self.sized else ("heads",)

    @property
    def causal(self) -> bool:
        """Whether an attention between tokens, or a mixer, promises that no query sees a later key."""
        return self.options.get("causal") is True

    @property
    def seen(self) -> Seen:
        """Which keys a query sees, as an attention between tokens promises it."""
        return Seen.of(self.options)

    @property
    def factories(self) -> tuple[str | Factory, ...]:
        """What it is made of, for a digest of its source: with the parts, and their options."""
        return (self.factory, *(part.maker() for part in self.parts.values()))

    def maker(self) -> Factory:
        """Return the factory with the options, to be called with what the family gives."""
        return partial(resolve(self.factory), **self._given())

    def _given(self) -> dict[str, Any]:
        return {**self.options, **{option: part.maker() for option, part in self.parts.items()}}

    def with_options(self, options: Mapping[str, Option]) -> Spec:
        """Return the spec with these options, and with all that are not the row's own in its name, sorted."""
        if not options:
            return self
        base, _, given = self.name.partition(":")
        merged = {**parse_options(given), **options}
        written = ",".join(f"{name}={text_of(value)}" for name, value in sorted(merged.items()))
        return replace(self, name=f"{base}:{written}", options=MappingProxyType({**self.options, **options}))

    def _guard(self) -> AbstractContextManager[None]:
        """Return what puts back whatever somebody else's code changes of the process while it builds."""
        if {self.origin, *(part.origin for part in self.parts.values())} == {Origin.OURS}:
            return nullcontext()
        from .process import guarded

        return guarded(self.name, "building it")

    def build(self, site: Site | TokenSite) -> nn.Module:
        """Build the module for a place in a network.

        Raises:
            TypeError: a normaliser, or an attention between tokens, has no place of its own in a network.
            ValueError: a mixer that is built for a grid would get class tokens beside it.

        """
        with self._guard():
            # By its family, not by the type of its place, which may be another version's.
            if self.family == Family.MIXER:
                return self._build_mixer(cast("TokenSite", site))
            return self._build(cast("Site", site))

    def _build(self, site: Site) -> nn.Module:
        make, given = resolve(self.factory), self._given()
        match self.family:
            case Family.GATE if self.sized:
                return make(site.out_channels, height=site.height, width=site.width, **given)
            case Family.GATE:
                return make(site.out_channels, **given)
            case Family.ACTIVATION:
                return make(**given)
            case Family.BRANCH:
                return make(
                    site.in_channels,
                    site.out_channels,
                    kernel_size=site.kernel_size,
                    stride=site.stride,
                    groups=site.groups,
                    **given,
                )
            case Family.NORMALIZER:
                msg = f"{self.name!r} is a logit function ({self.family}); it has no slot in a network"
                raise TypeError(msg)
            case Family.ATTENTION:
                msg = f"{self.name!r} is an attention between tokens; it has no slot in a network"
                raise TypeError(msg)
            case Family.MIXER:
                msg = f"{self.name!r} is a mixer; it maps tokens, not feature maps"
                raise TypeError(msg)

    def _build_mixer(self, site: TokenSite) -> nn.Module:
        make, given = resolve(self.factory), self._given()
        if not self.sized:
            return make(site.dim, heads=site.heads, **given)
        if site.class_tokens:
            msg = (
                f"{self.name!r} is built for a grid of tokens, and a class token belongs to none; "
                "choose a network without one, such as swin_t"
            )
            raise ValueError(msg)
        return make(site.dim, heads=site.heads, height=site.height, width=site.width, **given)

    def build_op(self, dim: int) -> nn.Module:
        """Build a normaliser over ``dim``, or an activation (which ignores it).

        Raises:
            TypeError: the spec is of another family.

        """
        with self._guard():
            return self._build_op(dim)

    def _build_op(self, dim: int) -> nn.Module:
        make, given = resolve(self.factory), self._given()
        match self.family:
            case Family.NORMALIZER:
                return make(dim, **given)
            case Family.ACTIVATION:
                return make(**given)
            case Family.GATE | Family.BRANCH | Family.MIXER:
                maps = "tokens" if self.family == Family.MIXER else "feature maps"
                msg = f"{self.name!r} is a {self.family}; it maps {maps}, not logits"
                raise TypeError(msg)
            case Family.ATTENTION:
                msg = f"{self.name!r} is an attention between tokens; it maps queries, keys and values, not logits"
                raise TypeError(msg)

    def build_attention(self, heads: Heads) -> nn.Module:
        """Build an attention between tokens.

        Raises:
            TypeError: the spec is of another family.

        """
        if self.family != Family.ATTENTION:
            msg = f"{self.name!r} is a {self.family}; it does not map queries, keys and values"
            raise TypeError(msg)
        with self._guard():
            make = resolve(self.factory)
            return make(heads.heads, heads.head_dim, kv_heads=heads.kv_heads, **self._given())


def resolve(factory: str | Factory) -> Factory:
    """Return the callable behind a factory, importing its module if need be.

    Raises:
        TypeError: its name begins with a dot.

    """
    if not isinstance(factory, str):
        return factory
    module, _, name = factory.partition(":")
    # No package is given: a relative name would be looked up here, also where it is another version's.
    found: Factory = getattr(importlib.import_module(module), name)
    return found


def parse_options(text: str) -> dict[str, Option]:
    """Return the options of ``name=value,name=value``; a value is an int, a float, true or false, or else a word.

    Raises:
        ValueError: a part is not of this form, or an option is given twice.

    """
    options: dict[str, Option] = {}
    for part in filter(None, text.split(",")):
        name, equals, value = part.partition("=")
        if not (equals and name.isidentifier() and value):
            msg = f"{part!r} is not an option; write name=value"
            raise ValueError(msg)
        if name in options:
            msg = f"the option {name!r} is given twice"
            raise ValueError(msg)
        options[name] = _value(value)
    return options


def _value(text: str) -> Option:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def text_of(value: object) -> str:
    """Return the value of an option as it is written."""
    return str(value).lower() if isinstance(value, bool) else str(value)
