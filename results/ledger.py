"""Where the counting rules disagree, operator by operator.

Rules are compared in multiply-accumulates, the one thing all of them count: a MAC as it is; two FLOPs are one; and two
MAdds are one, as torchstat counts the multiplication and the addition separately. A difference that remains is one of
rules, not of units: an operator that one of them leaves out, or counts with or without its bias.

Nor of names: the same product of matrices is a linear layer to one rule and a product to another. Where two rules count
the same under different names, these names are one operator in the comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from .records import Unit

if TYPE_CHECKING:
    from .records import Complexity, Count

MILLION = 10**6
#: Names that one and the same product may have.
PRODUCTS = frozenset({"conv", "linear", "matmul", "attention", "multihead_attention"})
#: In place of an operator: the part of a total that a counter says nothing about.
UNATTRIBUTED = "(no operator named)"

#: How many multiply-accumulates one of each is.
IN_MACS = {Unit.MAC: Fraction(1), Unit.FLOP: Fraction(1, 2), Unit.MADD: Fraction(1, 2)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One kind of operator that the rules count differently."""

    operator: str
    """Several names that stand for the same, with commas between them."""
    counts: tuple[tuple[str, int], ...]
    """(rule, count in the rule's own unit), in the order of the counts; 0 where a rule leaves the operator out."""


def disagreements(complexity: Complexity) -> tuple[Disagreement, ...]:
    """Return the operators whose counts differ once they are in the same unit, the largest difference first."""
    found = []
    for names in _one_operator_each(complexity.counts):
        shares = [_share(count, names) for count in complexity.counts]
        in_macs = [_in_macs(count, names) for count in complexity.counts]
        if difference := max(in_macs) - min(in_macs):
            rules = (count.rule for count in complexity.counts)
            counts = tuple(zip(rules, shares, strict=True))
            found.append((difference, Disagreement(operator=", ".join(names), counts=counts)))
    # sorted keeps the order of equal differences: that of the counters.
    return tuple(disagreement for _, disagreement in sorted(found, key=lambda pair: -pair[0]))


def total_explanation(complexity: Complexity, rule: str, other: str) -> str:
    """Return in a sentence why two totals differ: by which operators, and by how much.

    Args:
        complexity: counted by both rules.
        rule: the one to explain.
        other: the one it is compared with.

    Raises:
        KeyError: a rule was not used.

    """
    ours, theirs = _count(complexity, rule), _count(complexity, other)
    opening = f"{_total(ours)} where {_total(theirs)}"
    parts: list[tuple[Fraction, str]] = []
    for names in (*_one_operator_each((ours, theirs)), (UNATTRIBUTED,)):
        mine, others = (_in_macs(count, names) for count in (ours, theirs))
        if mine != others:
            text = f"{', '.join(names)} {_signed(mine - others)} ({_millions(mine)} against {_millions(others)})"
            parts.append((mine - others, text))
    if not parts:
        return f"{opening}: the same, operator by operator, in multiply-accumulates."
    listed = ", ".join(text for _, text in sorted(parts, key=lambda part: -abs(part[0])))
    return f"{opening}: {_signed(sum((part[0] for part in parts), Fraction()))} in multiply-accumulates, from {listed}."


def multiply_accumulates(count: int, unit: Unit) -> Fraction:
    """Return a count in multiply-accumulates, exactly."""
    return count * IN_MACS[unit]


def _one_operator_each(counts: tuple[Count, ...]) -> list[tuple[str, ...]]:
    """Return every operator that a rule counts, in order of appearance; with it what is the same by another name."""
    groups: list[tuple[str, ...]] = [(operator,) for operator in _operators(counts)]
    for one, other in combinations(counts, 2):
        differing = {name for name in PRODUCTS if _in_macs(one, (name,)) != _in_macs(other, (name,))}
        if differing and _in_macs(one, tuple(differing)) == _in_macs(other, tuple(differing)):
            together = [group for group in groups if not differing.isdisjoint(group)]
            place = groups.index(together[0])
            groups = [group for group in groups if group not in together]
            groups.insert(place, tuple(name for group in together for name in group))
    return groups


def _in_macs(count: Count, names: tuple[str, ...]) -> Fraction:
    return multiply_accumulates(_share(count, names), count.unit)


def _operators(counts: tuple[Count, ...]) -> tuple[str, ...]:
    """Return every operator that a rule counts, each once, in order of appearance."""
    return tuple(dict.fromkeys(share.operator for count in counts for share in count.by_operator))


def _share(count: Count, names: tuple[str, ...]) -> int:
    if names == (UNATTRIBUTED,):
        return count.total - sum(share.count for share in count.by_operator)
    return sum(share.count for share in count.by_operator if share.operator in names)


def _count(complexity: Complexity, rule: str) -> Count:
    for count in complexity.counts:
        if count.rule == rule:
            return count
    raise KeyError(rule)


def _total(count: Count) -> str:
    return f"{count.rule} counts {_millions(Fraction(count.total))} {count.unit}s"


def _millions(count: Fraction) -> str:
    if count == 0:
        return "0"
    return f"{float(count / MILLION):.2f} M" if abs(count) >= MILLION // 100 else f"{float(count):g}"


def _signed(count: Fraction) -> str:
    return f"{'-' if count < 0 else '+'}{_millions(abs(count))}"
