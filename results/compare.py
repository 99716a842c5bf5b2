"""Which cases belong in one table: those that differ in nothing but what is compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .records import PLAIN, Mode, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .records import Case

#: What functions on logits are compared with, there being no network to leave them out of.
OP_BASELINE = "softmax"


def comparison_group(case: Case) -> Case:
    """Return the case without what is compared: equal results belong in one table and in one block of rounds.

    Compared are implementations, and each as it is with itself compiled.
    """
    return replace(case, implementation="", source="", options=(), slot=None, mode=Mode.EAGER)


def baseline_of(group: Iterable[Case]) -> Case | None:
    """Return the case of a comparison group that the others are compared with, or None if there is none.

    The plain network, PyTorch's softmax; of several attentions alone, which have neither, the first one.
    """
    cases = tuple(group)
    if len(cases) > 1 and cases[0].subject is Subject.MODULE:
        return cases[0]
    for case in cases:
        if case.implementation == (OP_BASELINE if case.subject is Subject.OP else PLAIN) and case.mode is Mode.EAGER:
            return case
    return None


def is_copy(case: Case) -> bool:
    """Return whether the case is the copy that functions on logits are held against."""
    return case.subject is Subject.OP and case.implementation == PLAIN


def references_of(group: Iterable[Case]) -> frozenset[Case]:
    """Return the cases of a comparison group that others are compared with: the baseline, and a copy."""
    cases = tuple(group)
    baseline = baseline_of(cases)
    return frozenset(filter(is_copy, cases)) | (frozenset() if baseline is None else {baseline})
