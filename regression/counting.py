"""The instruction tier: the calls of all timed cases in both versions, counted in one process under callgrind.

Importing torch takes this process a minute. So all cases share it, and callgrind begins once, when each case has been
called: what first calls import and compile is then behind.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from bench.case_sampling import garbage_collector_off
from bench.events import Started
from bench.failures import failed, refuse_nan
from bench.prepared import Timed
from results.checks import Judged, Verdict
from suites.catalog import SUITES

from . import callgrind
from .builds import Arm
from .instructions import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from results.records import Failed

    from .loading import Loaded
    from .pairs import Pair

#: Calls before those that count: the interpreter adapts its bytecode to what it meets, and caches fill.
WARM_UP = 8
#: Of these, for a module that is built when callgrind counts already.
WARM_UP_COUNTED = 2
#: Counts of each version, taken in turns.
COUNTS = 5


def count_pairs(pairs: Iterable[Pair], base: Loaded, head: Loaded) -> Iterator[Started | Judged]:
    """Judge cases that both versions have by their instructions.

    Args:
        pairs: of timed cases.
        base: what is compared with.
        head: what is judged.

    Raises:
        CallgrindError: it does not count.

    """
    sound: list[tuple[Arm, Arm]] = []
    for pair in pairs:
        assert pair.base is not None  # noqa: S101 - both versions have it
        assert pair.head is not None  # noqa: S101 - likewise
        arms = (Arm(version=base, case=pair.base), Arm(version=head, case=pair.head))
        yield Started(case=pair.head)
        broken = _broken(*map(_rehearse, arms))
        if broken is None:
            sound.append(arms)
        else:
            yield Judged(case=pair.head, verdict=broken[0], reason=broken[1])
    counts = callgrind.Counts(callgrind.folder())
    gc.collect()
    with garbage_collector_off():
        callgrind.start()
        for arms in sound:
            yield Started(case=arms[1].case)
            yield judge(arms[1].case, *_counted(arms, counts))


def _counted(arms: tuple[Arm, Arm], counts: callgrind.Counts) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the counts of both versions."""
    calls = [_build(arm) for arm in arms]
    for count, times in ((False, WARM_UP_COUNTED), (True, COUNTS)):
        for _ in range(times):
            for arm, call in zip(arms, calls, strict=True):
                with arm.version.active():
                    callgrind.count(call) if count else call()
    # Read when all calls are done: strings of the files would stir up the heap between them.
    found = counts.take(COUNTS * len(arms))
    # Nobody else collects here, and cases must not pile up.
    gc.collect()
    return found[::2], found[1::2]


def _rehearse(arm: Arm) -> Failed | None:
    """Build and call an arm while nothing is counted; return what it raises."""
    try:
        call = _build(arm)
        with arm.version.active():
            refuse_nan(call())
            for _ in range(WARM_UP - 1):
                call()
    except Exception as error:  # noqa: BLE001 - the verdict says what it was
        return failed(arm.case, error)
    return None


def _build(arm: Arm) -> Callable[[], object]:
    with arm.version.active():
        timed = SUITES[arm.case.suite].prepare(arm.case, arm.version.registry)
    assert isinstance(timed, Timed)  # noqa: S101 - the suites of arms are timed
    return timed.call


def _broken(base: Failed | None, head: Failed | None) -> tuple[Verdict, str] | None:
    """Return what is said of a case that cannot be run; head's failure is a regression if base does without it."""
    match base, head:
        case None, None:
            return None
        case None, failure if failure is not None:
            return Verdict.FAILED, _words(failure)
        case failure, None if failure is not None:
            return Verdict.INCOMPARABLE, f"base failed: {_words(failure)}"
        case _:
            assert head is not None  # noqa: S101 - the other cases are above
            return Verdict.INCOMPARABLE, f"both failed: {_words(head)}"


def _words(failure: Failed) -> str:
    return f"{failure.kind}: {failure.error}"
