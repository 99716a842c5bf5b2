"""Two results of one case: which exact quantities differ, and for the better or the worse."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from regression.exact import differences, verdict_of
from results.checks import Difference, Verdict
from results.numerics import Fault
from results.records import Complexity, Count, ErrorAtScale, Errors, Frontier, Frontiers, Memory, Unit

if TYPE_CHECKING:
    from results.records import Result

PTFLOPS = Count(rule="ptflops", unit=Unit.MAC, total=1000, by_operator=())
SIZES = Complexity(parameters=512, counts=(PTFLOPS, Count(rule="torch", unit=Unit.FLOP, total=2000, by_operator=())))
BYTES = Memory(saved_bytes=100, peak_live_bytes=200, read_bytes=300, written_bytes=400, operators=5)
ERROR = ErrorAtScale(
    scale=10.0,
    elements=256,
    not_finite=0,
    below_normal=3,
    max_relative=1e-6,
    median_relative=1e-7,
    max_ulps=8.0,
    median_ulps=0.5,
)


def failing(pattern: str = "one large", threshold: float | None = None, failure: Fault | None = None) -> Frontiers:
    return Frontiers(patterns=(Frontier(pattern=pattern, threshold=threshold, failure=failure, operator="aten.exp"),))


def erring(**figures: float | None) -> Errors:
    return Errors(scales=(replace(ERROR, **figures),))


@pytest.mark.parametrize("result", [SIZES, BYTES, failing(threshold=89.0, failure=Fault.NAN), erring()])
def test_equal_results_have_no_difference(result: Result) -> None:
    """What has not changed is not spoken of."""
    assert differences(result, replace(result)) == ()


@pytest.mark.parametrize(
    ("base", "head", "quantity", "before", "after"),
    [
        (SIZES, replace(SIZES, parameters=513), "parameters", 512, 513),
        (SIZES, replace(SIZES, counts=(replace(PTFLOPS, total=1001),)), "MACs (ptflops)", 1000, 1001),
        (BYTES, replace(BYTES, saved_bytes=101), "saved bytes", 100, 101),
        (BYTES, replace(BYTES, peak_live_bytes=201), "peak live bytes", 200, 201),
        (BYTES, replace(BYTES, read_bytes=301), "bytes read", 300, 301),
        (BYTES, replace(BYTES, written_bytes=401), "bytes written", 400, 401),
        (BYTES, replace(BYTES, operators=6), "operators launched", 5, 6),
        (erring(), erring(max_relative=1.01e-6), "max relative error (scale 10)", 1e-6, 1.01e-6),
        (erring(), erring(median_relative=2e-7), "median relative error (scale 10)", 1e-7, 2e-7),
        (erring(), erring(max_ulps=9.0), "max error in ulps (scale 10)", 8.0, 9.0),
        (erring(), erring(median_ulps=1.0), "median error in ulps (scale 10)", 0.5, 1.0),
        (erring(), erring(not_finite=1), "results not finite (scale 10)", 0, 1),
    ],
)
def test_more_is_worse_and_less_is_better(
    base: Result, head: Result, quantity: str, before: float, after: float
) -> None:
    """Every quantity is named in words, and the smallest rise is worse; the same the other way round is better."""
    assert differences(base, head) == (Difference(quantity=quantity, base=before, head=after, worse=True),)
    assert differences(head, base) == (Difference(quantity=quantity, base=after, head=before, worse=False),)


@pytest.mark.parametrize(
    ("base", "head", "worse"),
    [
        ((89.0, Fault.NAN), (88.5, Fault.NAN), True),
        ((88.5, Fault.NAN), (89.0, Fault.NAN), False),
        ((-89.0, Fault.NAN), (-88.5, Fault.NAN), True),
        ((None, None), (89.0, Fault.NAN), True),
        ((89.0, Fault.NAN), (None, None), False),
        ((89.0, Fault.NAN), (90.0, Fault.RAISES), False),
    ],
)
def test_a_threshold_nearer_to_0_is_worse(
    base: tuple[float | None, Fault | None], head: tuple[float | None, Fault | None], *, worse: bool
) -> None:
    """To fail nowhere is better than to fail somewhere; a negative threshold counts by its size."""
    (found,) = differences(failing("one large", *base), failing("one large", *head))
    assert found == Difference(quantity="overflow threshold (one large)", base=base[0], head=head[0], worse=worse)


def test_another_fault_at_the_same_threshold_is_a_new_fault() -> None:
    """It is worse either way: which of the two harms more depends on who uses the result."""
    nan_, zeros = failing(threshold=89.0, failure=Fault.NAN), failing(threshold=89.0, failure=Fault.ZEROS)
    assert differences(nan_, zeros) == (
        Difference(quantity="fault (one large)", base="NaN", head="all zeros", worse=True),
    )
    assert differences(zeros, nan_)[0].worse


def test_a_fixed_pattern_has_faults_and_no_threshold() -> None:
    """What fails on one NaN where it did not is worse, and what does not any more is better."""
    works, fails = failing("one NaN"), failing("one NaN", failure=Fault.NAN)
    assert differences(works, fails) == (Difference(quantity="fault (one NaN)", base=None, head="NaN", worse=True),)
    assert differences(fails, works) == (Difference(quantity="fault (one NaN)", base="NaN", head=None, worse=False),)


def test_what_one_side_alone_has_is_not_compared() -> None:
    """A rule, a pattern or a scale that was added is no change of the implementation."""
    assert differences(SIZES, replace(SIZES, counts=())) == ()
    assert differences(replace(SIZES, counts=()), SIZES) == ()
    assert differences(failing("one large"), failing("all equal", 3.0, Fault.INF)) == ()
    assert differences(erring(scale=1.0), erring(scale=2.0, max_ulps=99.0)) == ()


def test_a_rule_that_counts_in_another_unit_is_another_rule() -> None:
    """Twice as many FLOPs as multiply-accumulates are no regression."""
    flops = replace(SIZES, counts=(replace(PTFLOPS, unit=Unit.FLOP, total=2000),))
    assert differences(SIZES, flops) == ()


def test_a_figure_that_is_gone_shows_as_results_that_are_not_finite() -> None:
    """Where no finite result is left there is no error, and that is not taken for a fall."""
    gone = erring(not_finite=253, max_relative=None, median_relative=None, max_ulps=None, median_ulps=None)
    assert differences(erring(), gone) == (
        Difference(quantity="results not finite (scale 10)", base=0, head=253, worse=True),
    )


def test_nan_is_worse_than_any_number_and_equal_to_itself() -> None:
    """A comparison with NaN is never true: it must not hide a change, nor make one."""
    assert differences(erring(max_ulps=nan), erring(max_ulps=nan)) == ()
    assert [each.worse for each in differences(erring(), erring(max_ulps=nan))] == [True]
    assert [each.worse for each in differences(erring(max_ulps=nan), erring())] == [False]


def test_the_cuda_allocators_figures_are_not_compared() -> None:
    """They depend on what the process held before."""
    assert differences(replace(BYTES, allocated_bytes=512), replace(BYTES, allocated_bytes=1024)) == ()


def test_results_of_two_kinds_are_refused() -> None:
    """They have nothing in common, which is not the same as no difference."""
    with pytest.raises(TypeError, match="Complexity and Memory have no exact quantities in common"):
        differences(SIZES, BYTES)


@pytest.mark.parametrize(
    ("worse", "verdict"),
    [
        ((), Verdict.SAME),
        ((False,), Verdict.BETTER),
        ((True,), Verdict.WORSE),
        ((False, True, False), Verdict.WORSE),
    ],
)
def test_one_worse_quantity_makes_the_case_worse(worse: tuple[bool, ...], verdict: Verdict) -> None:
    """No gain elsewhere makes up for it."""
    assert verdict_of([Difference(quantity="parameters", base=1, head=2, worse=each) for each in worse]) is verdict
