"""The audit of plug-ins before a run: in a process of its own, because they may hang or die in it."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attn_impls import Origin
from bench.executors.guard import Guard
from bench.limits import environment_changes
from results.records import PLAIN
from suites import choices

from .user_warnings import AuditWarning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from results.records import Case, Plan

#: Exit status of ``attnbench audit`` where something is a fault.
UNFIT_STATUS = 1
#: Seconds that it may take, with the import of torch: it is not what was asked for.
AUDIT_LIMIT_S = 60.0
#: The child takes over the parent's import path: what the parent found, it finds.
PROGRAM = "import sys; sys.path[:] = {path!r}; from attnbench.cli.main import main; main({arguments!r})"


@dataclass(frozen=True, slots=True)
class Warned:
    """What was found before a run, in one line."""

    severity: str
    """``fault`` or ``note``."""
    line: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.line}"


def plugin_warnings(
    plugins: Sequence[str], names: Sequence[str], *, devices: Collection[str], time_limit_s: float
) -> tuple[Warned, ...]:
    """Audit implementations of plug-ins in a process of its own, which may hang or die, without torch.compile.

    Args:
        plugins: as ``--plugin`` takes them.
        names: of the implementations; none: all that the plug-ins bring.
        devices: of the run. Audits compute on the CPU, but a plug-in sees the GPUs that it will see in the worker.
        time_limit_s: for the import of torch and all of them together.

    Returns:
        One line a finding, and one more, a fault, if the audit did not come to its end.

    """
    arguments = ["audit", "--no-compile", "--format", "csv"]
    arguments += [part for plugin in plugins for part in ("--plugin", plugin)]
    arguments += [part for name in names for part in ("--impl", name)]
    program = PROGRAM.format(path=sys.path, arguments=arguments)
    end = ""
    try:
        with Guard() as guard:
            done = subprocess.run(  # noqa: S603 - our own program
                [sys.executable, "-c", program],
                capture_output=True,
                timeout=time_limit_s,
                check=False,
                env=guard.environment | environment_changes(devices),
            )
        out = done.stdout
        if done.returncode not in {0, UNFIT_STATUS}:
            # The last line is attnbench's own, or anything that an implementation has printed.
            last = (done.stderr.decode(errors="replace").strip().splitlines() or [""])[-1]
            reason = f": {last}" if last.startswith("attnbench: ") else ""
            end = f"the audit of plug-ins ended with status {done.returncode}{reason}"
    except subprocess.TimeoutExpired as stopped:
        out = stopped.stdout or b""
        end = f"the audit of plug-ins was stopped after {time_limit_s:g} s"
    rows = list(csv.DictReader(io.StringIO(out.decode(errors="replace"))))
    found = [
        Warned(row["severity"], f"{row['implementation']}: {row['finding']}: {row['seen']}; {row['remedy']}")
        for row in rows
        if row["severity"] in {"fault", "note"}
    ]
    if end:
        audited = tuple(dict.fromkeys(row["implementation"] for row in rows))
        at_hand = next((f", at {name!r}" for name in names if name not in audited), "")
        found.append(Warned("fault", f"{end}{at_hand}; audited before: {', '.join(audited) or 'none'}"))
    return tuple(found)


def audit_planned(plan: Plan, cases: Iterable[Case]) -> tuple[Warned, ...]:
    """Audit what a plan's plug-ins bring to these cases, normalisers inside our own modules too.

    What an adapter brings is an installed library's: who measures it cannot mend it, and attnbench audit looks at it.
    """
    known = choices.registry(plan.plugins)
    planned = dict.fromkeys(case.implementation for case in cases if case.implementation != PLAIN)
    specs = [known.find(name) for name in planned]
    parts = {part.name: part.origin for spec in specs for part in (spec, *spec.parts.values())}
    own = [name for name, origin in parts.items() if origin in {Origin.INSTALLED, Origin.PLUGIN}]
    if not own:
        return ()
    devices = frozenset(case.device for case in plan.cases)
    return plugin_warnings(plan.plugins, own, devices=devices, time_limit_s=min(plan.time_limit_s, AUDIT_LIMIT_S))


def warn_of(found: Iterable[Warned], *, notes: bool) -> None:
    """Warn of what was found: of faults in any case, because what is measured may not be what is meant."""
    for each in found:
        if each.severity == "fault" or notes:
            warnings.warn(each.line, AuditWarning, stacklevel=3)
