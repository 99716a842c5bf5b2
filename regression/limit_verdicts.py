"""A run of what limits cover -> a verdict for each case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.checks import Judged, Verdict
from results.records import Failed, Latency, Measured, Skipped
from results.stats import ratio

from .limit_cases import is_held
from .limits import beyond

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Case, Run

    from .limits import Limits


def judge_limits(limits: Limits, run: Run) -> Iterator[Judged]:
    """Yield what is said of each case of a run that a limit covers; of those without an outcome, nothing.

    Worse is what is beyond a limit: a time, if the whole interval of its ratio to the baseline is.
    """
    for outcome in run.index.in_plan_order:
        if not is_held(limits, outcome.case):
            continue
        match outcome:
            case Measured(case=case, result=Latency() as found):
                yield _judge_ratio(limits, run, case, found)
            case Measured(case=case, result=result):
                differences = beyond(limits, case, result)
                verdict = Verdict.WORSE if differences else Verdict.SAME
                yield Judged(case=case, verdict=verdict, differences=differences)
            case Failed(case=case, kind=kind, error=error):
                yield Judged(case=case, verdict=Verdict.FAILED, reason=f"{kind}: {error}")
            case Skipped(case=case, reason=reason):
                yield Judged(case=case, verdict=Verdict.INCOMPARABLE, reason=f"not measured: {reason}")


def _judge_ratio(limits: Limits, run: Run, case: Case, found: Latency) -> Judged:
    block = run.index.block_of[case]
    reference, baseline = run.index.baseline(block), run.index.baseline_of(case)
    name = "its baseline" if reference is None else f"its baseline, {reference.implementation},"
    if baseline is None:
        return Judged(case=case, verdict=Verdict.INCOMPARABLE, reason=f"{name} was not measured")
    if reference == case:
        # It takes exactly once its own time.
        return Judged(case=case, verdict=Verdict.SAME)
    limit, against = limits.of(case).ratio, ratio(found.samples, baseline.samples)
    assert limit is not None  # noqa: S101 - is_held
    if against is None:
        reason = f"too few samples in the same rounds as {name} for an interval"
        return Judged(case=case, verdict=Verdict.UNDECIDED, reason=reason)
    differences = beyond(limits, case, found, baseline)
    if differences:
        return Judged(case=case, verdict=Verdict.WORSE, differences=differences)
    if against.high <= limit:
        return Judged(case=case, verdict=Verdict.SAME)
    figures = f"{against.value:.3f} [{against.low:.3f}, {against.high:.3f}]"
    reason = f"takes {figures} times its baseline's time; the limit, {limit:g}, is in this interval"
    return Judged(case=case, verdict=Verdict.UNDECIDED, reason=reason)


def together(compared: tuple[Judged, ...], held: tuple[Judged, ...]) -> tuple[Judged, ...]:
    """Return one verdict a case, of a comparison with a base and of limits: the worse one, with all that both found.

    Args:
        compared: cases with a base.
        held: cases that limits cover.

    """
    from .order import nameless

    left = {nameless(each.case): each for each in held}
    merged = []
    for each in compared:
        limit = left.pop(nameless(each.case), None)
        merged.append(each if limit is None else _both(each, limit))
    return (*merged, *left.values())


#: The first of two verdicts counts; where limits hold, what the comparison says does.
FIRST = (Verdict.SLOWER, Verdict.WORSE, Verdict.FAILED, Verdict.UNDECIDED, Verdict.INCOMPARABLE)


def _both(compared: Judged, limit: Judged) -> Judged:
    from msgspec.structs import replace

    verdicts = {compared.verdict, limit.verdict}
    verdict = next((each for each in FIRST if each in verdicts), compared.verdict)
    reasons = dict.fromkeys(each.reason for each in (compared, limit) if each.reason)
    return replace(
        compared,
        verdict=verdict,
        differences=(*compared.differences, *limit.differences),
        reason="; ".join(reasons),
    )
