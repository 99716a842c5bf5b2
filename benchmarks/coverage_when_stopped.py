"""How often do intervals hold the truth when sampling stops because they look narrow enough?

Run it with ``python benchmarks/coverage_when_stopped.py``. Cases and their baselines are log-normal; both are slowed by
the same drift in a round, as on a machine that changes its pace. Each trial is stopped by the rule of
``attnbench run``, which looks at the median and at the paired ratio. Fresh samples, as many as were taken, show what
the intervals hold where nobody looked.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from math import exp
from random import Random
from typing import TYPE_CHECKING

from bench.stopping import PrecisionOrBudget
from results.records import StopReason
from results.stats import estimate, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.stats import Estimate, Ratio

SEED = 20210729
PRECISION = 0.02
#: Samples that a budget allows.
MOST = 400
#: Of the true times of a case and its baseline, whose medians are the true ratio apart.
TRUE_RATIO = 1.1
SIGMAS = (0.02, 0.04, 0.06, 0.08)


@dataclass(slots=True)
class Drawn:
    """Samples of one case, one a round."""

    seconds: list[float]
    rounds: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A trial at its end."""

    median: Estimate
    ratio: Ratio
    precise: bool
    samples: int


def main() -> None:
    """Print a row for each spread."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000, help="trials of each row (1000)")
    print("\n".join(table(parser.parse_args().trials)))


def table(trials: int) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"Intervals of 95% that hold the truth, of those that stopped by a precision of {PRECISION:.0%}."
    yield ""
    yield "| sigma | stopped by precision | samples | median | ratio | ratio, fresh samples |"
    yield "| ----: | -------------------: | ------: | -----: | ----: | -------------------: |"
    for sigma in SIGMAS:
        random = Random(SEED)
        ended = [_trial(sigma, random) for _ in range(trials)]
        precise = [trial for trial in ended if trial.precise]
        fresh = [_ratio(*_drawn(sigma, random, trial.samples)) for trial in precise]
        samples = sorted(trial.samples for trial in precise)
        cells = (
            f"{sigma:5.2f}",
            f"{len(precise)} of {trials}".rjust(20),
            f"{samples[len(samples) // 2] if samples else 0:7}",
            _share([_holds(trial.median.low_s, 1.0, trial.median.high_s) for trial in precise]).rjust(6),
            _share([_holds(trial.ratio.low, 1 / TRUE_RATIO, trial.ratio.high) for trial in precise]).rjust(5),
            _share([_holds(each.low, 1 / TRUE_RATIO, each.high) for each in fresh]).rjust(20),
        )
        yield f"| {' | '.join(cells)} |"


def _trial(sigma: float, random: Random) -> Stopped:
    rule = PrecisionOrBudget(precision=PRECISION, budget_s=float(MOST))
    case, baseline = Drawn([], []), Drawn([], [])
    while True:
        _draw_round(sigma, random, case, baseline)
        count = len(case.seconds)
        reason = rule.reason(case, float(count), baseline)
        if reason is not None:
            return Stopped(
                median=estimate(case.seconds),
                ratio=_ratio(case, baseline),
                precise=reason is StopReason.PRECISION,
                samples=count,
            )


def _drawn(sigma: float, random: Random, count: int) -> tuple[Drawn, Drawn]:
    case, baseline = Drawn([], []), Drawn([], [])
    for _ in range(count):
        _draw_round(sigma, random, case, baseline)
    return case, baseline


def _draw_round(sigma: float, random: Random, case: Drawn, baseline: Drawn) -> None:
    """Add a sample to each: the spread of its own, and half as much again that both share."""
    shared = random.gauss(0, sigma / 2)
    for drawn, median in ((case, 1.0), (baseline, TRUE_RATIO)):
        drawn.rounds.append(len(drawn.rounds))
        drawn.seconds.append(median * exp(shared + random.gauss(0, sigma)))


def _ratio(case: Drawn, baseline: Drawn) -> Ratio:
    found = ratio(case, baseline)
    if found is None:
        msg = f"{len(case.seconds)} rounds are too few for a ratio"
        raise ValueError(msg)
    return found


def _holds(low: float | None, truth: float, high: float | None) -> bool:
    return low is not None and high is not None and low <= truth <= high


def _share(held: list[bool]) -> str:
    return f"{sum(held) / len(held):.0%}" if held else "-"


if __name__ == "__main__":
    main()
