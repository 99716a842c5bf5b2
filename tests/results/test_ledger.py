"""Promises of the ledger: differences of units are no disagreement, differences of rules are, and are explained."""

from __future__ import annotations

import pytest

from results.ledger import Disagreement, disagreements, total_explanation
from results.records import Complexity, Count, OperatorCount, Unit


def count(rule: str, unit: Unit, total: int | None = None, **by_operator: int) -> Count:
    """Return a count whose total is the sum of its operators, unless given."""
    operators = tuple(OperatorCount(name, number) for name, number in by_operator.items())
    return Count(
        rule=rule, unit=unit, total=sum(by_operator.values()) if total is None else total, by_operator=operators
    )


COUNTED = Complexity(
    parameters=1,
    counts=(
        count("torchstat", Unit.MADD, conv=720_000_000, batch_norm=6_630_000, relu=2_000),
        count("fvcore", Unit.MAC, conv=360_500_000, batch_norm=3_200_000),
        count("torch", Unit.FLOP, conv=721_000_000),
    ),
)
"""fvcore and torch agree on conv; torchstat counts it without the last addition."""


def test_disagreements_are_listed_largest_first() -> None:
    """Counts stay as the rules gave them; 0 stands where a rule leaves the operator out."""
    assert disagreements(COUNTED) == (
        Disagreement(operator="batch_norm", counts=(("torchstat", 6_630_000), ("fvcore", 3_200_000), ("torch", 0))),
        Disagreement(
            operator="conv", counts=(("torchstat", 720_000_000), ("fvcore", 360_500_000), ("torch", 721_000_000))
        ),
        Disagreement(operator="relu", counts=(("torchstat", 2_000), ("fvcore", 0), ("torch", 0))),
    )


def test_units_are_no_disagreement() -> None:
    """One MAC is two FLOPs and two MAdds."""
    same = (count("a", Unit.MAC, conv=50), count("b", Unit.FLOP, conv=100), count("c", Unit.MADD, conv=100))
    assert disagreements(Complexity(parameters=1, counts=same)) == ()


def test_an_odd_count_differs_by_half() -> None:
    """Conversion is exact: 101 FLOPs are not 50 multiply-accumulates."""
    odd = (count("a", Unit.MAC, conv=50), count("b", Unit.FLOP, conv=101))
    assert [found.operator for found in disagreements(Complexity(parameters=1, counts=odd))] == ["conv"]


def test_equal_counts_under_two_names_are_no_disagreement() -> None:
    """What is linear to one rule is a product of matrices to another: 50 are 50."""
    same = (count("a", Unit.MAC, linear=50), count("b", Unit.FLOP, matmul=100))
    counted = Complexity(parameters=1, counts=same)
    assert disagreements(counted) == ()
    assert total_explanation(counted, "a", "b") == (
        "a counts 50 MACs where b counts 100 FLOPs: the same, operator by operator, in multiply-accumulates."
    )


def test_a_third_rule_disagrees_with_both_names_at_once() -> None:
    """Two rules agree under two names, 50 and 50; one row says what the third counts in their place."""
    counted = Complexity(
        parameters=1,
        counts=(
            count("a", Unit.MAC, linear=30, matmul=20, relu=5),
            count("b", Unit.FLOP, matmul=100, relu=10),
            count("c", Unit.MAC, linear=29, relu=5),
        ),
    )
    assert disagreements(counted) == (
        Disagreement(operator="linear, matmul", counts=(("a", 50), ("b", 100), ("c", 29))),
    )


def test_names_stay_apart_where_each_is_counted_by_its_own() -> None:
    """A rule that leaves products out, and agrees on linear layers, disagrees on products alone."""
    counted = Complexity(
        parameters=1, counts=(count("a", Unit.MAC, linear=30, matmul=20), count("b", Unit.MAC, linear=30))
    )
    assert [found.operator for found in disagreements(counted)] == ["matmul"]


def test_names_of_other_operators_are_not_taken_for_one() -> None:
    """As many of an activation as of a pool are no agreement."""
    counted = Complexity(parameters=1, counts=(count("a", Unit.MAC, relu=50), count("b", Unit.MAC, max_pool=50)))
    assert [found.operator for found in disagreements(counted)] == ["relu", "max_pool"]


def test_one_rule_cannot_disagree() -> None:
    """With a single rule, or none, nothing is listed."""
    assert disagreements(Complexity(parameters=1, counts=(count("a", Unit.MAC, conv=50),))) == ()
    assert disagreements(Complexity(parameters=1, counts=())) == ()


def test_the_explanation_names_operators_and_amounts() -> None:
    """The sentence gives both totals, the difference in one unit, and the operators that make it."""
    assert total_explanation(COUNTED, "torchstat", "fvcore") == (
        "torchstat counts 726.63 M MAdds where fvcore counts 363.70 M MACs: -0.38 M in multiply-accumulates, "
        "from conv -0.50 M (360.00 M against 360.50 M), batch_norm +0.12 M (3.31 M against 3.20 M), "
        "relu +1000 (1000 against 0)."
    )


def test_agreeing_rules_are_said_to_agree() -> None:
    """Two rules that differ only in the unit are the same operator by operator."""
    same = Complexity(parameters=1, counts=(count("a", Unit.MAC, conv=50), count("b", Unit.FLOP, conv=100)))
    assert total_explanation(same, "a", "b") == (
        "a counts 50 MACs where b counts 100 FLOPs: the same, operator by operator, in multiply-accumulates."
    )


def test_a_total_beyond_its_operators_is_said_to_be() -> None:
    """What a counter adds without naming an operator is not hidden."""
    counted = Complexity(parameters=1, counts=(count("a", Unit.MAC, total=60, conv=50), count("b", Unit.MAC, conv=50)))
    assert total_explanation(counted, "a", "b") == (
        "a counts 60 MACs where b counts 50 MACs: +10 in multiply-accumulates, "
        "from (no operator named) +10 (10 against 0)."
    )


def test_a_rule_that_was_not_used_is_an_error() -> None:
    """Asking for another rule names it."""
    with pytest.raises(KeyError, match="ptflops"):
        total_explanation(COUNTED, "torchstat", "ptflops")
