"""Instructions of single calls of base and head -> a verdict.

Counts have little noise, and not none: how long the interpreter looks for a method, and malloc for memory, depends on
addresses and on what was done before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.checks import Difference, Judged

from .exact import verdict_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.records import Case

QUANTITY = "instructions"
#: Fewest counts of equal modules differ by less than half of this: see docs/regression_checks.md.
SHARE = 0.01


def judge(case: Case, base: Sequence[int], head: Sequence[int]) -> Judged:
    """Judge a case by the fewest instructions of its calls: what happens now and then only adds some.

    Args:
        case: of head.
        base: instructions of calls, one a call.
        head: likewise.

    """
    before, after = min(base), min(head)
    differs = abs(after - before) > SHARE * before
    found = (Difference(quantity=QUANTITY, base=before, head=after, worse=after > before),) if differs else ()
    return Judged(case=case, verdict=verdict_of(found), differences=found)
