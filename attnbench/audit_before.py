"""The audit of plug-ins before a run: in a process of its own, because they may hang or die in it."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

from attn_impls import Origin
from bench.errors import UsageError
from bench.limits import environment_changes
from bench.subprocesses import collect
from reporting.describe import plural
from results.records import PLAIN
from suites import choices

from .progress.steps import step
from .user_warnings import AuditWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from attn_impls.plugins import SourceFile
    from results.records import Case, Plan

    from .output import Output

#: Seconds that it may take, with the import of torch: it is not what was asked for. --time-limit is of a case's step.
AUDIT_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Warned:
    """What was found before a run, in one line."""

    severity: str
    """``fault`` or ``note``."""
    line: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.line}"

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Return what ``str`` made a text of."""
        severity, _, line = text.partition(": ")
        return cls(severity, line)


def plugin_warnings(
    plugins: Sequence[str],
    names: Sequence[str],
    *,
    devices: Collection[str],
    time_limit_s: float,
    pinned: tuple[SourceFile, ...] = (),
    told: Callable[[int], object] | None = None,
) -> tuple[Warned, ...]:
    """Audit implementations of plug-ins in a process of its own, which may hang or die, without torch.compile.

    Args:
        plugins: as ``--plugin`` takes them.
        names: of the implementations.
        devices: of the run. Audits compute on the CPU, but a plug-in sees the GPUs that it will see in the worker.
        time_limit_s: for the import of torch and all of them together.
        pinned: the only files of plug-ins that may be executed; none: whatever is there.
        told: is called with the number of implementations that have been audited.

    Returns:
        One line a finding, and one more, a fault, for each that ended the process and if the time was over.

    """
    found: list[Warned] = []
    left, until = list(names), time.monotonic() + time_limit_s
    while left:
        before = len(names) - len(left)
        ended = collect(
            audit_each,
            tuple(plugins),
            tuple(left),
            pinned,
            variables=environment_changes(devices),
            time_limit_s=max(until - time.monotonic(), 0),
            told=None if told is None else partial(_told_on, told, before),
        )
        audited = [item for item in ended.items if not isinstance(item, UsageError)]
        found += [warned for _, each in audited for warned in each]
        left = left[len(audited) :]
        refused = next((f"ended: {item}" for item in ended.items if isinstance(item, UsageError)), None)
        if refused is None and ended.status is not None:
            if ended.status and left:
                # It has ended the process with it: the others are audited in another.
                found.append(Warned("fault", f"the audit of {left[0]!r} ended with status {ended.status}"))
                del left[0]
            elif ended.status:
                found.append(Warned("fault", f"the audit of plug-ins ended with status {ended.status}, after the last"))
            continue
        end = refused or f"was stopped after {time_limit_s:g} s, at {left[0]!r}"
        found.append(Warned("fault", f"the audit of plug-ins {end}; not audited: {', '.join(left)}"))
        break
    return tuple(found)


def _told_on(told: Callable[[int], object], before: int, count: int) -> None:
    told(before + count)


def audit_each(
    plugins: tuple[str, ...], names: tuple[str, ...], pinned: tuple[SourceFile, ...] = ()
) -> Iterator[tuple[str, tuple[Warned, ...]] | UsageError]:
    """Yield what is found in one implementation after the other; or an error alone, if a plug-in cannot be used."""
    from attn_impls.audit import audit
    from bench.threads import cpu_threads

    try:
        known = choices.registry(plugins, pinned)
    except UsageError as error:
        yield error
        return
    for name in names:
        # One thread: on maps this small, more cost time.
        with cpu_threads(1):
            findings = audit(known.find(name), compile=False)
        yield (
            name,
            tuple(Warned(str(each.severity), f"{name}: {each.name}: {each.words}; {each.remedy}") for each in findings),
        )


def audit_planned(
    plan: Plan, cases: Iterable[Case], output: Output, pinned: tuple[SourceFile, ...] = ()
) -> tuple[Warned, ...]:
    """Audit what a plan's plug-ins bring to these cases, normalisers inside our own modules too.

    What an adapter brings is an installed library's: who measures it cannot mend it, and attnbench audit looks at it.

    Args:
        plan: has the plug-ins.
        cases: that are measured.
        output: shows how far the audit is.
        pinned: the only files of plug-ins that may be executed; none: whatever is there.

    """
    known = choices.registry(plan.plugins, pinned)
    planned = dict.fromkeys(case.implementation for case in cases if case.implementation != PLAIN)
    specs = [known.find(name) for name in planned]
    parts = {part.name: part.origin for spec in specs for part in (spec, *spec.parts.values())}
    own = [name for name, origin in parts.items() if origin in {Origin.INSTALLED, Origin.PLUGIN}]
    if not own:
        return ()
    devices = frozenset(case.device for case in plan.cases)
    with step("audit", output) as audit:

        def tell(count: int) -> None:
            name = own[count] if count < len(own) else ""
            audit.at(f"{count}/{len(own)} {name}")

        tell(0)
        found = plugin_warnings(
            plan.plugins, own, devices=devices, time_limit_s=AUDIT_LIMIT_S, pinned=pinned, told=tell
        )
        audit.end(_audit_words(found))
    return found


def _audit_words(found: Collection[Warned]) -> str:
    faults = sum(each.severity == "fault" for each in found)
    notes = len(found) - faults
    words = [plural(count, noun) for count, noun in ((faults, "fault"), (notes, "note")) if count]
    return ", ".join(words) or "ok"


def warn_of(found: Iterable[Warned], *, notes: bool) -> None:
    """Warn of what was found: of faults in any case, because what is measured may not be what is meant."""
    for each in found:
        if each.severity == "fault" or notes:
            warnings.warn(each.line, AuditWarning, stacklevel=3)
