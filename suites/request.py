"""What a user asks for, in the user's words, and the cases that come of it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from attn_impls import Family
from bench.errors import UsageError
from results.records import Mode, Part, Phase, Timing

from . import choices, operators, sequence_inputs, token_inputs
from .axes import AXES, PARTS, Axes
from .catalog import QUESTIONS, SUITES, View
from .families import of_families
from .option import parsed
from .selection import NO_HOST, Selection, has_slots, takes_sequences, takes_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from attn_impls import Registry
    from results.records import Case


class LeftOutWarning(UserWarning):
    """Something that was asked for has no case; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Axes):
    """Names and numbers as given; empty means the default."""

    suites: tuple[str, ...] = ()


def requested(suites: Iterable[str], given: Mapping[str, object]) -> Request:
    """Parse what a user has chosen of the axes, in any way.

    Args:
        suites: their names.
        given: values or their texts by the names of axes; other names are left alone.

    Raises:
        UsageError: a value that is not possible.

    """
    return Request(suites=tuple(suites), **parsed(AXES, given))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a plan would be carried out, as far as that is known without torch."""

    devices: tuple[str, ...]
    threads: int
    is_certain: bool = False
    """Whether this is no guess: then options of implementations are looked up."""


def plan(
    request: Request, known: Registry | None = None, place: Place | None = None
) -> tuple[tuple[str, ...], tuple[Case, ...], int]:
    """Return the names of the suites, their cases, and the CPU threads that will be used.

    A view draws on the cases of suites: these are named too.

    Args:
        request: what the user asked for.
        known: what there is to measure; by default what comes with attnbench, what is installed, and the plug-ins.
        place: where it will be carried out, or a guess at it; None: torch is imported and asked, and options of
            implementations are looked up in what builds them.

    Raises:
        UsageError: something asked for does not exist, or no case is left.

    """
    known = known or choices.registry(request.plugins)
    request = of_families(request, known)
    names = choices.suites(request.suites)
    # Everything that can be refused without torch has been refused before it is imported.
    implementations = choices.implementations(request.impls, known, checks=place is None or place.is_certain)
    hosts = choices.hosts(request.hosts, known)
    slots = choices.slots(request.slots, hosts, known)
    dtypes = choices.dtypes(request.dtypes)
    shapes = choices.logits(request.logits)
    if shapes and operators.NAME not in names:
        msg = f"--logits is for logit functions: attnbench run {operators.NAME} --logits {request.logits[0]}"
        raise UsageError(msg)
    _refuse_unused_sizes(request, implementations, known)
    tokens = token_inputs.tokens(request.lengths, request.heads, request.head_dims, request.kv_heads)
    sequences = sequence_inputs.sequences(request.grids, request.heads, request.head_dims)
    timing = Timing(request.timing or Timing.HOT)
    directions = choices.directions(request.directions, timing)
    devices = choices.devices(request.devices) if place is None else place.devices
    choices.refuse_timing(timing, devices)
    batch_sizes = choices.batch_sizes(request.batch_sizes, devices)
    threads = request.threads or (_torch_threads() if place is None else place.threads)
    as_given: dict[str, Any] = {axis.name: getattr(request, axis.name) for axis in AXES}
    selection = replace(
        Selection(implementations=implementations, **as_given),
        hosts=hosts,
        dtypes=dtypes,
        directions=directions,
        batch_sizes=batch_sizes,
        devices=devices,
        slots=slots,
        threads=threads,
        timing=timing,
        modes=_modes(request, names),
        phases=tuple(map(Phase, dict.fromkeys(request.phases))) or tuple(Phase),
        parts=tuple(PARTS[part] for part in dict.fromkeys(request.parts)) or tuple(Part),
        shapes=shapes,
        tokens=tokens,
        sequences=sequences,
    )
    selections = {name: _with_own_defaults(selection, name, request, known) for name in names}
    # A view may draw on the cases of a suite that is asked for too: each is measured once, in the catalog's order.
    wanted = dict.fromkeys(case for name in names for case in QUESTIONS[name].cases(selections[name], known))
    cases = tuple(case for name in SUITES for case in wanted if case.suite == name)
    homeless = _homeless(selection, known) if any(QUESTIONS[name].in_networks for name in names) else ""
    if not cases:
        msg = f"nothing to measure: {homeless or _nothing(names, selection)}"
        raise UsageError(msg)
    if homeless and request.impls:
        warnings.warn(f"left out: {homeless}", LeftOutWarning, stacklevel=2)
    measured = {case.suite for case in cases}
    return tuple(name for name in QUESTIONS if name in measured or name in names), cases, threads


def _torch_threads() -> int:
    import torch

    return torch.get_num_threads()


def _with_own_defaults(selection: Selection, name: str, request: Request, known: Registry) -> Selection:
    """Return the selection with the suite's own defaults where the user did not choose."""
    own = QUESTIONS[name].defaults(known)
    if own.implementations is not None and not request.impls:
        selection = replace(selection, implementations=own.implementations)
    if own.dtypes is not None and not request.dtypes:
        selection = replace(selection, dtypes=own.dtypes)
    if own.modes is not None and not request.modes:
        selection = replace(selection, modes=own.modes)
    if own.hosts is not None and not request.hosts:
        selection = replace(selection, hosts=own.hosts)
    if own.batch_sizes is not None and not request.batch_sizes:
        selection = replace(selection, batch_sizes=own.batch_sizes)
    return selection


def _modes(request: Request, names: Collection[str]) -> tuple[Mode, ...]:
    """Return how cases are executed; eager if nothing is chosen.

    Raises:
        UsageError: a chosen suite cannot execute its cases so.

    """
    modes = tuple(Mode(mode) for mode in dict.fromkeys(request.modes)) or (Mode.EAGER,)
    for name in names:
        for mode in modes:
            if mode not in QUESTIONS[name].modes:
                msg = f"{name} does not run its cases {mode}; leave out --mode {mode}"
                raise UsageError(msg)
    return modes


def _refuse_unused_sizes(request: Request, implementations: Collection[str], known: Registry) -> None:
    """Refuse sizes of tokens where nothing that works on such tokens is chosen (UsageError)."""
    specs = [known.find(name) for name in implementations]
    between, mixers = any(map(takes_tokens, specs)), any(map(takes_sequences, specs))
    attention = "attention between tokens; choose one: --impl sdpa --impl 'attention/*'"
    sizes = (
        ("--length", request.lengths, between, attention),
        ("--heads", request.heads, between or mixers, attention),
        ("--head-dim", request.head_dims, between or mixers, attention),
        ("--kv-heads", request.kv_heads, between, attention),
        ("--grid", request.grids, mixers, "token mixers; choose one: --impl mha"),
    )
    for flag, values, used, what in sizes:
        if values and not used:
            given = f"{flag} {','.join(map(str, values))}"
            msg = f"{given} is for {what} {given}"
            raise UsageError(msg)


def _homeless(selection: Selection, known: Registry) -> str:
    """Return which of the chosen attentions fit nowhere in the chosen networks, and where they would; or nothing."""
    if NO_HOST in selection.hosts:
        return ""
    networks = [known.host(name) for name in selection.hosts]
    reasons: dict[str, list[str]] = {}
    for name in selection.implementations:
        spec = known.find(name)
        fitting = {host.name: host.fitting(spec.family) for host in networks}
        chosen = {text.partition("@")[0] for text in selection.slots}
        # A mixer for which no network has a slot is measured alone.
        alone = takes_sequences(spec) and not any(network.fitting(Family.MIXER) for network in networks)
        if (
            has_slots(spec)
            and not alone
            and not any(chosen.intersection(slots) if chosen else slots for slots in fitting.values())
        ):
            where = "; ".join(f"{', '.join(slots) or 'none'} ({host})" for host, slots in fitting.items())
            reasons.setdefault(f"slots for a {spec.family}: {where}", []).append(name)
    place = f"at --slot {' '.join(selection.slots)}" if selection.slots else f"in {', '.join(selection.hosts)}"
    return "; ".join(f"no place {place} for {', '.join(names)}; {reason}" for reason, names in reasons.items())


def _nothing(names: Collection[str], selection: Selection) -> str:
    """Return why suites have no case though every attention has a place, or there is no attention."""
    views = [name for name in names if isinstance(QUESTIONS[name], View)]
    if views and set(selection.hosts) == {NO_HOST}:
        return f"{views[0]} compares with a plain network; name one with --host"
    return (
        f"{', '.join(names)} has no case for this choice; logit functions and the backward pass alone are measured "
        "by: attnbench run latency"
    )
