"""A whole check: judge in worker processes, go on after one that died, and confirm what is worse in a fresh one.

Where the two versions cannot be loaded into one process, each gets processes of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec.structs import replace as changed

from bench.errors import UsageError, WorkerLostError
from bench.events import Started
from results.checks import BAD, Judged, Verdict

from .calls import Calls
from .counted_cases import as_counted, as_timed
from .order import Apart, Confirming, Planned, nameless
from .twice import NotTwiceError
from .two_processes import check_apart
from .worker import Died, in_worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from results.records import Case

    from .order import Event, Order

#: Added to the seed of the second process: what happens to be first in one must not be first in both.
OTHER_SEED = 1


def check(order: Order, *, devices: Sequence[str], step_limit_s: float) -> Iterator[Event | Confirming | Apart]:
    """Judge what is ordered; yields every event, and exactly one ``Judged`` a case.

    What is worse is held back until a second process, in which everything is loaded and built anew, has seen it too.

    Args:
        order: what to check.
        devices: of all cases.
        step_limit_s: seconds without an event after which a worker process is killed.

    Raises:
        BaseLoadError: base cannot be imported.
        HeadError: head cannot be imported.
        UsageError: something that was asked for does not exist.

    """
    doubtful: list[Judged] = []
    for event in _judge(order, devices, step_limit_s):
        if isinstance(event, Judged) and event.verdict in BAD:
            doubtful.append(event)
        else:
            yield event
    if not doubtful:
        return
    cases = tuple(judged.case for judged in doubtful)
    yield Confirming(cases=cases)
    again = replace(
        order,
        only=frozenset(cases),
        only_changed=False,
        seed=order.seed + OTHER_SEED,
        second=True,
    )
    second: list[Judged] = []
    for event in _judge(again, devices, step_limit_s):
        if isinstance(event, Judged):
            second.append(event)
        else:
            yield event
    yield from confirmed(doubtful, second)


def confirmed(first: Iterable[Judged], second: Iterable[Judged]) -> Iterator[Judged]:
    """Return what two processes say together: worse only if both do.

    Args:
        first: what one process found worse.
        second: what another says of the same cases.

    """
    again = {nameless(judged.case): judged for judged in second}
    for judged in first:
        other = again.get(nameless(judged.case))
        if other is not None and other.verdict is judged.verdict:
            yield changed(judged, confirmed=True)
        else:
            says = "nothing" if other is None else str(other.verdict)
            reason = f"{judged.verdict} in one process; a second, fresh one says {says}"
            yield changed(judged, verdict=Verdict.UNDECIDED, reason=reason, confirmed=False)


def _judge(order: Order, devices: Sequence[str], step_limit_s: float) -> Iterator[Event | Apart]:
    """Judge each case with both versions in one process; if they do not fit into one, in processes of their own."""
    try:
        if order.calls is Calls.COUNTED:
            yield from _judge_and_count(order, devices, step_limit_s)
        else:
            yield from _judge_together(order, devices, step_limit_s)
    except NotTwiceError as error:
        if order.calls is Calls.COUNTED:
            msg = f"{error}; --instructions counts those of both in one process: leave it out"
            raise UsageError(msg) from error
        yield Apart(why=str(error))
        yield from check_apart(order, devices=devices, step_limit_s=step_limit_s)


def _judge_and_count(order: Order, devices: Sequence[str], step_limit_s: float) -> Iterator[Event]:
    """Judge what is exact as ever, then the instructions of what would be timed, in a process under callgrind."""
    only = None if order.only is None else frozenset(map(as_timed, order.only))
    first = replace(order, calls=Calls.LEFT, only=only)
    planned: tuple[Case, ...] = ()
    done: set[Case] = set()
    for event in _judge_together(first, devices, step_limit_s):
        match event:
            case Planned():
                planned = event.cases
            case Judged():
                done.add(event.case)
        yield as_counted(event)
    left = frozenset(planned) - done
    if left:
        for event in _judge_together(replace(order, exact=False, only=left), devices, step_limit_s):
            if not isinstance(event, Planned):
                yield as_counted(event)


def _judge_together(order: Order, devices: Sequence[str], step_limit_s: float) -> Iterator[Event]:
    """Judge each case, in as many worker processes as it takes."""
    done: set[Case] = set(order.skip)
    while True:
        at_hand: Case | None = None
        died: Died | None = None
        for event in in_worker(replace(order, skip=frozenset(done)), devices=devices, step_limit_s=step_limit_s):
            match event:
                case Died():
                    died = event
                    continue
                case Started():
                    at_hand = event.case
                case Judged():
                    done.add(event.case)
                    at_hand = None
            yield event
        if died is None:
            return
        if at_hand is None:
            msg = f"the process of the check {died.how}, and no case was at hand"
            raise WorkerLostError(msg)
        done.add(at_hand)
        yield _of_death(order, at_hand, died, devices, step_limit_s)


def _of_death(order: Order, case: Case, died: Died, devices: Sequence[str], step_limit_s: float) -> Judged:
    """Judge a case in which a process died: a regression if base alone does not die of it."""
    alone = replace(order, head=order.base, only=frozenset([case]), only_changed=False)
    error = f"{died.kind}: its process {died.how}"
    for event in in_worker(alone, devices=devices, step_limit_s=step_limit_s):
        if isinstance(event, Died):
            return Judged(case=case, verdict=Verdict.INCOMPARABLE, reason=f"both failed: {error}")
    return Judged(case=case, verdict=Verdict.FAILED, reason=error)
