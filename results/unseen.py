"""What ran and is in no total: without a word of it, a total of zero would look as if the module were free."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from .ledger import multiply_accumulates

if TYPE_CHECKING:
    from .records import Complexity, OperatorCount

#: Of the largest total: below it, elementwise work does not change what a total says.
ELEMENTWISE_SHARE = Fraction(1, 10)


def unseen_operators(complexity: Complexity) -> tuple[OperatorCount, ...]:
    """Return the operators that no rule counts and that a reader of the totals must know of, with their elements.

    Operators of any amount of work are always among them; elementwise ones where together they work on more than a
    tenth as many elements as the largest total has multiply-accumulates.
    """
    largest = max((multiply_accumulates(count.total, count.unit) for count in complexity.counts), default=Fraction())
    elements = sum(share.count for share in complexity.elementwise)
    elementwise = complexity.elementwise if elements > ELEMENTWISE_SHARE * largest else ()
    return (*complexity.uncounted, *elementwise)
