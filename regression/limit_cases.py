"""Limits of a project -> the cases that must be measured to hold them, and the baselines of those that are timed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from bench.errors import UsageError
from results.blocks import OP_BASELINE, blocks_of
from results.records import PLAIN, Subject
from suites import choices, complexity, latency, memory, overflow
from suites.request import plan, requested
from suites.selection import takes_logits

from .limits import Limit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attn_impls import Registry
    from results.records import Case
    from suites.request import Request

    from .limits import Limits

#: Suite -> the quantities of its results that a limit can set. A threshold is no limit of a result.
QUANTITIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        complexity.NAME: ("parameters", "macs"),
        memory.NAME: ("saved_bytes",),
        overflow.NAME: ("overflow",),
        latency.NAME: ("ratio",),
    }
)
#: How ``plan`` begins to say that nothing that was asked for can be measured.
NOTHING = "nothing to measure"
NO_BASELINE = (
    "an attention alone has no baseline; name a network, with host in the limit or with --host, or leave out the ratio"
)


class LimitWarning(UserWarning):
    """A limit was not held against anything, because of what was chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCases:
    """What must be measured."""

    cases: tuple[Case, ...]
    """Baselines included."""
    threads: int


def is_held(limits: Limits, case: Case) -> bool:
    """Return whether a limit can be held against a case. The plain network is what others are compared with."""
    held = limits.of(case)
    return case.implementation != PLAIN and any(
        getattr(held, name) is not None for name in QUANTITIES.get(case.suite, ())
    )


def limit_cases(
    limits: Limits, chosen: Mapping[str, object], defaults: Mapping[str, object], known: Registry
) -> LimitCases:
    """Return the cases of all limits.

    Args:
        limits: of the project.
        chosen: values of axes by name, which narrow down what the limits name. Without a choice each limit is held
            against all that it covers.
        defaults: values of axes where neither a limit nor a choice says anything.
        known: what there is to measure.

    Raises:
        UsageError: there are no limits, a limit names what does not exist, or covers no case.

    """
    wanted: dict[Case, None] = {}
    threads = 1
    for limit in limits.limits:
        for suite, quantities in QUANTITIES.items():
            set_here = [name for name in quantities if getattr(limit, name) is not None]
            if not set_here:
                continue
            try:
                found = _cases(limit, suite, chosen, defaults, known)
            except UsageError as error:
                line = f"the limit on {', '.join(set_here)} of {_words(limit)}: {error}"
                if not (_narrows(chosen) and str(error).startswith(NOTHING)):
                    raise UsageError(line) from None
                warnings.warn(f"not held: {line}", LimitWarning, stacklevel=2)
            else:
                threads = found.threads
                wanted |= dict.fromkeys(found.cases)
    if not wanted:
        msg = (
            "no limit can be held against what was chosen; choose more, or less strictly"
            if _narrows(chosen) and limits.limits
            else "no limits in pyproject.toml; write [[tool.attnbench.check.limit]] with impl and, say, parameters"
        )
        raise UsageError(msg)
    # One suite after the other, whichever limit asked first.
    order = list(QUANTITIES)
    return LimitCases(cases=tuple(sorted(wanted, key=lambda case: order.index(case.suite))), threads=threads)


def _narrows(chosen: Mapping[str, object]) -> bool:
    return any(chosen.get(name) for name in ("impls", "hosts", "dtypes", "directions"))


def _words(limit: Limit) -> str:
    where = {name: getattr(limit, name) for name in ("host", "dtype", "direction")}
    return ", ".join([repr(limit.impl), *(f"{name} {value}" for name, value in where.items() if value is not None)])


def _cases(
    limit: Limit, suite: str, chosen: Mapping[str, object], defaults: Mapping[str, object], known: Registry
) -> LimitCases:
    """Return the cases of one suite that a limit covers, with their baselines.

    Raises:
        UsageError: there are none, or something does not exist.

    """
    request = _request(limit, suite, chosen, defaults)
    names = _names(limit, request.impls, known)
    if suite == latency.NAME and any(takes_logits(known.find(name)) for name in names):
        names = tuple(dict.fromkeys((*names, OP_BASELINE)))
    with warnings.catch_warnings():
        # A pattern may cover attentions that have no place in the network; a limit without any case is an error.
        warnings.simplefilter("ignore")
        _, cases, threads = plan(replace(request, impls=names), known)
    covered = {case for case in cases if limit.covers(case) and case.implementation != PLAIN}
    if not covered:
        msg = f"{NOTHING}: {suite} has no such case"
        raise UsageError(msg)
    if suite == latency.NAME:
        covered = {case for case in covered if case.subject is not Subject.MODULE}
        if not covered:
            msg = f"{NOTHING}: {NO_BASELINE}"
            raise UsageError(msg)
        covered |= {
            block.cases[block.baseline]
            for block in blocks_of(cases)
            if block.baseline is not None and covered.intersection(block.cases)
        }
    return LimitCases(cases=tuple(case for case in cases if case in covered), threads=threads)


def _request(limit: Limit, suite: str, chosen: Mapping[str, object], defaults: Mapping[str, object]) -> Request:
    """Return what a limit asks for, narrowed down by what was chosen."""
    named: dict[str, tuple[str, ...]] = {
        "impls": (limit.impl,),
        "hosts": (limit.host,) if limit.host else (),
        "dtypes": (limit.dtype,) if limit.dtype else (),
        "directions": (limit.direction.value,) if limit.direction else (),
    }
    narrowed = {name: value for name, value in chosen.items() if name not in named or not named[name]}
    narrowed["impls"] = chosen.get("impls") or named["impls"]
    for name in ("hosts", "dtypes", "directions"):
        picked = chosen.get(name)
        texts = [picked] if isinstance(picked, str) else [*picked] if isinstance(picked, Iterable) else []
        if named[name] and texts and not _meets(name, named[name][0], texts):
            msg = f"{NOTHING}: {', '.join(map(str, texts))} was chosen"
            raise UsageError(msg)
        if named[name]:
            narrowed[name] = named[name]
    return requested((suite,), dict(defaults) | narrowed)


def _meets(axis: str, named: str, texts: Sequence[object]) -> bool:
    """Return whether a limit's word is among those chosen; ``both`` is another word for ``forward+backward``."""
    if axis == "directions":
        return named in {choices.DIRECTIONS[text].value for text in map(str, texts) if text in choices.DIRECTIONS}
    return named in set(map(str, texts))


def _names(limit: Limit, patterns: tuple[str, ...], known: Registry) -> tuple[str, ...]:
    """Return the implementations that are chosen and covered."""
    # Whatever was chosen, a pattern that names nothing is misspelt.
    choices.implementations((limit.impl,), known)
    found = choices.implementations(patterns, known)
    names = tuple(name for name in found if Limit(impl=limit.impl).matches(name))
    if not names:
        msg = f"{NOTHING}: {', '.join(patterns)} was chosen"
        raise UsageError(msg)
    return names
