"""A family of implementations, chosen by its name: what is measured of it where nothing else is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from attn_impls import Family, Origin
from bench.errors import UsageError

from . import complexity, latency, memory
from .selection import added

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attn_impls import Registry

    from .request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyDefaults:
    """What a run of a family measures where the user does not choose."""

    suites: tuple[str, ...] = ()
    """None: those of every run."""
    impls: tuple[str, ...] = ()
    """None: all that come with attnbench."""
    lengths: tuple[str, ...] = ()
    batch_sizes: tuple[int, ...] = ()
    directions: tuple[str, ...] = ()


#: Ends in less than three minutes on two cores, and has lengths on both sides of where linear attention gets faster.
TOKENS = FamilyDefaults(
    suites=(complexity.NAME, latency.NAME, memory.NAME),
    impls=("sdpa", "attention/eager", "attention/hard_softmax/tiled", "attention/linear", "attention/performer"),
    lengths=("64", "128", "256", "512", "1024"),
    batch_sizes=(1,),
    directions=("forward", "both"),
)
DEFAULTS: Mapping[Family, FamilyDefaults] = MappingProxyType({Family.ATTENTION: TOKENS})


def of_families(request: Request, known: Registry) -> Request:
    """Return the request with what its families stand for; whatever is chosen beside them stays as it is.

    Raises:
        UsageError: of what is chosen nothing is of the families.

    """
    if not request.families:
        return request
    families = tuple(Family(name) for name in request.families)
    chosen = [DEFAULTS.get(family, FamilyDefaults()) for family in families]
    alone = chosen[0] if len(chosen) == 1 else FamilyDefaults()
    return replace(
        request,
        suites=request.suites or alone.suites,
        impls=_within(request.impls, families, known) if request.impls else _defaults(families, known),
        lengths=request.lengths or alone.lengths,
        batch_sizes=request.batch_sizes or alone.batch_sizes,
        directions=request.directions or alone.directions,
    )


def _defaults(families: Sequence[Family], known: Registry) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for family in families:
        ours = (name for name, spec in known.specs.items() if spec.family == family and spec.origin == Origin.OURS)
        names |= dict.fromkeys(DEFAULTS.get(family, FamilyDefaults()).impls or ours)
        names |= dict.fromkeys(name for name in added(known) if known.find(name).family == family)
    return tuple(names)


def _within(patterns: Sequence[str], families: Sequence[Family], known: Registry) -> tuple[str, ...]:
    """Return the chosen implementations that are of the families, with the options that were written."""
    from .choices import implementations

    named = implementations(patterns, known, checks=False)
    found = tuple(name for name in named if known.find(name).family in families)
    if not found:
        words = ", ".join(families)
        msg = f"--impl {' '.join(patterns)}: nothing of the family {words}; leave out --impl or --family"
        raise UsageError(msg)
    return found
