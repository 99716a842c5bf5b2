"""What can be measured, by name: the tables of this package, and whatever plug-ins add."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from .closest import closest
from .host import TIMM
from .spec import Family, Origin, parse_options
from .tables import HOSTS, SPECS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .host import HostSpec
    from .spec import Spec

    RowT = TypeVar("RowT", Spec, HostSpec)

#: Reports call a backbone without attention so.
NO_ATTENTION = "none"
#: On the command line it stands for an attention alone.
NO_HOST = "none"
#: The option by which branches and gates choose their normaliser.
NORMALIZER = "normalizer"
#: Options of ours whose value names another row -> the family of that row, and what it is called.
CHOICES = MappingProxyType(
    {NORMALIZER: (Family.NORMALIZER, "normaliser"), "attention": (Family.ATTENTION, "attention")}
)


@dataclass(frozen=True, slots=True)
class Registry:
    """Implementations and backbones by name, in the order of their tables."""

    specs: Mapping[str, Spec]
    hosts: Mapping[str, HostSpec]

    def find(self, name: str) -> Spec:
        """Return the implementation of this name, with the options that it may bring: ``se:reduction=4``.

        A normaliser, or the attention of a mixer, can be any of the registry's, a plug-in's too, with an option of
        its own: ``sk/softmax:normalizer=mine:beta=2``.

        Raises:
            KeyError: there is no such implementation.
            ValueError: what follows the colon is not ``name=value,...``, or names another row that is not there.

        """
        base, _, options = name.partition(":")
        spec = self.specs[base].with_options(parse_options(options))
        if spec.origin != Origin.OURS:
            return spec
        parts = {option: self._part(option, str(spec.options[option])) for option in CHOICES if option in spec.options}
        return replace(spec, parts=MappingProxyType(parts)) if parts else spec

    def _part(self, option: str, name: str) -> Spec:
        """Return the row that an option of ours names: it is checked, and counts for the digest, too."""
        family, called = CHOICES[option]
        base = name.partition(":")[0]
        known = [each.name for each in self.specs.values() if each.family == family]
        if base not in known:
            close = closest(base, known)
            hint = ";" if close is None else f"; did you mean {close!r}?"
            msg = f"unknown {called} {base!r}{hint} all: {', '.join(known)}"
            raise ValueError(msg)
        return self.find(name)

    def host(self, name: str) -> HostSpec:
        """Return the backbone of this name; ``timm:NAME`` is any network of timm, where that is installed.

        Raises:
            KeyError: there is no such backbone.
            ValueError: timm is not installed, or has no such network.

        """
        if name not in self.hosts and name.startswith(TIMM):
            # Imports nothing until it is asked for: timm is an optional extra.
            from .adapters.timm_hosts import timm_host

            return timm_host(name)
        return self.hosts[name]

    def with_specs(self, added: Iterable[Spec], origin: Origin = Origin.PLUGIN) -> Registry:
        """Return a registry that has these specs too, as coming from there.

        Raises:
            ValueError: a name is taken, or is the word for no attention, or has a colon, which options begin with.

        """
        specs = dict(self.specs)
        for spec in added:
            if spec.name in specs or spec.name == NO_ATTENTION:
                msg = f"the implementation name {spec.name!r} is taken; choose another"
                raise ValueError(msg)
            if ":" in spec.name:
                msg = f"the implementation name {spec.name!r} has a colon, which is kept for options; choose another"
                raise ValueError(msg)
            specs[spec.name] = replace(spec, origin=origin)
        return Registry(MappingProxyType(specs), self.hosts)

    def with_hosts(self, added: Iterable[HostSpec], origin: Origin = Origin.PLUGIN) -> Registry:
        """Return a registry that has these backbones too, as coming from there.

        Raises:
            ValueError: a name is taken, or is the word for no backbone.

        """
        hosts = dict(self.hosts)
        for host in added:
            if host.name in hosts or host.name == NO_HOST:
                msg = f"the backbone name {host.name!r} is taken; choose another"
                raise ValueError(msg)
            hosts[host.name] = replace(host, origin=origin)
        return Registry(self.specs, MappingProxyType(hosts))

    def asked_for(self, name: str) -> Registry:
        """Return a registry in which what an installed package brings under this name comes from a plug-in."""

        def moved(rows: Mapping[str, RowT]) -> Mapping[str, RowT]:
            row = rows.get(name)
            if row is None or row.origin != Origin.INSTALLED:
                return rows
            return MappingProxyType({**rows, name: replace(row, origin=Origin.PLUGIN)})

        return Registry(moved(self.specs), moved(self.hosts))


@cache
def builtin() -> Registry:
    """Return the implementations and backbones that come with attnbench."""
    empty = Registry(MappingProxyType({}), MappingProxyType({}))
    return empty.with_specs(SPECS, Origin.OURS).with_hosts(HOSTS, Origin.OURS)
