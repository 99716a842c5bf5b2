"""Where does it fail: the smallest logits, or feature maps, at which the output or the gradient is of no use?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from attn_impls import Family
from results.records import Mode, Subject

from . import logits

if TYPE_CHECKING:
    from attn_impls import Registry
    from bench.numerics.frontier import Searched
    from bench.numerics.verdict import Sums
    from results.records import Case

    from .selection import Defaults, Selection

NAME = "overflow"
DTYPES = ("float16", "bfloat16", "float32", "float64")


def defaults(registry: Registry) -> Defaults:
    """Return all functions on logits and all dtypes."""
    return logits.defaults(registry, DTYPES)


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return one case an implementation, dtype, direction and length; it holds all patterns."""
    return logits.cases(selection, registry, NAME, DTYPES)


def prepare(case: Case, registry: Registry) -> Searched:
    """Build the function and its patterns."""
    from bench.numerics.frontier import Searched, witness_dtype

    function = logits.function(case, registry, case.dtype)
    witness = str(witness_dtype(function.dtype)).removeprefix("torch.")
    return Searched(
        function=function,
        witness=logits.function(replace(case, mode=Mode.EAGER), registry, witness),
        patterns=logits.patterns(case),
        sums=_sums(case, registry),
        blame=case.mode is Mode.EAGER,
    )


def _sums(case: Case, registry: Registry) -> Sums:
    from bench.numerics.verdict import Sums

    spec = registry.find(case.implementation)
    if case.subject is not Subject.OP or spec.family is not Family.NORMALIZER:
        return Sums.ANYTHING
    return Sums.ONE if spec.sums_to_one else Sums.AT_MOST_ONE
