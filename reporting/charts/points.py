"""A run -> points: each measured case with all that the run knows of it, whichever suite measured that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from results.records import PLAIN, Complexity, Latency, Memory, Mode, Subject
from results.variants import RULE, variant

from .chart import Span
from .quantities import BATCH, BYTES, LATENCY, MACS, PARAMETERS, PEAK, RATIO, SAVED, SPEED

if TYPE_CHECKING:
    from results.index import Index
    from results.records import Case, Run


@dataclass(frozen=True, slots=True)
class Point:
    """A case with its quantities, in base units."""

    case: Case
    known: dict[str, Span] = field(default_factory=dict)


#: Of a run's index: each chart asks for them.
_FOUND: WeakKeyDictionary[Index, tuple[Point, ...]] = WeakKeyDictionary()


def points(run: Run) -> tuple[Point, ...]:
    """Return a point a timed case, joined with its sizes and bytes; without times one a case of memory or complexity.

    Sizes are joined by network and options, bytes by batch, direction, dtype and device too.
    """
    if run.index not in _FOUND:
        _FOUND[run.index] = _points(run)
    return _FOUND[run.index]


def _points(run: Run) -> tuple[Point, ...]:
    index = run.index
    counted = {variant(case): _sizes(found) for case, found in index.results(index.outcomes, Complexity).items()}
    watched = {_setting(case): _bytes(found) for case, found in index.results(index.outcomes, Memory).items()}
    timed = {
        case: found
        for case, found in index.results(run.plan.cases, Latency).items()
        if not case.input.is_step and not case.is_copy
    }
    kinds = (timed, index.results(run.plan.cases, Memory), index.results(run.plan.cases, Complexity))
    cases = next((list(found) for found in kinds if found), [])
    return tuple(
        Point(
            case,
            {
                BATCH: Span(value=float(case.input.batch)),
                **counted.get(variant(case), {}),
                **watched.get(_setting(case), {}),
                **(_times(index, case) if case in timed else {}),
            },
        )
        for case in cases
    )


def _setting(case: Case) -> tuple[object, ...]:
    return (variant(case), case.input.batch, case.direction, case.dtype, case.device, case.mode is Mode.EAGER)


def _sizes(found: Complexity) -> dict[str, Span]:
    macs = [(MACS, count.total) for count in found.counts if count.rule == RULE]
    counts = dict([(PARAMETERS, found.parameters), *macs])
    return {name: Span(value=float(value)) for name, value in counts.items()}


def _bytes(found: Memory) -> dict[str, Span]:
    return {
        BYTES: Span(value=float(found.read_bytes + found.written_bytes)),
        PEAK: Span(value=float(found.peak_live_bytes)),
        SAVED: Span(value=float(found.saved_bytes)),
    }


def _times(index: Index, case: Case) -> dict[str, Span]:
    time = index.estimate(case)
    known = {LATENCY: Span(value=time.median_s, low=time.low_s, high=time.high_s)}
    if case.subject is not Subject.OP:
        images = case.input.batch
        ends = (
            {}
            if time.low_s is None or time.high_s is None
            else {"low": images / time.high_s, "high": images / time.low_s}
        )
        known[SPEED] = Span(value=images / time.median_s, **ends)
    divisor, baseline = index.divisor_of(case), index.baseline_of(case)
    if divisor is None or baseline is None or divisor == case:
        return known | ({RATIO: Span(value=1.0, low=1.0, high=1.0)} if case.implementation == PLAIN else {})
    against = index.ratio(case, divisor)
    return known if against is None else known | {RATIO: Span(value=against.value, low=against.low, high=against.high)}
