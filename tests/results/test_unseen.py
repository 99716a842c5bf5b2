"""What no rule counts: always said where it may be any amount of work, else where there is much of it."""

from __future__ import annotations

from results.records import Complexity, Count, OperatorCount, Unit
from results.unseen import unseen_operators

FFT = OperatorCount("fft_r2c", 1)
MUL = OperatorCount("mul", 60)
SUM = OperatorCount("sum", 40)


def counted(flops: int, *uncounted: OperatorCount) -> Complexity:
    """Return a module that multiplies and sums 100 elements, and does some more that no rule knows."""
    count = Count(rule="torch", unit=Unit.FLOP, total=flops, by_operator=())
    return Complexity(parameters=1, counts=(count,), uncounted=uncounted, elementwise=(MUL, SUM))


def test_elementwise_work_is_said_beyond_a_tenth_of_the_largest_total() -> None:
    """100 elements beside 1000 multiply-accumulates change nothing, beside 999 they do."""
    assert unseen_operators(counted(2000)) == ()
    assert unseen_operators(counted(1998)) == (MUL, SUM)


def test_other_work_is_always_said() -> None:
    """One element may stand for any amount of it."""
    assert unseen_operators(counted(2000, FFT)) == (FFT,)


def test_without_a_count_everything_is_said() -> None:
    """Every rule may have failed."""
    assert unseen_operators(Complexity(parameters=1, counts=(), uncounted=(FFT,), elementwise=(MUL,))) == (FFT, MUL)
