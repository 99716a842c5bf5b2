"""A baseline's cases, measured again -> a verdict for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.checks import Judged, Verdict
from results.records import Case, Failed, Latency, Measured, Skipped
from results.stats import ratio

from .baseline_cases import TIMED
from .baseline_times import Timed, judge_times
from .environments import exact_differ
from .exact_run import Taken, compared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Run

    from .baseline_cases import Again, Pair
    from .limits import Limits


def judge_again(
    baseline: Run, run: Run, again: Again, *, threshold: float, limits: Limits, error_rate: float
) -> Iterator[Judged]:
    """Yield what is said of each pair.

    Args:
        baseline: the run that is compared with.
        run: what was measured now.
        again: the pairs.
        threshold: the relative slowdown that is looked for, where no limit of the project sets another.
        limits: of the project.
        error_rate: the chance, at most, that any case whose time has not changed is called slower.

    """
    timed = sum(pair.now.suite in TIMED for pair in again.pairs)
    for pair in again.pairs:
        outcome = run.index.outcomes.get(pair.now)
        match pair.was, outcome:
            case Measured(result=Latency() as was), Measured(result=Latency() as now):
                wanted = limits.of(pair.now).threshold or threshold
                yield _judge_times(baseline, run, pair, was, now, threshold=wanted, error_rate=error_rate / timed)
            case _, Measured() | Failed():
                yield _explained(compared(Taken(outcome=pair.was), Taken(outcome=outcome)), baseline, run)
            case _, Skipped(reason=reason):
                yield _incomparable(pair.now, f"not measured: {reason}")
            case _, None:
                yield _incomparable(pair.now, "not measured")


def _explained(judged: Judged, baseline: Run, run: Run) -> Judged:
    """Return an exact verdict; what else than the source may be the reason of a difference is said."""
    why = exact_differ(baseline.environment, run.environment, judged.case.device) if judged.differences else ""
    return replace(judged, reason=f"perhaps for another reason than its source: {why}") if why else judged


def _judge_times(
    baseline: Run, run: Run, pair: Pair, was: Latency, now: Latency, *, threshold: float, error_rate: float
) -> Judged:
    floors = baseline.index.noise_floor(pair.was.case), run.index.noise_floor(pair.now)
    if floors[0] is None or floors[1] is None:
        return _incomparable(pair.now, f"no noise floor of {pair.now.device}, {pair.now.timing} could be measured")
    for then, here in pair.references:
        before, after = _times(baseline, then), _times(run, here)
        if before is None or after is None or ratio(now.samples, after.samples) is None:
            continue
        return judge_times(
            pair.now,
            Timed(samples=was.samples, reference=before.samples, floor=floors[0].relative),
            Timed(samples=now.samples, reference=after.samples, floor=floors[1].relative),
            threshold=threshold,
            error_rate=error_rate,
        )
    name = pair.references[0][1].implementation
    reason = f"its reference, {name}, failed, or shares too few rounds with it"
    return _incomparable(pair.now, reason)


def _times(run: Run, case: Case) -> Latency | None:
    outcome = run.index.outcomes.get(case)
    return outcome.result if isinstance(outcome, Measured) and isinstance(outcome.result, Latency) else None


def _incomparable(case: Case, reason: str) -> Judged:
    return Judged(case=case, verdict=Verdict.INCOMPARABLE, reason=reason)
