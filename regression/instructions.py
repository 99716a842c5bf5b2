"""Instructions of single calls of base and head -> a verdict.

Counts have little noise, and not none: how long the interpreter looks for a method, and malloc for memory, depends on
addresses and on what was done before.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from results.checks import Difference, Judged

from .exact import verdict_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.records import Case

QUANTITY = "instructions"
#: Medians of two copies of one source differed by at most about half of this: see docs/regression_checks.md.
SHARE = 0.01


def judge(case: Case, base: Sequence[int], head: Sequence[int]) -> Judged:
    """Judge a case by the medians: what happens in some calls only does not count.

    Args:
        case: of head.
        base: instructions of calls, one a call.
        head: likewise.

    """
    before, after = median(base), median(head)
    differs = abs(after - before) > SHARE * before
    found = (Difference(quantity=QUANTITY, base=before, head=after, worse=after > before),) if differs else ()
    return Judged(case=case, verdict=verdict_of(found), differences=found)
