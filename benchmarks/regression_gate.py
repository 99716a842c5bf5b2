"""How often does a check cry wolf, and how often does it miss? Prints counts with their Clopper-Pearson bounds.

``python benchmarks/regression_gate.py [QUESTION ...] [--checks N]`` compares copies of attn_impls in which
implementations are slower by a known share (see planted.py), each check as ``attnbench check`` does it: default
threshold, budget and error rate, eight cases. The questions:

    unchanged   two equal trees: how many of the cases are called slower, and how many the same?
    busy        likewise, while another program keeps one core busy
    planted-5   all eight are slower by 5%: how many are found?
    planted-3   likewise by 3%
    one         one of them is slower by 5%: is another one blamed?
"""

from __future__ import annotations

import argparse
import collections
import math
import multiprocessing
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gate_trees import plant

from attnbench.check_options import CheckOptions, chosen_axes
from attnbench.checking import ERROR_RATE
from regression.checking import check
from regression.order import Order
from results.checks import Judged, Verdict
from results.records import Direction
from suites import latency
from suites.request import plan, requested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from results.records import Case

#: Four gates, two branches, two normalisers; forward, and forward with backward.
CASES = {
    "se": Direction.FORWARD,
    "eca": Direction.FORWARD_BACKWARD,
    "cbam": Direction.FORWARD,
    "nam": Direction.FORWARD_BACKWARD,
    "sk/softmax": Direction.FORWARD,
    "psk": Direction.FORWARD_BACKWARD,
    "softmax": Direction.FORWARD_BACKWARD,
    "hard_softmax": Direction.FORWARD,
}
#: Of the normalisers' logits: attention maps. Beside them the time of a call itself, which is not slowed, is small.
LOGITS = latency.OP_LOGITS[1]
CONFIDENCE = 0.95
RATE_STEP = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is planted, and what is asked of the verdicts."""

    shares: Mapping[str, float]
    checks: int
    busy: bool = False
    wanted: Verdict


QUESTIONS = {
    "unchanged": Question(shares={}, checks=50, wanted=Verdict.SAME),
    "busy": Question(shares={}, checks=10, busy=True, wanted=Verdict.SAME),
    "planted-5": Question(shares=dict.fromkeys(CASES, 0.05), checks=20, wanted=Verdict.SLOWER),
    "planted-3": Question(shares=dict.fromkeys(CASES, 0.03), checks=20, wanted=Verdict.SLOWER),
    "one": Question(shares={"se": 0.05}, checks=40, wanted=Verdict.SAME),
}


def cases() -> frozenset[Case]:
    """Return the eight."""
    chosen = chosen_axes({"impls": tuple(CASES), "devices": ("cpu",)})
    _, found, _ = plan(requested((latency.NAME,), chosen))
    return frozenset(
        case
        for case in found
        if case.direction is CASES[case.implementation]
        and (case.input.dim is None or case.input.shape[1:] == LOGITS.shape[1:])
    )


def bounds(count: int, of: int) -> tuple[float, float]:
    """Return between which rates the true one lies (Clopper and Pearson)."""
    tail = (1 - CONFIDENCE) / 2
    low = _rate(lambda rate: _at_most(of - count, of, 1 - rate) < tail) if count else 0.0
    high = _rate(lambda rate: _at_most(count, of, rate) >= tail) if count < of else 1.0
    return low, high


def _at_most(count: int, of: int, rate: float) -> float:
    """Return the chance of so many or fewer."""
    return math.fsum(math.comb(of, k) * rate**k * (1 - rate) ** (of - k) for k in range(count + 1))


def _rate(below: Callable[[float], bool]) -> float:
    """Return the rate at which what holds below it ends."""
    low, high = 0.0, 1.0
    while high - low > RATE_STEP:
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return low


@contextmanager
def one_core_busy(*, busy: bool) -> Iterator[None]:
    """Let another program keep one core busy."""
    if not busy:
        yield
        return
    other = multiprocessing.get_context("spawn").Process(target=_spin, daemon=True)
    other.start()
    try:
        yield
    finally:
        other.kill()


def _spin() -> None:
    while True:
        pass


def ask(name: str, question: Question, checks: int, eight: frozenset[Case], folder: Path) -> None:
    """Do the checks, and print what came of them."""
    base, head = plant(folder / "base", {}), plant(folder / "head", question.shares)
    options = CheckOptions()
    verdicts: collections.Counter[tuple[str, Verdict]] = collections.Counter()
    seconds: list[float] = []
    for number in range(checks):
        order = Order(
            base=base,
            head=head,
            own_tree=True,
            request=requested((), chosen_axes({"impls": tuple(CASES), "devices": ("cpu",)})),
            exact=False,
            threshold=options.threshold,
            error_rate=ERROR_RATE,
            budget_s=options.budget_s,
            only=eight,
            seed=2 * number,
        )
        started = time.perf_counter()
        with one_core_busy(busy=question.busy):
            found = [
                event
                for event in check(order, devices=("cpu",), step_limit_s=options.time_limit_s)
                if isinstance(event, Judged)
            ]
        seconds.append(time.perf_counter() - started)
        verdicts.update((judged.case.implementation, judged.verdict) for judged in found)
        words = ", ".join(
            f"{judged.case.implementation} {judged.verdict}"
            for judged in found
            if judged.verdict is not question.wanted
        )
        print(f"  check {number + 1}: {seconds[-1]:.0f} s; {words or f'all {question.wanted}'}", flush=True)
    _conclude(name, question, verdicts, seconds)


def _conclude(
    name: str, question: Question, verdicts: collections.Counter[tuple[str, Verdict]], seconds: list[float]
) -> None:
    unplanted = [implementation for implementation in CASES if implementation not in question.shares]
    for title, members in (("planted", list(question.shares)), ("unplanted", unplanted)):
        of = sum(count for (implementation, _), count in verdicts.items() if implementation in members)
        for verdict in Verdict:
            count = sum(verdicts[implementation, verdict] for implementation in members)
            if count or (of and verdict is Verdict.SLOWER):
                low, high = bounds(count, of)
                print(f"{name}, {title}: {verdict} {count} of {of}: {count / of:.1%} [{low:.1%}, {high:.1%}]")
    mean = statistics.fmean(seconds)
    print(f"{name}: {mean:.0f} s a check on average, {mean / len(CASES):.1f} s a case; at most {max(seconds):.0f} s")


def main() -> None:
    """Ask what is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="*", choices=[*QUESTIONS, []], metavar="QUESTION")
    parser.add_argument("--checks", type=int, help="instead of as many as the figures need")
    options = parser.parse_args()
    eight = cases()
    for name in options.questions or QUESTIONS:
        with tempfile.TemporaryDirectory() as folder:
            ask(name, QUESTIONS[name], options.checks or QUESTIONS[name].checks, eight, Path(folder))


if __name__ == "__main__":
    main()
