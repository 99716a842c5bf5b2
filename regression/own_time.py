"""The time that a call takes for itself, without what the system gives to other programs meanwhile."""

from __future__ import annotations

import time
from resource import RUSAGE_THREAD, getrusage
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: A sample in which the system took the processor away is taken again, so many times at most: it found the caches as
#: another program had left them.
AGAIN = 3
#: A longer sample is kept all the same: hardly any is undisturbed, and cold caches are a small part of it.
SHORT_S = 0.005


def own_seconds(sample: Callable[[], float]) -> float:
    """Return the seconds of a sample, without the time for which the system gave the processor to others.

    The kernel counts how often a thread gave up the processor and how often it was taken away. A call that never gave
    it up, to sleep or to wait for another thread or a device, has worked all the time that it had it: its time is the
    thread's processor time. Otherwise it is the time of the clock, in which the waiting counts.

    Args:
        sample: takes a sample, and returns its seconds by a clock.

    """
    taken = []
    for _ in range(AGAIN):
        before, started = getrusage(RUSAGE_THREAD), time.thread_time()
        seconds = sample()
        worked, after = time.thread_time() - started, getrusage(RUSAGE_THREAD)
        waited = after.ru_nvcsw > before.ru_nvcsw
        taken.append(seconds if waited else min(worked, seconds))
        if after.ru_nivcsw == before.ru_nivcsw or taken[-1] > SHORT_S:
            return taken[-1]
    return min(taken)
