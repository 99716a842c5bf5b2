"""Recorded counts of calls, and what is said of them."""

from __future__ import annotations

from regression.instructions import judge
from results.checks import Difference, Verdict
from results.records import Case, FeatureMap

CASE = Case(
    suite="latency", implementation="eca", source="", input=FeatureMap(batch=2, channels=64, height=32, width=32)
)
#: Of ECA's forward pass: the first call looks up methods that later ones find.
ECA = (301_826, 298_165, 300_489, 298_051, 298_491)
#: Of the same source, loaded a second time.
ECA_AGAIN = (299_425, 299_786, 301_836, 299_688, 299_247)


def test_two_copies_of_one_source_are_the_same() -> None:
    """Their medians differ by 0.4%: by where the interpreter's tables lie."""
    for base, head in ((ECA, ECA_AGAIN), (ECA_AGAIN, ECA)):
        judged = judge(CASE, base, head)
        assert (judged.verdict, judged.differences) == (Verdict.SAME, ())


def test_more_instructions_are_worse() -> None:
    """The figures are the medians."""
    judged = judge(CASE, ECA, [each + 5_000 for each in ECA_AGAIN])
    assert judged.verdict is Verdict.WORSE
    assert judged.differences == (Difference(quantity="instructions", base=298_491, head=304_688, worse=True),)


def test_fewer_instructions_are_better() -> None:
    judged = judge(CASE, ECA, [each - 5_000 for each in ECA_AGAIN])
    assert judged.verdict is Verdict.BETTER
    assert judged.differences == (Difference(quantity="instructions", base=298_491, head=294_688, worse=False),)


def test_what_happens_in_some_calls_only_does_not_count() -> None:
    """An interpreter that grows a dictionary in two calls of five has not become slower."""
    assert judge(CASE, ECA, (*ECA[1:4], 600_000, 600_000)).verdict is Verdict.SAME
    assert judge(CASE, ECA, (*ECA[1:4], 100_000, 100_000)).verdict is Verdict.SAME
