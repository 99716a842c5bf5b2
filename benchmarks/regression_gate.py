"""How often does a check cry wolf, and how often does it miss? Prints counts with their Clopper-Pearson bounds.

``python benchmarks/regression_gate.py [QUESTION ...] [--checks N]`` compares copies of attn_impls in which
implementations are slower by a known share (see planted.py), each check as ``attnbench check`` does it: default
threshold, budget and error rate, eight cases. The questions:

    unchanged   two equal trees: how many of the cases are called slower, and how many the same?
    busy        likewise, while another program keeps one core busy
    planted-5   all eight are slower by 5%: how many are found?
    planted-3   likewise by 3%
    one         one of them is slower by 5%: is another one blamed?

``--compare-fail`` asks the same of pytest-benchmark: two runs after each other, and ``--benchmark-compare-fail`` with
the share that is planted, or with 5% where nothing is.
"""

from __future__ import annotations

import argparse
import collections
import multiprocessing
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from clopper_pearson import bounds
from compare_fail import CompareFail
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
#: How much slower a median may be under pytest-benchmark, where nothing is planted.
COMPARE_FAIL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is planted, and how many checks are made."""

    shares: Mapping[str, float]
    checks: int
    busy: bool = False


#: Implementation -> the verdict, and head ÷ base as far as it is known.
Answers = dict[str, tuple[Verdict, str]]

QUESTIONS = {
    "unchanged": Question(shares={}, checks=50),
    "busy": Question(shares={}, checks=10, busy=True),
    "planted-5": Question(shares=dict.fromkeys(CASES, 0.05), checks=20),
    "planted-3": Question(shares=dict.fromkeys(CASES, 0.03), checks=20),
    "one": Question(shares={"se": 0.05}, checks=40),
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


def by_check(eight: frozenset[Case], base: Path, head: Path, number: int) -> Answers:
    """Return what ``attnbench check`` says of the eight."""
    options = CheckOptions()
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
    events = check(order, devices=("cpu",), step_limit_s=options.time_limit_s)
    return {
        event.case.implementation: (event.verdict, "" if event.pace is None else f"{event.pace.head.ratio:.3f}")
        for event in events
        if isinstance(event, Judged)
    }


def by_compare_fail(gate: CompareFail, base: Path, head: Path, number: int) -> Answers:
    """Return what pytest-benchmark says of the eight: it knows no more than slower, and not slower."""
    del number
    failed = {case.implementation for case in gate.failed(base, head)}
    return {name: (Verdict.SLOWER if name in failed else Verdict.SAME, "") for name in CASES}


def ask(name: str, question: Question, checks: int, answer: Callable[[Path, Path, int], Answers], folder: Path) -> None:
    """Do the checks, and print what came of them."""
    base, head = plant(folder / "base", {}), plant(folder / "head", question.shares)
    verdicts: collections.Counter[tuple[str, Verdict]] = collections.Counter()
    seconds: list[float] = []
    for number in range(checks):
        started = time.perf_counter()
        with one_core_busy(busy=question.busy):
            answers = answer(base, head, number)
        seconds.append(time.perf_counter() - started)
        verdicts.update((implementation, verdict) for implementation, (verdict, _) in answers.items())
        words = [f"{each} {verdict} {ratio}".rstrip() for each, (verdict, ratio) in answers.items()]
        print(f"  check {number + 1}: {seconds[-1]:.0f} s; {', '.join(words)}", flush=True)
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
    words = f"{mean:.0f} s a check on average, {mean / len(CASES):.1f} s a case; at most {max(seconds):.0f} s"
    print(f"{name}: {words}", flush=True)


def main() -> None:
    """Ask what is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="*", choices=[*QUESTIONS, []], metavar="QUESTION")
    parser.add_argument("--checks", type=int, help="instead of as many as the figures need")
    parser.add_argument("--compare-fail", action="store_true", help="ask pytest-benchmark instead")
    options = parser.parse_args()
    eight = cases()
    for name in options.questions or QUESTIONS:
        question = QUESTIONS[name]
        with tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            answer = partial(by_check, eight)
            if options.compare_fail:
                percent = 100 * max(question.shares.values(), default=COMPARE_FAIL)
                answer = partial(by_compare_fail, CompareFail(folder / "pytest", eight, percent))
            ask(name, question, options.checks or question.checks, answer, folder)


if __name__ == "__main__":
    main()
