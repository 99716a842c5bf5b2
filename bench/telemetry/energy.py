"""What a call draws, by a counter that steps more slowly than samples follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

#: Counters step every 20 to 100 ms, by the board; which, NVML does not say.
LONGEST_STEP_S = 0.1
#: Steps that calls must span for their energy to be known: it may get up to one too many or too few.
FEWEST_STEPS = 20
SHORTEST_S = FEWEST_STEPS * LONGEST_STEP_S


class Weighed(NamedTuple):
    """What the counter rose by while so many calls were made."""

    energy_mj: int
    calls: int

    @property
    def per_call_j(self) -> float | None:
        """The energy of a call in joules; None where the counter did not move: no call takes nothing."""
        return self.energy_mj * 1e-3 / self.calls if self.energy_mj > 0 else None


def weigh(run: Callable[[], int], counter: Callable[[], int | None], now_s: Callable[[], float]) -> Weighed | None:
    """Run between two readings of the counter until its steps are a small part of the time.

    A step of the counter holds all that the board drew since the last one. Samples of cases that take turns of a few
    milliseconds cannot be told apart by it: what is weighed has to run alone.

    Args:
        run: makes some calls, waits for them, and returns how many. Nothing else should have run for the length of a
            step before, since the first step holds that too.
        counter: millijoules since some time, or None where the device does not say.
        now_s: the CPU's clock.

    Returns:
        The energy, or None where the device does not say: then nothing is run.

    """
    before_mj = counter()
    if before_mj is None:
        return None
    begun_s = now_s()
    calls = run()
    while now_s() - begun_s < SHORTEST_S:
        calls += run()
    after_mj = counter()
    return None if after_mj is None else Weighed(energy_mj=after_mj - before_mj, calls=calls)
