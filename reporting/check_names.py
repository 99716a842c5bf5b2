"""What the cases of a check are called, in which order they stand, and to which tier they belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from results.checks import Verdict
from results.kinds import Subject
from results.text import printable

from . import describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from results.cases import Case
    from results.checks import Check, Judged

#: The suite whose cases are timed; all others are exact.
TIMED_SUITE = "latency"
#: What fails a job first, then what nothing is known of, then what is good news, then all the rest.
ORDER = (
    *(Verdict.SLOWER, Verdict.WORSE, Verdict.FAILED, Verdict.UNDECIDED, Verdict.INCOMPARABLE),
    *(Verdict.FASTER, Verdict.BETTER, Verdict.NEW, Verdict.GONE, Verdict.SAME),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Cases by the words in which they differ."""

    shared: str
    """What all cases have in common: network, input, dtype, device; empty if nothing."""
    short: Mapping[Case, str]
    """``se, forward``: the label, then what is not the same in all cases."""


def in_order(judged: Iterable[Judged]) -> list[Judged]:
    """Return bad verdicts first; cases of one verdict stay in the order of the plan."""
    return sorted(judged, key=lambda each: ORDER.index(each.verdict))


def timed(check: Check) -> list[Judged]:
    """Return the cases whose times are compared, bad verdicts first."""
    return in_order(each for each in check.judged if _is_timed(each))


def exact(check: Check) -> list[Judged]:
    """Return the cases whose quantities have no noise, bad verdicts first."""
    return in_order(each for each in check.judged if not _is_timed(each))


def names(cases: Iterable[Case]) -> Names:
    """Return what tables call these cases, and what stands above the table instead."""
    known = tuple(dict.fromkeys(cases))
    parts = {case: _parts(case) for case in known}
    columns = tuple(zip(*parts.values(), strict=True))
    common = [len(set(column)) == 1 for column in columns]
    labels = _labels(known)
    short = {
        case: printable(
            ", ".join(
                (labels[case], *(part for part, same in zip(parts[case], common, strict=True) if part and not same))
            )
        )
        for case in known
    }
    shared = [column[0] for column, same in zip(columns, common, strict=True) if same and column[0]]
    # A title has only the batch size of a network's images.
    inputs = dict.fromkeys(describe.input_words(case) for case in known if case.subject is Subject.NETWORK)
    return Names(shared=printable(", ".join((*shared, *inputs))), short=short)


def stable_name(case: Case) -> str:
    """Return a name that stays the same from check to check: it says nothing of source, defaults or other cases."""
    from msgspec.structs import replace

    return printable(describe.full_name(replace(case, options=())))


def _is_timed(judged: Judged) -> bool:
    return judged.pace is not None or judged.case.suite == TIMED_SUITE


def _parts(case: Case) -> tuple[str, ...]:
    execution = ", ".join(describe.execution_words(case))
    return (*case.input.title(case.host, case.direction), case.dtype, case.device, execution)


def _labels(cases: Iterable[Case]) -> dict[Case, str]:
    """Return labels with slot and options only where two implementations, not two cases of one, share a name."""
    alike = {
        case: (case.subject is Subject.OP, case.implementation, case.mode, case.slot, case.options) for case in cases
    }
    representatives = {key: case for case, key in alike.items()}
    found = describe.labels(tuple(representatives.values()))
    return {case: found[representatives[key]] for case, key in alike.items()}
