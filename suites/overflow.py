"""Where does it fail: the smallest logits, or feature maps, at which the output or the gradient is of no use?"""

from __future__ import annotations

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
#: Rows up to this length are searched more closely: their inputs cost little.
SHORT = 256
#: Magnitudes that are looked at from one power of two to the next, of two bytes: 2^14 are all that there are.
ALL, CLOSE, COARSE, POWERS = 2**14, 32, 16, 1


def defaults(registry: Registry) -> Defaults:
    """Return all logit functions and all dtypes."""
    return logits.defaults(registry, logits.DTYPES)


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return one case an implementation, dtype, direction and length; it holds all patterns."""
    return logits.cases(selection, registry, NAME, logits.DTYPES)


def prepare(case: Case, registry: Registry) -> Searched:
    """Build the function and its patterns."""
    from bench.numerics.frontier import Searched, witness_dtype

    function = logits.function(case, registry, case.dtype)
    return Searched(
        function=function,
        witness=logits.twin(function, case, registry, str(witness_dtype(function.dtype)).removeprefix("torch.")),
        patterns=logits.patterns(case),
        per_octave=_per_octave(case, function.dtype.itemsize),
        sums=_sums(case, registry),
        blame=case.mode is Mode.EAGER,
    )


def _per_octave(case: Case, bytes_each: int) -> int:
    if case.subject is not Subject.OP:
        return POWERS
    if case.shape[-1] > SHORT:
        return COARSE
    return ALL if bytes_each == 2 else CLOSE  # noqa: PLR2004 - float16 and bfloat16


def _sums(case: Case, registry: Registry) -> Sums:
    from bench.numerics.verdict import Sums

    spec = registry.find(case.implementation)
    if case.subject is not Subject.OP or spec.family != Family.NORMALIZER:
        return Sums.ANYTHING
    return Sums.ONE if spec.sums_to_one else Sums.AT_MOST_ONE
