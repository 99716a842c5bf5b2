"""What is said of cases that are called under a made-up callgrind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attn_impls import builtin
from bench.events import Started
from bench.prepared import Timed
from regression import callgrind, counting
from regression.counting import count_pairs
from regression.loading import Loaded
from regression.pairs import Pair
from regression.worlds import World
from results.checks import Difference, Judged, Verdict
from results.records import Case, FeatureMap
from suites.catalog import Suite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CASE = Case(suite="latency", implementation="se", source="", input=FeatureMap(batch=2, channels=8, height=4, width=4))
BASE, HEAD = replace(CASE, source="base"), replace(CASE, source="head")


def fails() -> object:
    msg = "no such kernel"
    raise RuntimeError(msg)


class Callgrind:
    """Counts what calls return, from when it is started on."""

    def __init__(self) -> None:
        self.counted: list[int] = []
        self.started = False

    def start(self) -> None:
        self.started = True

    def count(self, call: Callable[[], object]) -> None:
        assert self.started
        counted = call()
        assert isinstance(counted, int)
        self.counted.append(counted)

    def take(self, number: int) -> tuple[int, ...]:
        found, self.counted = tuple(self.counted[:number]), self.counted[number:]
        return found


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[Started | Judged]]:
    """Return what is said of a pair whose calls do this."""

    def say(base: Callable[[], object], head: Callable[[], object]) -> list[Started | Judged]:
        made_up = Callgrind()
        monkeypatch.setenv(callgrind.FOLDER, str(tmp_path))
        monkeypatch.setattr(callgrind, "start", made_up.start)
        monkeypatch.setattr(callgrind, "count", made_up.count)
        monkeypatch.setattr(callgrind, "Counts", lambda _: made_up)
        made = Suite(
            name="latency",
            question="",
            cases=lambda *_: [],
            prepare=lambda case, _: Timed(call=base if case == BASE else head),
        )
        monkeypatch.setattr(counting, "SUITES", {"latency": made})
        version = Loaded(world=World(tmp_path, names=()), registry=builtin())
        return list(count_pairs([Pair(base=BASE, head=HEAD)], version, version))

    return say


def test_both_are_counted_in_turns_and_judged(judged: Callable[..., list[Started | Judged]]) -> None:
    """Base takes 1000 instructions, head 1020."""
    assert judged(lambda: 1000, lambda: 1020) == [
        Started(case=HEAD),
        Started(case=HEAD),
        Judged(
            case=HEAD,
            verdict=Verdict.WORSE,
            differences=(Difference(quantity="instructions", base=1000, head=1020, worse=True),),
        ),
    ]


@pytest.mark.parametrize(
    ("base", "head", "verdict", "reason"),
    [
        (lambda: 1, fails, Verdict.FAILED, "exception: RuntimeError: no such kernel"),
        (fails, lambda: 1, Verdict.INCOMPARABLE, "base failed: exception: RuntimeError: no such kernel"),
        (fails, fails, Verdict.INCOMPARABLE, "both failed: exception: RuntimeError: no such kernel"),
    ],
)
def test_what_fails_is_not_counted(
    judged: Callable[..., list[Started | Judged]],
    base: Callable[[], object],
    head: Callable[[], object],
    verdict: Verdict,
    reason: str,
) -> None:
    """Head's failure is a regression only if base does without it."""
    assert judged(base, head) == [Started(case=HEAD), Judged(case=HEAD, verdict=verdict, reason=reason)]
