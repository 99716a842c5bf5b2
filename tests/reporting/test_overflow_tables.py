from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.accuracy_tables import accuracy_tables
from reporting.overflow_tables import overflow_tables
from reporting.report import report
from reporting.to_markdown import to_markdown
from reporting.units import format_error, format_ulps, format_value
from results.numerics import ErrorAtScale, Fault, Frontier
from results.records import Case, Direction, Errors, Failed, FailureKind, FeatureMap, Frontiers, Logits, Measured

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Run

    MakeRun = Callable[..., Run]

NAIVE = (
    Frontier(pattern="one large", threshold=11.09375, failure=Fault.NAN, operator="aten.exp"),
    Frontier(pattern="all negative", threshold=-17.34375, failure=Fault.NAN),
    Frontier(pattern="all -inf", failure=Fault.NAN),
)
SAFE = (
    Frontier(pattern="one large"),
    Frontier(pattern="all negative"),
    Frontier(pattern="all -inf", failure=Fault.NAN),
)
FEATURES = FeatureMap(batch=2, channels=64, height=16, width=16)
ERROR = ErrorAtScale(
    scale=10.0,
    elements=200,
    not_finite=0,
    below_normal=0,
    max_relative=0.0123,
    median_relative=0.00049,
    max_ulps=31.4,
    median_ulps=0.28,
)


@pytest.fixture
def softmax(host: Case) -> Case:
    """Return a search on two logits."""
    on_logits = replace(host, host=None, input=Logits(shape=(1, 2), dim=1))
    return replace(on_logits, suite="overflow", implementation="softmax", dtype="float16", threads=1)


def test_one_table_a_dtype_and_direction(softmax: Case, make_run: MakeRun) -> None:
    """Lengths with equal limits share a row; threshold and failure in a cell; failed cases in words."""
    longer = replace(softmax, input=Logits(shape=(1, 1000), dim=1))
    naive, naive_longer = (replace(case, implementation="softmax/naive") for case in (softmax, longer))
    run = make_run(
        Measured(case=softmax, result=Frontiers(patterns=SAFE)),
        Measured(case=naive, result=Frontiers(patterns=NAIVE)),
        Measured(case=longer, result=Frontiers(patterns=SAFE)),
        Failed(case=naive_longer, kind=FailureKind.HANG, error="longer than 300 s"),
        Measured(case=replace(softmax, dtype="bfloat16"), result=Frontiers(patterns=SAFE)),
        Measured(case=replace(softmax, direction=Direction.BACKWARD), result=Frontiers(patterns=SAFE)),
    )
    first, *others = overflow_tables(run)
    assert to_markdown(first) == (
        "logit functions, float16, forward, cpu\n"
        "\n"
        "The value nearest to 0 at which it first fails, exact to the dtype's neighbouring number, and how.\n"
        "\n"
        "| function      | logits     | one large      | all negative | all -inf |\n"
        "| ------------- | ---------: | -------------: | -----------: | -------: |\n"
        "| softmax       |    2, 1000 | never          | never        | NaN      |\n"
        "| softmax/naive |    2       | 11.0938 NaN    | -17.3438 NaN | NaN      |\n"
        "| softmax/naive | 1000       | failed: hang ¹ |              |          |\n"
        "\n"
        "¹ longer than 300 s. If it is only slow, give it a larger --time-limit.\n"
    )
    assert [table.title for table in others] == [
        "logit functions, bfloat16, forward, cpu",
        "logit functions, float16, backward, cpu",
    ]


def test_an_attention_alone_says_which_operator_failed_first(softmax: Case, make_run: MakeRun) -> None:
    """Of each kind of feature map, beside the failure."""
    alone = replace(softmax, implementation="simam", input=FEATURES)
    found = Frontier(pattern="feature map", threshold=52.0, failure=Fault.NAN, operator="aten.pow")
    other = Frontier(pattern="all equal", threshold=111.0, failure=Fault.NAN, operator="aten.div")
    safe = Frontier(pattern="one large")
    (table,) = overflow_tables(make_run(Measured(case=alone, result=Frontiers(patterns=(found, other, safe)))))
    assert table.title == "attention alone, float16, forward, cpu"
    assert table.texts == (("simam", "52 NaN, aten.pow", "111 NaN, aten.div", "never"),)


def test_a_table_in_which_everything_failed(softmax: Case, make_run: MakeRun) -> None:
    """Beside one with results: it has no columns of patterns, and says why."""
    failed = Failed(case=softmax, kind=FailureKind.OUT_OF_MEMORY, error="MemoryError: 2 GiB")
    found = Measured(case=replace(softmax, dtype="bfloat16"), result=Frontiers(patterns=SAFE))
    table, _ = overflow_tables(make_run(failed, found))
    assert table.texts == (("softmax", "2", "failed: out of memory ¹"),)
    alone = replace(softmax, input=FEATURES)
    table, _ = overflow_tables(make_run(replace(failed, case=alone), found))
    assert table.texts == (("softmax", "failed: out of memory ¹"),)


def test_without_any_result_there_is_no_table(softmax: Case, make_run: MakeRun) -> None:
    """The report lists what failed."""
    run = make_run(Failed(case=softmax, kind=FailureKind.OUT_OF_MEMORY, error="MemoryError: 2 GiB"))
    assert overflow_tables(run) == ()
    rendered = report(run)
    assert "## Overflow frontier" not in rendered
    assert "1 case without a result" in rendered


def test_the_report_explains_its_words(softmax: Case, make_run: MakeRun) -> None:
    """Patterns and failures; nothing of latency."""
    rendered = report(make_run(Measured(case=softmax, result=Frontiers(patterns=NAIVE))))
    assert "\n## Overflow frontier\n\n### logit functions, float16, forward, cpu\n" in rendered
    for word in ("**frontier**", "**searched**", "**patterns**", "**failures**"):
        assert rendered.count(word) == 1
    assert "## Latency" not in rendered
    assert "**errors**" not in rendered


def test_errors_at_each_scale(softmax: Case, make_run: MakeRun) -> None:
    """Largest and median, relative and in ulps; what is not finite as a share; a failed case in words."""
    case = replace(softmax, suite="accuracy")
    spoilt = replace(ERROR, scale=100.0, not_finite=50)
    masked = replace(ERROR, scale=100.0, below_normal=150)
    nothing = replace(ERROR, not_finite=200, max_relative=None, median_relative=None, max_ulps=None, median_ulps=None)
    naive, mine = (replace(case, implementation=name) for name in ("softmax/naive", "mine"))
    run = make_run(
        Measured(case=case, result=Errors(scales=(ERROR, spoilt))),
        Measured(case=naive, result=Errors(scales=(nothing, masked))),
        Failed(case=mine, kind=FailureKind.NAN, error="no"),
    )
    (table,) = accuracy_tables(run)
    assert [column.title for column in table.columns] == ["function", "scale 10", "scale 100"]
    assert table.texts == (
        ("softmax", "1.2e-02 / 4.9e-04, 31 / 0.28 ulp", "1.2e-02 / 4.9e-04, 31 / 0.28 ulp, 25.0% not finite"),
        ("softmax/naive", "100.0% not finite", "1.2e-02 / 4.9e-04, 31 / 0.28 ulp, 75.0% below normal"),
        ("mine", "failed: NaN output ¹", ""),
    )
    rendered = report(run)
    assert "\n## Errors against float64\n" in rendered
    assert rendered.count("**errors**") == 1


def test_errors_of_which_there_are_none(softmax: Case, make_run: MakeRun) -> None:
    """A failure stands beside the figures of another dtype."""
    case = replace(softmax, suite="accuracy")
    failed = Failed(case=case, kind=FailureKind.NAN, error="no")
    found = Measured(case=replace(case, dtype="bfloat16"), result=Errors(scales=(ERROR,)))
    (table,) = accuracy_tables(make_run(failed, found))
    assert [row[:3] for row in table.texts] == [
        ("softmax", "float16", "failed: NaN output ¹"),
        ("softmax", "bfloat16", "1.2e-02 / 4.9e-04, 31 / 0.28 ulp"),
    ]
    assert accuracy_tables(make_run(pending=[case])) == ()


def test_numbers_without_a_unit() -> None:
    """Six digits, as many as tell neighbours in float16 and bfloat16 apart."""
    assert [format_value(value) for value in (11.09375, -93.0, 1.7014118e38)] == ["11.0938", "-93", "1.70141e+38"]
    assert [format_error(value) for value in (0.0, 0.000488)] == ["0", "4.9e-04"]
    assert [format_ulps(value) for value in (4.5e-66, 0.284, 3.14, 1400.0)] == ["0.00", "0.28", "3.1", "1.4e+03"]
