"""One exact quantity on both sides -> its difference. Smaller is better."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from results.checks import Difference

if TYPE_CHECKING:
    from collections.abc import Iterator


def compared(quantity: str, base: float | None, head: float | None) -> Iterator[Difference]:
    """Yield the difference, if there is one, of a quantity that is better the smaller it is.

    NaN is worse than any number, and as good as another NaN. Without a figure on one of the sides nothing is yielded.
    """
    if base is None or head is None:
        return
    before, after = (isnan(base), base), (isnan(head), head)
    if before == after or (isnan(base) and isnan(head)):
        return
    yield Difference(quantity=quantity, base=base, head=head, worse=isnan(head) or head > base)
