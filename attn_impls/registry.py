"""What can be measured, by name: the tables of this package, and whatever plug-ins add."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from .spec import parse_options
from .tables import HOSTS, SPECS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .host import HostSpec
    from .spec import Spec

#: Reports call a host without attention so.
NO_ATTENTION = "none"
#: What the names of timm's networks begin with.
TIMM = "timm:"
#: On the command line it stands for an attention alone.
NO_HOST = "none"


@dataclass(frozen=True, slots=True)
class Registry:
    """Implementations and hosts by name, in the order of their tables."""

    specs: Mapping[str, Spec]
    hosts: Mapping[str, HostSpec]

    def find(self, name: str) -> Spec:
        """Return the implementation of this name, with the options that it may bring: ``se:reduction=4``.

        Raises:
            KeyError: there is no such implementation.
            ValueError: what follows the colon is not ``name=value,...``.

        """
        base, _, options = name.partition(":")
        return self.specs[base].with_options(parse_options(options))

    def host(self, name: str) -> HostSpec:
        """Return the host of this name; ``timm:NAME`` is any network of timm, where that is installed.

        Raises:
            KeyError: there is no such host.
            ValueError: timm is not installed, or has no such network.

        """
        if name not in self.hosts and name.startswith(TIMM):
            # Imports nothing until it is asked for: timm is an optional extra.
            from .adapters.timm_hosts import timm_host

            return timm_host(name)
        return self.hosts[name]

    def with_specs(self, added: Iterable[Spec]) -> Registry:
        """Return a registry that has these specs too.

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
            specs[spec.name] = spec
        return Registry(MappingProxyType(specs), self.hosts)

    def with_hosts(self, added: Iterable[HostSpec]) -> Registry:
        """Return a registry that has these hosts too.

        Raises:
            ValueError: a name is taken, or is the word for no host.

        """
        hosts = dict(self.hosts)
        for host in added:
            if host.name in hosts or host.name == NO_HOST:
                msg = f"the host name {host.name!r} is taken; choose another"
                raise ValueError(msg)
            hosts[host.name] = host
        return Registry(self.specs, MappingProxyType(hosts))


@cache
def builtin() -> Registry:
    """Return the implementations and hosts that come with attnbench."""
    hosts = MappingProxyType({host.name: host for host in HOSTS})
    return Registry(MappingProxyType({}), hosts).with_specs(SPECS)
