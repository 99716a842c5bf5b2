"""Which of several rows are faster than which others, and which cannot be ordered: by their paired ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .speed_verdicts import Interval, Order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from results.stats import Ratio

#: Of two rows the ratio beside them says all.
FEWEST = 3


def order_sentences(
    groups: Collection[Collection[str]], pairs: Mapping[tuple[str, str], Ratio], noise: float
) -> tuple[str, ...]:
    """Return which rows are faster than which, by more than the noise floor, and which pairs are not ordered.

    Args:
        groups: names of rows that are compared with one another, each group in the table's order; groups of two are
            left out.
        pairs: by two rows of a group, the later first: how many times as long it takes as the earlier.
        noise: the noise floor, as a share; 0 where none was measured.

    """
    faster: dict[str, list[str]] = {}
    unordered: list[str] = []
    alike = []
    for group in groups:
        if len(group) < FEWEST:
            continue
        names = list(group)
        open_pairs: dict[str, list[str]] = {}
        for index, earlier in enumerate(names):
            for later in names[index + 1 :]:
                match _order(pairs.get((later, earlier)), noise):
                    case Order.SLOWER:
                        faster.setdefault(earlier, []).append(later)
                    case Order.FASTER:
                        faster.setdefault(later, []).append(earlier)
                    case Order.NONE:
                        open_pairs.setdefault(earlier, []).append(later)
        if sum(map(len, open_pairs.values())) == len(names) * (len(names) - 1) // 2:
            alike.append(f"No two of these rows can be ordered here: {_listed(names)}.")
        else:
            unordered += [f"{name} with {_listed(others)}" for name, others in open_pairs.items()]
    ordered = "; ".join(f"{name} than {_listed(others)}" for name, others in faster.items())
    return (
        *([f"Faster here, by more than the noise floor: {ordered}."] if ordered else []),
        *([f"Cannot be ordered here: {'; '.join(unordered)}."] if unordered else []),
        *alike,
    )


def _order(found: Ratio | None, noise: float) -> Order:
    if found is None:
        return Order.NONE
    return Interval(value=found.value, low=found.low, high=found.high).order(noise)


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
