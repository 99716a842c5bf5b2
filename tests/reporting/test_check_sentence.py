from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reporting.check_sentence import closing_sentence
from results.checks import Difference, Judged, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.checks import Check

SAVED = Difference(quantity="saved bytes", base=1024.0, head=2048.0, worse=True)
FEWER = Difference(quantity="parameters", base=20.0, head=10.0, worse=False)


@pytest.fixture
def same(make_timed: Callable[..., Judged]) -> tuple[Judged, ...]:
    """Return two timed cases that are the same."""
    return tuple(make_timed(name, Verdict.SAME, 1.0, 0.01) for name in ("cbam", "eca"))


def test_nothing_is_worse(
    make_check: Callable[..., Check], same: tuple[Judged, ...], make_exact: Callable[..., Judged]
) -> None:
    """Each tier has its count, and the times say how equal they are."""
    assert closing_sentence(make_check(*same, make_exact("cbam"), make_exact("eca"))) == (
        "0 of 2 timed cases are slower; 2 the same within 3%. 0 of 2 exact cases are worse."
    )


def test_a_slower_case_is_named_with_its_ratio(
    make_check: Callable[..., Check], same: tuple[Judged, ...], make_timed: Callable[..., Judged]
) -> None:
    """The reader need not look for it in a table; a tier without cases is not mentioned."""
    slower = make_timed("se", Verdict.SLOWER, 1.052, 0.011)
    assert closing_sentence(make_check(*same, slower)) == (
        "1 of 3 timed cases is slower: se, 1.052 [1.041, 1.063]; 2 the same within 3%."
    )


def test_a_worse_case_is_named_with_its_quantity(
    make_check: Callable[..., Check], make_exact: Callable[..., Judged]
) -> None:
    """The first that is worse, and how many more there are; what got better in the same case is not counted."""
    more = Difference(quantity="bytes read", base=1.0, head=2.0, worse=True)
    check = make_check(
        make_exact("se", FEWER, SAVED, more), make_exact("cbam"), make_exact("eca", FEWER), threshold=0.025
    )
    assert closing_sentence(check) == (
        "1 of 3 exact cases is worse: se, saved bytes 1.00 KiB -> 2.00 KiB and 1 more; 1 better, 1 equal."
    )


def test_every_verdict_is_counted(
    make_check: Callable[..., Check], make_timed: Callable[..., Judged], same: tuple[Judged, ...]
) -> None:
    """Nothing that is not the same is left out; what fails a job is named."""
    others = [
        make_timed(str(verdict), verdict, 1.0, 0.05, pace=None, reason="why")
        for verdict in (Verdict.GONE, Verdict.NEW, Verdict.INCOMPARABLE, Verdict.UNDECIDED, Verdict.FAILED)
    ]
    faster = make_timed("faster", Verdict.FASTER, 0.8, 0.01)
    assert closing_sentence(make_check(*same, *others, faster)) == (
        "0 of 8 timed cases are slower; 1 failed: failed, why; "
        "1 undecided, 1 incomparable, 1 faster, 1 new, 1 gone, 2 the same within 3%."
    )


def test_many_bad_cases_are_counted_and_three_named(
    make_check: Callable[..., Check], make_timed: Callable[..., Judged]
) -> None:
    """A sentence stays one."""
    slower = [make_timed(name, Verdict.SLOWER, 1.1, 0.01) for name in ("a", "b", "c", "d", "e")]
    ratio = "1.100 [1.090, 1.110]"
    assert closing_sentence(make_check(*slower)) == (
        f"5 of 5 timed cases are slower: a, {ratio}; b, {ratio}; c, {ratio}; and 2 more."
    )


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        ((), "Nothing was compared: there were no cases."),
        ((Verdict.NEW, Verdict.INCOMPARABLE, Verdict.NEW), "Nothing was compared: 1 incomparable, 2 new."),
        ((Verdict.GONE,), "Nothing was compared: 1 gone."),
        ((Verdict.NEW, Verdict.UNDECIDED), "0 of 2 timed cases are slower; 1 undecided, 1 new."),
    ],
)
def test_nothing_compared_is_not_nothing_worse(
    make_check: Callable[..., Check], make_timed: Callable[..., Judged], verdicts: tuple[Verdict, ...], sentence: str
) -> None:
    """A check without a pair of cases must not read like a good one."""
    judged = [make_timed(f"x{number}", verdict, 1.0, 0.1, pace=None) for number, verdict in enumerate(verdicts)]
    assert closing_sentence(make_check(*judged)) == sentence


def test_head_alone_is_held_against_limits(make_check: Callable[..., Check], make_exact: Callable[..., Judged]) -> None:
    """Without a base nothing is slower or faster than anything."""
    beyond = Difference(quantity="saved bytes", head=2048.0, limit=1024.0, worse=True)
    judged = (make_exact("se", beyond), make_exact("cbam"), make_exact("eca"))
    assert closing_sentence(make_check(*judged, base=None)) == (
        "1 of 3 cases is beyond a limit: se, saved bytes 2.00 KiB, limit 1.00 KiB; 2 within the limits."
    )
    assert closing_sentence(make_check(*judged[1:], base=None)) == "0 of 2 cases are beyond a limit."
    assert closing_sentence(make_check(base=None)) == "Nothing was held against a limit: there were no cases."
