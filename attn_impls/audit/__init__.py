"""Is an implementation fit to be measured? One question a file; every exception becomes a finding.

Importing this package imports torch.
"""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING

import torch

from ..process import EACH_CALL, ProcessState
from .checks import CHECKS
from .findings import Finding, Name, Severity, Verdict, fault, verdict
from .origin import Raised, attempt
from .shapes import find_home
from .uncompiled import uncompiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..spec import Spec
    from .places import Place

__all__ = ["Finding", "Name", "Severity", "Verdict", "audit", "verdict"]


def audit(spec: Spec, *, compile: bool = True) -> tuple[Finding, ...]:  # noqa: A002 - as in attnbench audit --compile
    """Look at an implementation in the ordinary places of its family, on the CPU.

    Args:
        spec: of any family.
        compile: also ask torch.compile, which takes about a second, and some to import.

    Returns:
        What was found; nothing if all is well.

    """
    with torch.random.fork_rng(devices=()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        process = ProcessState.take(EACH_CALL)
        with uncompiled():
            home = find_home(spec)
        process.put_back()
        if isinstance(home, Finding):
            return (home,)
        found: list[Finding] = []
        for check in CHECKS:
            faults = {finding.name for finding in found if finding.severity == Severity.FAULT}
            # A call that changes the process changes what every check would see.
            if faults & {*check.not_after, Name.PROCESS_IN_CALL} or (check.compiles and not compile):
                continue
            with nullcontext() if check.compiles else uncompiled():
                seen = attempt(_all, check.look, home)
            process.put_back()
            if isinstance(seen, Raised):
                words = f"{seen.words(spec)}, while looking"
                found.append(fault(check.name, words, "see the line named"))
            else:
                found += seen
        return tuple(found)


def _all(look: Callable[[Place], Iterable[Finding]], home: Place) -> tuple[Finding, ...]:
    return tuple(look(home))
