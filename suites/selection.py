"""What the user chose, as names that exist; the suites turn it into cases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attn_impls import Family, sources
from results.records import PLAIN, Case, Direction, OptionValue, Subject, Timing

if TYPE_CHECKING:
    from attn_impls import Registry, Spec
    from attn_impls.spec import Factory

#: Stands for "no host" among the names of hosts: the attention alone, on one feature map.
NO_HOST = "none"

#: The feature map and the replaced convolution of an attention alone: the first stage of the PSK paper's ResNeXt.
ALONE_CHANNELS = 64
ALONE_GROUPS = 16
ALONE_KERNEL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The axes of a plan. Every combination that makes sense becomes a case."""

    implementations: tuple[str, ...]
    """Names in the registry, without the plain host, which is always there."""
    hosts: tuple[str, ...]
    devices: tuple[str, ...] = ("cpu",)
    batch_sizes: tuple[int, ...] = (1,)
    dtypes: tuple[str, ...] = ("float32",)
    directions: tuple[Direction, ...] = tuple(Direction)
    image_size: int = 32
    num_classes: int = 100
    threads: int | None = None
    timing: Timing = Timing.HOT

    def threads_on(self, device: str) -> int | None:
        """CPU threads are a fact of a case only where the CPU does the work."""
        return self.threads if device == "cpu" else None

    def timing_on(self, device: str) -> Timing:
        """Caches can be flushed, and graphs replayed, on CUDA devices alone."""
        return Timing.HOT if device == "cpu" else self.timing


def entrants(selection: Selection, registry: Registry, host: str) -> list[Case]:
    """Return what can be measured in this host, each as a case whose axes are still to be set.

    The plain network comes first, then every attention that has a slot there. Without a host (``none``): every
    attention alone. The shape is that of a batch of one.
    """
    specs = [registry.specs[name] for name in selection.implementations]
    size = selection.image_size
    if host == NO_HOST:
        shape = (1, ALONE_CHANNELS, size, size)
        return [_entrant(spec, Subject.MODULE, shape) for spec in specs if is_attention(spec)]
    network = registry.hosts[host]

    def in_host(implementation: Spec | None, slot: str | None) -> Case:
        factories = [network.factory] if implementation is None else [network.factory, implementation.factory]
        return Case(
            suite="",
            implementation=PLAIN if implementation is None else implementation.name,
            source=sources.digest(*factories),
            options=() if implementation is None else _options(implementation),
            subject=Subject.NETWORK,
            host=host,
            slot=slot,
            num_classes=selection.num_classes,
            shape=(1, 3, size, size),
        )

    slots = [(spec, network.default_slot(spec.family)) for spec in specs]
    attended = [in_host(spec, slot) for spec, slot in slots if slot is not None]
    # A choice of functions on logits alone says nothing of networks; an empty choice asks for the plain one.
    return [in_host(None, None), *attended] if attended or not specs else []


def as_it_is_now(case: Case, registry: Registry) -> Case:
    """Return the case with the digest of today's source: another case, if the implementation or the host has changed.

    Raises:
        KeyError: the implementation or the host is gone.

    """
    factories: list[str | Factory] = [] if case.host is None else [registry.hosts[case.host].factory]
    if case.implementation != PLAIN:
        factories.append(registry.specs[case.implementation].factory)
    options = () if case.implementation == PLAIN else _options(registry.specs[case.implementation])
    return replace(case, source=sources.digest(*factories), options=options)


def op_entrants(selection: Selection, registry: Registry) -> list[Case]:
    """Return the chosen functions on logits (normalisers, activations), as cases whose axes are still to be set."""
    specs = [registry.specs[name] for name in selection.implementations]
    return [_entrant(spec, Subject.OP, ()) for spec in specs if not is_attention(spec)]


def is_attention(spec: Spec) -> bool:
    """Return whether the implementation maps feature maps, not logits."""
    return spec.family in {Family.GATE, Family.BRANCH}


def _options(spec: Spec) -> tuple[tuple[str, OptionValue], ...]:
    return tuple(sorted(spec.options.items()))


def _entrant(spec: Spec, subject: Subject, shape: tuple[int, ...]) -> Case:
    return Case(
        suite="",
        implementation=spec.name,
        source=sources.digest(spec.factory),
        options=_options(spec),
        subject=subject,
        shape=shape,
    )
