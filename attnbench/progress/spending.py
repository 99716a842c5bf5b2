"""What the sampler will spend on a case whose calls take a known time: it follows the rules of ``bench``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.sampling import SHORTEST_SAMPLE_S, SHORTEST_SEGMENT_S, SHORTEST_WINDOW_S, WINDOW_CALLS
from bench.stopping import FEWEST_FOR_AN_INTERVAL, OVERDRAFT, SHORTEST_OVERDRAFT_S
from results.records import Batches

if TYPE_CHECKING:
    from results.records import Case

#: The share of a budget that warming up may take, as in ``bench.measure``, which imports torch.
WARM_UP_SHARE = 0.5
#: The first result is checked, and the first call of the warm-up stands in no window.
FIRST_CALLS = 2
#: Windows that must agree.
WINDOWS = 2


def timed_s(case: Case, call_s: float, budget_s: float) -> float:
    """Return the seconds for warming up and sampling a case that stops by its budget.

    Args:
        case: that is timed.
        call_s: seconds of one of its calls; 0: less than all limits.
        budget_s: of sampling.

    """
    return _warm_up_s(call_s, WARM_UP_SHARE * budget_s) + _sampling_s(case, call_s, budget_s)


def _warm_up_s(call_s: float, allowed_s: float) -> float:
    windows_s = WINDOWS * max(WINDOW_CALLS * call_s, SHORTEST_WINDOW_S)
    # A window ends with the call by which the time is spent.
    return FIRST_CALLS * call_s + max(call_s, min(windows_s, allowed_s))


def _sampling_s(case: Case, call_s: float, budget_s: float) -> float:
    shortest_s = SHORTEST_SEGMENT_S if isinstance(case.input, Batches) else SHORTEST_SAMPLE_S
    sample_s = max(call_s, shortest_s)
    overdrawn_s = max(OVERDRAFT * budget_s, SHORTEST_OVERDRAFT_S)
    # So many samples are taken, or as many as the overdraft allows, the last of which goes beyond it.
    fewest_s = min(FEWEST_FOR_AN_INTERVAL * sample_s, max(overdrawn_s, sample_s))
    return max(budget_s, fewest_s)
