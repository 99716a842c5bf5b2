"""Overflow and accuracy for whoever has to choose: a row a function; what saturates is apart from what fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from reporting.numerics_tables import choosing_tables
from results.numerics import ErrorAtScale, Fault, Frontier
from results.records import Case, Direction, Errors, Frontiers, Logits, Measured

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Run

ERROR = ErrorAtScale(
    scale=1.0,
    elements=200,
    not_finite=0,
    below_normal=0,
    max_relative=0.01,
    median_relative=0.0004,
    max_ulps=1.1,
    median_ulps=0.3,
)
MASKED = Frontier(pattern="all -inf", failure=Fault.NAN)


def vanishes(at: float, *, rounded: bool | None) -> Frontier:
    """Return a gradient that is 0 from some logit on."""
    return Frontier(pattern="one large", threshold=at, failure=Fault.VANISHED, rounds_to_zero=rounded)


def test_one_row_a_function_with_a_verdict(host: Case, make_run: Callable[..., Run]) -> None:
    """Softmax saturates at 17.34 in float16 and is safe; the naive one overflows; another loses its gradient early."""
    softmax = replace(
        host,
        host=None,
        input=Logits(shape=(1, 2), dim=1),
        suite="overflow",
        implementation="softmax",
        dtype="float16",
        threads=1,
    )
    outcomes = []
    for length in (2, 197):
        case = replace(softmax, input=Logits(shape=(1, length), dim=1))
        back = replace(case, direction=Direction.BACKWARD)
        naive, early = (replace(case, implementation=name) for name in ("softmax/naive", "early"))
        overflow = Frontier(pattern="one large", threshold=11.09375, failure=Fault.NAN)
        outcomes += [
            Measured(case=case, result=Frontiers(patterns=(Frontier(pattern="one large"), MASKED))),
            Measured(case=back, result=Frontiers(patterns=(vanishes(17.34375, rounded=True),))),
            Measured(case=replace(case, suite="accuracy"), result=Errors(scales=(ERROR, replace(ERROR, scale=10.0)))),
            Measured(case=naive, result=Frontiers(patterns=(overflow, MASKED))),
            Measured(
                case=replace(early, direction=Direction.BACKWARD),
                result=Frontiers(patterns=(vanishes(float(length), rounded=False),)),
            ),
        ]
    (table,) = choosing_tables(make_run(*outcomes))
    assert table.title == "functions, in float16, cpu"
    assert [column.title for column in table.columns] == [
        *("function", "logits", "fails from", "no gradient from", "masked row", "error at scale 1 (median, worst)"),
        "verdict",
    ]
    early_words = "gradient 0 too early, from"
    assert table.texts == (
        ("softmax", "any", "never", "17.3438 (correctly rounded)", "NaN", "0.30, 1.1 ulp", "safe; saturates"),
        ("softmax/naive", "any", "11.0938 NaN", "never", "NaN", "-", "overflows at ordinary inputs"),
        ("early", "2", "never", "2", "-", "-", f"{early_words} 2"),
        ("early", "197", "never", "197", "-", "-", f"{early_words} 197"),
    )


def test_errors_alone_have_no_such_table(host: Case, make_run: Callable[..., Run]) -> None:
    """Without limits there is nothing to choose by."""
    case = replace(host, host=None, input=Logits(shape=(1, 2), dim=1), suite="accuracy", implementation="softmax")
    assert choosing_tables(make_run(Measured(case=case, result=Errors(scales=(ERROR,))))) == ()
