"""One case by the name of its implementation, without a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.errors import UsageError
from results.records import Logits

from . import choices, latency
from .selection import NO_HOST, Selection, entrants, op_entrants, takes_maps, takes_sequences, takes_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attn_impls import Registry
    from results.records import Case, Input


def case_by_name(
    name: str, registry: Registry, *, alone: Input, host: str | None = None, slot: str | None = None, size: int | None
) -> Case:
    """Return the case of the latency suite whose axes are still to be set.

    Args:
        name: of an implementation, with its options; ``none`` is the plain network.
        registry: what there is.
        alone: what an implementation works on where there is no network.
        host: a network; None: the implementation alone.
        slot: where in the network; None: the first that fits.
        size: height and width of a network's images; None: its own.

    Raises:
        UsageError: there is no such thing, it fits nowhere in the network, or it works on something else.

    """
    hosts = choices.hosts((host or NO_HOST,), registry)
    names = choices.implementations((name,), registry)
    slots = choices.slots(() if slot is None else (slot,), hosts, registry)
    selection = Selection(implementations=names, hosts=hosts, slots=slots, image_size=size)
    if isinstance(alone, Logits):
        found = op_entrants(selection, registry, alone)
    else:
        found = entrants(selection, registry, *hosts)
    # The plain network comes first.
    attended = found[1:] if host and names else found
    if len(attended) != 1:
        raise UsageError(_why(name, names, registry, alone=alone, host=host, slot=slot))
    case = replace(attended[0], suite=latency.NAME)
    return case if host else replace(case, input=alone)


def _why(
    name: str, names: Sequence[str], registry: Registry, *, alone: Input, host: str | None, slot: str | None
) -> str:
    """Return why a name is not one case."""
    if len(names) > 1:
        return f"{name!r} stands for {len(names)} implementations; name one"
    if not names:
        return f"{name!r} is the plain network; name one with host"
    spec = registry.find(name)
    if isinstance(alone, Logits):
        of_tokens = takes_tokens(spec) or takes_sequences(spec)
        return f"{name!r} works on {'tokens' if of_tokens else 'feature maps'}; leave out logits"
    if takes_tokens(spec) or (takes_sequences(spec) and host is None):
        inputs = "queries, keys and values" if takes_tokens(spec) else "tokens [B, N, C]"
        return f"{name!r} works on {inputs}; measure it with: attnbench run latency --impl {name}"
    if not takes_maps(spec) and not takes_sequences(spec):
        return f"{name!r} is a function on logits; give their shape: logits=(4096, 1000)"
    # All that is left: the network has no slot for it.
    fitting = ", ".join(registry.host(host).fitting(spec.family)) if host else ""
    place = f"at {slot} in {host}" if slot else f"in {host}"
    return f"{name!r} has no place {place}; slots for a {spec.family}: {fitting or 'none'}"
