"""What the user chose, as names that exist; the suites turn it into cases."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attn_impls import Family, sources
from attn_impls import registry as names
from results.records import (
    PLAIN,
    Case,
    Direction,
    FeatureMap,
    Images,
    Logits,
    Mode,
    Part,
    Phase,
    Sequences,
    Timing,
    Tokens,
)

from . import sequence_inputs, token_inputs
from .axes import CHANNELS_LAST, Axes

if TYPE_CHECKING:
    from attn_impls import HostSpec, Registry, Spec
    from attn_impls.spec import Factory
    from results.records import Input, OptionValue

#: Among the names of backbones: the attention alone, on one feature map.
NO_HOST = names.NO_HOST

#: The feature map of an attention alone: that of the first stage of the PSK paper's ResNeXt.
ALONE_CHANNELS = 64
ALONE_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection(Axes):
    """The axes of a plan, looked up. Every combination that makes sense becomes a case.

    The fields here stand in place of what a user wrote, or beside it; all others are as in the table of axes.
    """

    implementations: tuple[str, ...]
    """Names in the registry, without the plain backbone, which is always there."""
    hosts: tuple[str, ...]
    devices: tuple[str, ...] = ("cpu",)
    batch_sizes: tuple[int, ...] = (1,)
    dtypes: tuple[str, ...] = ("float32",)
    directions: tuple[Direction, ...] = tuple(Direction)
    timing: Timing = Timing.HOT
    modes: tuple[Mode, ...] = (Mode.EAGER,)
    """Of the suites that can compile."""
    phases: tuple[Phase, ...] = tuple(Phase)
    parts: tuple[Part, ...] = tuple(Part)
    shapes: tuple[tuple[tuple[int, ...], int], ...] = ()
    """Shapes and dimensions of logit functions; empty: the suite's own."""
    tokens: tuple[Tokens, ...] = token_inputs.DEFAULT
    """Queries, keys and values of attentions between tokens, for a batch of one."""
    sequences: tuple[Sequences, ...] = sequence_inputs.DEFAULT
    """Tokens of mixers alone, for a batch of one."""

    @property
    def channels_last(self) -> bool:
        """Whether networks and modules, with their inputs, lie in memory channels last."""
        return self.memory_format == CHANNELS_LAST

    def threads_on(self, device: str) -> int | None:
        """CPU threads are a fact of a case only where the CPU does the work."""
        return self.threads if device == "cpu" else None

    def timing_on(self, device: str) -> Timing:
        """Caches can be flushed, and graphs replayed, on CUDA devices alone."""
        return Timing.HOT if device == "cpu" else self.timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a suite measures where the user does not choose; None: what all suites do."""

    implementations: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] | None = None
    modes: tuple[Mode, ...] | None = None
    """Empty: the suite chooses for each implementation."""
    hosts: tuple[str, ...] | None = None
    batch_sizes: tuple[int, ...] | None = None
    """Empty: the suite chooses for each backbone."""


def entrants(selection: Selection, registry: Registry, host: str) -> list[Case]:
    """Return what can be measured in this backbone, each as a case whose axes are still to be set.

    The plain network comes first, then every attention that has a slot there. Without a backbone (``none``): every
    attention alone. The input is a batch of one.
    """
    specs = [registry.find(name) for name in selection.implementations]
    if host == NO_HOST:
        size = selection.image_size or ALONE_SIZE
        alone = FeatureMap(batch=1, channels=ALONE_CHANNELS, height=size, width=size)
        return [_entrant(spec, alone) for spec in specs if takes_maps(spec)]
    network = registry.host(host)
    size = selection.image_size or network.image_size
    images = Images(
        batch=1,
        channels=network.in_channels,
        height=size,
        width=size,
        num_classes=selection.num_classes or network.num_classes,
    )

    def in_host(implementation: Spec | None, slot: str | None) -> Case:
        factories = _factories(network) if implementation is None else [*_factories(network), *implementation.factories]
        return Case(
            suite="",
            implementation=PLAIN if implementation is None else implementation.name,
            source=sources.digest(*factories),
            options=() if implementation is None else _options(implementation),
            host=host,
            slot=slot,
            input=images,
        )

    attended = [in_host(spec, slot) for spec in specs for slot in _slots(spec, network, selection.slots)]
    # A choice of logit functions alone says nothing of networks; an empty choice asks for the plain one.
    return [in_host(None, None), *attended] if attended or not specs else []


def as_it_is_now(case: Case, registry: Registry) -> Case:
    """Return the case with the digest of today's source: another case, if implementation or backbone has changed.

    Raises:
        KeyError: the implementation or the backbone is gone.
        ValueError: its normaliser is gone.

    """
    factories = [] if case.host is None else _factories(registry.host(case.host))
    if case.implementation == PLAIN:
        return replace(case, source=sources.digest(*factories), options=())
    spec = registry.find(case.implementation)
    return replace(case, source=sources.digest(*factories, *spec.factories), options=_options(spec))


def _factories(host: HostSpec) -> list[str | Factory]:
    """Return what the plain backbone is made of: a change of any of it is another network."""
    return [host.factory, *(occupant.factory for occupant in host.occupants.values())]


def _slots(spec: Spec, host: HostSpec, chosen: tuple[str, ...]) -> list[str]:
    """Return where in this backbone an attention goes: the chosen slots that fit, or the default one."""
    if chosen:
        return [slot for slot in chosen if slot.partition("@")[0] in host.fitting(spec.family)]
    default = host.default_slot(spec.family)
    return [] if default is None else [default]


def op_entrants(selection: Selection, registry: Registry, logits: Logits) -> list[Case]:
    """Return the chosen logit functions (normalisers, activations), as cases whose axes are still to be set."""
    specs = [registry.find(name) for name in selection.implementations]
    return [_entrant(spec, logits) for spec in specs if takes_logits(spec)]


def token_groups(selection: Selection, registry: Registry) -> list[list[Case]]:
    """Return the chosen attentions between tokens, those together that see the same keys of the same tokens.

    PyTorch's own is always among them, first: without it there are no ratios.
    """
    specs = [spec for spec in map(registry.find, selection.implementations) if takes_tokens(spec)]
    patterns = dict.fromkeys(spec.seen for spec in specs)
    groups: list[list[Case]] = []
    for tokens in selection.tokens:
        for seen in patterns:
            works_on = replace(tokens, **asdict(seen))
            baseline = registry.find(works_on.baseline)
            others = [spec for spec in specs if spec.seen == seen]
            named = {spec.name: spec for spec in (baseline, *others)}
            groups.append([_entrant(spec, works_on) for spec in named.values()])
    return groups


def mixer_groups(selection: Selection, registry: Registry) -> list[list[Case]]:
    """Return the chosen token mixers alone, those together that promise to see the same tokens.

    None where a chosen network has a slot for them, unless they are asked for alone. Multi-head attention is always
    among them, first: without it there are no ratios.
    """
    networks = [registry.host(host) for host in selection.hosts if host != NO_HOST]
    specs = [spec for spec in map(registry.find, selection.implementations) if takes_sequences(spec)]
    if NO_HOST not in selection.hosts and any(network.fitting(Family.MIXER) for network in networks):
        return []
    groups: list[list[Case]] = []
    for sequences in selection.sequences:
        for causal in dict.fromkeys(spec.causal for spec in specs):
            works_on = replace(sequences, causal=causal)
            named = {spec.name: spec for spec in (registry.find(works_on.baseline), *specs) if spec.causal == causal}
            groups.append([_entrant(spec, works_on) for spec in named.values()])
    return groups


def added(registry: Registry) -> tuple[str, ...]:
    """Return what joins the defaults of every suite that can measure its family: what ``--plugin`` names brings.

    Whoever names a plug-in wants to see it. What an installed package brings is there unasked: it is chosen with
    ``--impl``, and the same command measures the same on machines with other packages.
    """
    return tuple(name for name, spec in registry.specs.items() if spec.origin.asked_for)


def takes_maps(spec: Spec) -> bool:
    """Return whether the implementation maps feature maps."""
    return spec.family in {Family.GATE, Family.BRANCH}


def takes_logits(spec: Spec) -> bool:
    """Return whether the implementation is a logit function."""
    return spec.family in {Family.NORMALIZER, Family.ACTIVATION}


def takes_tokens(spec: Spec) -> bool:
    """Return whether the implementation is an attention between tokens."""
    return spec.family == Family.ATTENTION


def takes_sequences(spec: Spec) -> bool:
    """Return whether the implementation is a token mixer."""
    return spec.family == Family.MIXER


def has_slots(spec: Spec) -> bool:
    """Return whether the implementation goes into slots of networks by itself."""
    return takes_maps(spec) or takes_sequences(spec)


def _options(spec: Spec) -> tuple[tuple[str, OptionValue], ...]:
    return tuple(sorted(spec.options.items()))


def _entrant(spec: Spec, works_on: Input) -> Case:
    return Case(
        suite="",
        implementation=spec.name,
        source=sources.digest(*spec.factories),
        options=_options(spec),
        input=works_on,
    )
