"""How often does the 95% interval hold the true median? Prints it for many kinds of noise.

Run it with ``python benchmarks/coverage_of_intervals.py``, or quickly with ``--trials 200``.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from math import log, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Trials = NDArray[np.float64]
NORMAL = NormalDist()
COUNTS = (10, 20, 30, 50, 100, 200)
SEED = 20210729


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """A source of synthetic samples whose true median is known."""

    name: str
    median: float
    draw: Callable[[np.random.Generator, int, int], Trials]
    """(generator, trials, samples) -> [trials, samples], in seconds."""
    independent: bool = True


def log_normal(sigma: float) -> Noise:
    """Return the usual shape of timings: bounded below, a tail above."""
    return Noise(
        name=f"log-normal, sigma {sigma}",
        median=1.0,
        draw=lambda random, trials, count: np.exp(sigma * random.standard_normal((trials, count))),
    )


def pareto(shape: float) -> Noise:
    """Return a heavy tail; with a shape below 2 its variance is infinite."""
    return Noise(
        name=f"Pareto, shape {shape}",
        median=2 ** (1 / shape),
        draw=lambda random, trials, count: 1 + random.pareto(shape, (trials, count)),
    )


def cauchy() -> Noise:
    """Return heavy tails on both sides: not even a mean exists."""
    return Noise(
        name="Cauchy, absolute",
        median=1.0,
        draw=lambda random, trials, count: np.abs(random.standard_cauchy((trials, count))),
    )


def bimodal(share: float, slow: float) -> Noise:
    """Return two speeds, as of two clock frequencies: ``share`` of the samples around 1, the others around ``slow``."""
    spread = 0.03

    def draw(random: np.random.Generator, trials: int, count: int) -> Trials:
        centre = np.where(random.random((trials, count)) < share, 1.0, slow)
        return centre * np.exp(spread * random.standard_normal((trials, count)))

    return Noise(
        name=f"bimodal, {share:.0%} fast, {slow} x",
        median=_median_of_mixture(((share, 1.0, spread), (1 - share, slow, spread))),
        draw=draw,
    )


def drift(correlation: float, white: float = 0.0) -> Noise:
    """Return a slow drift around a fixed median, each sample pulled by the one before.

    Args:
        correlation: of neighbours.
        white: the share of the variance that is independent noise on top.

    """
    spread = 0.05

    def draw(random: np.random.Generator, trials: int, count: int) -> Trials:
        steps = random.standard_normal((trials, count))
        state = np.empty_like(steps)
        state[:, 0] = steps[:, 0]
        for index in range(1, count):
            state[:, index] = correlation * state[:, index - 1] + sqrt(1 - correlation**2) * steps[:, index]
        noise = random.standard_normal((trials, count))
        return np.exp(spread * (sqrt(1 - white) * state + sqrt(white) * noise))

    name = f"drift, correlation {correlation}" + (f", {white:.0%} white" if white else "")
    return Noise(name=name, median=1.0, draw=draw, independent=False)


def bursts(share: float, length: float) -> Noise:
    """Return a noisy neighbour that comes and goes (two Markov states) and slows what it meets by half.

    Args:
        share: of the time in which it is there.
        length: mean length of a visit, in samples.

    """
    slow, spread, slow_spread = 1.5, 0.03, 0.1
    leaves = 1 / length
    comes = leaves * share / (1 - share)

    def draw(random: np.random.Generator, trials: int, count: int) -> Trials:
        chance = random.random((trials, count))
        there = np.empty((trials, count), dtype=bool)
        there[:, 0] = chance[:, 0] < share
        for index in range(1, count):
            before = there[:, index - 1]
            there[:, index] = np.where(before, chance[:, index] >= leaves, chance[:, index] < comes)
        noise = random.standard_normal((trials, count))
        return np.where(there, slow * np.exp(slow_spread * noise), np.exp(spread * noise))

    return Noise(
        name=f"bursts, {share:.0%} of the time, {length} long",
        median=_median_of_mixture(((1 - share, 1.0, spread), (share, slow, slow_spread))),
        draw=draw,
        independent=False,
    )


def noises() -> tuple[Noise, ...]:
    """Return all sources, from the easiest to the hardest."""
    return (
        log_normal(0.02),
        log_normal(1.0),
        pareto(1.5),
        cauchy(),
        bimodal(0.7, 1.3),
        bimodal(0.3, 1.3),
        bimodal(0.55, 1.1),
        # Half and half: no samples at all lie around the median, and ten samples cannot tell where in the gap it is.
        bimodal(0.5, 1.3),
        drift(0.5),
        drift(0.9),
        drift(0.95),
        drift(0.9, white=0.5),
        bursts(0.1, 5),
        bursts(0.2, 5),
        bursts(0.3, 5),
        bursts(0.2, 10),
        bursts(0.3, 10),
    )


def coverage(noise: Noise, count: int, trials: int, seed: int = SEED) -> tuple[float, float]:
    """Return the share of trials whose interval holds the true median, and the median relative half-width."""
    from results.stats import estimate

    random = np.random.default_rng((seed, count))
    held, widths = 0, []
    for seconds in noise.draw(random, trials, count).tolist():
        found = estimate(seconds)
        if found.low_s is None or found.high_s is None or found.relative_half_width is None:
            msg = f"{count} samples are too few for an interval"
            raise ValueError(msg)
        held += found.low_s <= noise.median <= found.high_s
        widths.append(found.relative_half_width)
    return held / trials, float(np.median(widths))


def table(trials: int) -> Iterator[str]:
    """Yield the lines of the table as they are computed."""
    yield f"Intervals of 95% that hold the true median, of {trials} trials (median half-width of the intervals)."
    yield f"One standard error is {100 * sqrt(0.95 * 0.05 / trials):.1f} percentage points."
    yield ""
    yield f"| {'samples':34} | " + " | ".join(f"{f'n = {count}':>16}" for count in COUNTS) + " |"
    yield f"| {'-' * 34} | " + " | ".join("-" * 15 + ":" for _ in COUNTS) + " |"
    for noise in noises():
        cells = (coverage(noise, count, trials) for count in COUNTS)
        texts = (f"{held:6.1%} (±{width:5.1%})" for held, width in cells)
        yield f"| {noise.name:34} | " + " | ".join(f"{text:>16}" for text in texts) + " |"


def _median_of_mixture(parts: tuple[tuple[float, float, float], ...]) -> float:
    """Return the median of a mixture of log-normals (weight, median, sigma), by bisection."""
    low, high = 0.5, 5.0
    for _ in range(100):
        middle = (low + high) / 2
        below = sum(weight * NORMAL.cdf(log(middle / centre) / sigma) for weight, centre, sigma in parts)
        low, high = (middle, high) if below < 0.5 else (low, middle)
    return (low + high) / 2


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000, help="trials of each cell (2000)")
    for line in table(parser.parse_args().trials):
        print(line, flush=True)


if __name__ == "__main__":
    # So that it runs from a checkout that is not installed, too.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
