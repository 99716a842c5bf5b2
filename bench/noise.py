"""How noisy is this machine? The same call is timed as if it were two, and any difference found is noise."""

from __future__ import annotations

import random
import statistics
from typing import TYPE_CHECKING

from results.intervals import median_interval
from results.records import NoiseFloor

from .sampling import calls_per_sample, warm_up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .clocks import Clock

#: Seconds of sampling, about: short beside any run, long enough to meet what disturbs the machine a few times a second.
SAMPLING_S = 1.0
WARM_UP_S = 0.3
#: Fewer say little of what happens now and then.
FEWEST_PAIRS = 20
MOST_PAIRS = 60
SEED = 0
CONFIDENCE = 0.95


def _interval(ratios: Sequence[float]) -> tuple[float, float]:
    """Return the interval in which a comparison of this many pairs would print the ratio of equals."""
    found = median_interval(ratios, CONFIDENCE)
    return (min(ratios), max(ratios)) if found is None else found


def noise_floor(clock: Clock, call: Callable[[], object], *, sampling_s: float = SAMPLING_S) -> NoiseFloor:
    """Compare a call with itself, as two cases of one run are compared: interleaved pairs of samples.

    Args:
        clock: of the call's device.
        call: both sides of the comparison.
        sampling_s: seconds to spend, about, after warming up.

    """
    warmup = warm_up(call, clock, WARM_UP_S)
    calls = calls_per_sample(warmup.call_s, clock)
    affordable = int(sampling_s / max(2 * calls * warmup.call_s, 1e-9))
    pairs = min(max(affordable, FEWEST_PAIRS), MOST_PAIRS)
    order = random.Random(SEED)  # noqa: S311 - an order, not a secret
    ratios: list[float] = []
    seconds: list[float] = []
    for _ in range(pairs):
        first, second = clock.time(call, calls) / calls, clock.time(call, calls) / calls
        # Which side had the first turn is drawn by lot: a machine that slows down favours neither.
        ratios.append(first / second if order.random() < 0.5 else second / first)  # noqa: PLR2004 - a fair coin
        seconds += [first, second]
    return NoiseFloor(
        relative=max(abs(bound - 1) for bound in _interval(ratios)),
        pairs=pairs,
        seconds_per_call=statistics.median(seconds),
    )


def measure_noise_floor(device: str = "cpu", threads: int | None = None) -> NoiseFloor:
    """Return the noise floor of a device, by a convolution of some milliseconds on one CPU core.

    Args:
        device: such as ``cpu`` or ``cuda:0``.
        threads: CPU threads to use; None leaves them as they are.

    """
    import torch

    from .clocks import clock_for
    from .threads import cpu_threads

    # What most of a host network's time goes into, at the size of one of its middle stages.
    convolution = torch.nn.Conv2d(64, 64, kernel_size=3, padding=1, device=device)
    x = torch.zeros(4, 64, 32, 32, device=device)

    def call() -> object:
        with torch.inference_mode():
            return convolution(x)

    with cpu_threads(threads):
        return noise_floor(clock_for(device), call)
