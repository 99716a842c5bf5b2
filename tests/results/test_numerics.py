"""Frontiers and errors on their way into files: as records, and as rows."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any

import pandas as pd
import pytest

from reporting.to_csv import suite_csv
from results.codec import CodecError, decode, encode
from results.frame import suite_frame
from results.numerics import ErrorAtScale, Fault, Frontier
from results.records import (
    Case,
    Direction,
    Errors,
    Failed,
    FailureKind,
    FeatureMap,
    Frontiers,
    Logits,
    Measured,
    Result,
    Run,
)

MakeCase = Callable[..., Case]
MakeRun = Callable[..., Run]

FRONTIERS = (
    Frontier(pattern="one large", threshold=11.09375, failure=Fault.NAN, operator="aten.exp"),
    Frontier(pattern="all negative", threshold=-17.34375, failure=Fault.ZEROS),
    Frontier(pattern="Gaussian"),
    Frontier(pattern="all -inf", failure=Fault.NAN),
    Frontier(pattern="one NaN", failure=Fault.NAN),
)
ERRORS = (
    ErrorAtScale(
        scale=0.1,
        elements=256,
        not_finite=0,
        below_normal=3,
        max_relative=0.1 + 0.2,
        median_relative=0.001,
        max_ulps=2.5,
        median_ulps=0.25,
    ),
    ErrorAtScale(
        scale=1e4,
        elements=256,
        not_finite=256,
        below_normal=0,
        max_relative=None,
        median_relative=None,
        max_ulps=None,
        median_ulps=None,
    ),
)


def op_case(case_of: MakeCase, **fields: Any) -> Case:
    """Return a case of a function on two logits."""
    known = {
        "suite": "overflow",
        "implementation": "softmax/naive",
        "options": (),
        "host": None,
        "slot": None,
        "input": Logits(shape=(1, 2), dim=1),
        "dtype": "float16",
    }
    return case_of(**(known | fields))


@pytest.mark.parametrize("result", [Frontiers(patterns=FRONTIERS), Errors(scales=ERRORS)])
def test_records_come_back_from_json_as_they_were(case_of: MakeCase, result: Result) -> None:
    """Thresholds to the last digit, the failure as its kind, what is not there as None."""
    outcome = Measured(case=op_case(case_of), result=result)
    assert decode(Measured, encode(outcome)) == outcome


def test_a_threshold_may_be_the_largest_number_of_float64() -> None:
    """A function of float64 is tried up to it, and may fail there alone."""
    found = Frontier(pattern="one large", threshold=sys.float_info.max, failure=Fault.INF)
    assert decode(Frontier, encode(found)) == found


def test_a_failure_that_nobody_knows_is_refused(case_of: MakeCase) -> None:
    """The message names the field."""
    data = json.loads(encode(Measured(case=op_case(case_of), result=Frontiers(patterns=FRONTIERS))))
    data["result"]["patterns"][0]["failure"] = "melted"
    with pytest.raises(CodecError, match=r"^result\.patterns\[0\]\.failure: .*'melted'"):
        decode(Measured, json.dumps(data).encode())


def test_a_fixed_patterns_value_is_its_threshold() -> None:
    """If it fails on that: JSON has no word for it, so it is not stored."""
    assert Frontier(pattern="all -inf", failure=Fault.NAN).value == -math.inf
    assert Frontier(pattern="one +inf", failure=Fault.INF).value == math.inf
    assert Frontier(pattern="all -inf").value is None
    assert Frontier(pattern="all equal", threshold=3.0, failure=Fault.SUM).value == 3.0


def test_overflow_has_a_row_a_pattern(case_of: MakeCase, run_of: MakeRun) -> None:
    """With the case's own columns in each; an empty threshold: never. Fixed patterns have infinite ones."""
    case = op_case(case_of, direction=Direction.BACKWARD)
    csv = suite_csv(run_of(case, outcomes=(Measured(case=case, result=Frontiers(patterns=FRONTIERS)),)), "overflow")
    rows = pd.read_csv(StringIO(csv), keep_default_na=False)
    needed = ["implementation", "dtype", "device", "pattern", "length", "direction", "mode", "threshold", "failure"]
    assert [",".join(map(str, row)) for row in rows[[*needed, "operator"]].to_numpy().tolist()] == [
        "softmax/naive,float16,cpu,one large,2,backward,eager,11.09375,NaN output,aten.exp",
        "softmax/naive,float16,cpu,all negative,2,backward,eager,-17.34375,all zeros,",
        "softmax/naive,float16,cpu,Gaussian,2,backward,eager,,never,",
        "softmax/naive,float16,cpu,all -inf,2,backward,eager,-inf,NaN output,",
        "softmax/naive,float16,cpu,one NaN,2,backward,eager,inf,NaN output,",
    ]


def test_the_columns_of_overflow(case_of: MakeCase, run_of: MakeRun) -> None:
    """After those of every case."""
    case = op_case(case_of)
    frame = suite_frame(
        run_of(case, outcomes=(Measured(case=case, result=Frontiers(patterns=FRONTIERS)),)).index, "overflow"
    )
    assert list(frame.columns[18:]) == ["status", "length", "pattern", "threshold", "failure", "operator", "error"]


def test_accuracy_has_a_row_a_scale(case_of: MakeCase, run_of: MakeRun) -> None:
    """Full digits, counts as whole numbers, empty cells where no element is left."""
    case = op_case(case_of, suite="accuracy")
    frame = suite_frame(run_of(case, outcomes=(Measured(case=case, result=Errors(scales=ERRORS)),)).index, "accuracy")
    assert frame["scale"].tolist() == [0.1, 1e4]
    assert frame["not_finite"].tolist() == [0, 256]
    assert frame["max_relative"].tolist()[0] == 0.30000000000000004
    assert frame["max_relative"].isna().tolist() == [False, True]
    assert list(frame.columns[19:]) == [
        *("length", "scale", "elements", "not_finite", "below_normal"),
        *("max_relative", "median_relative", "max_ulps", "median_ulps", "error"),
    ]


def test_a_case_that_failed_has_one_row(case_of: MakeCase, run_of: MakeRun) -> None:
    """With its error, and the length of its logits; a feature map has none."""
    functions = (op_case(case_of), op_case(case_of, implementation="softmax"))
    alone = op_case(case_of, input=FeatureMap(batch=2, channels=64, height=16, width=16), implementation="se")
    run = run_of(
        *functions,
        alone,
        outcomes=(
            Failed(case=functions[0], kind=FailureKind.CRASH, error="signal 11"),
            Measured(case=functions[1], result=Frontiers(patterns=FRONTIERS[:1])),
            Failed(case=alone, kind=FailureKind.HANG, error="longer than 300 s"),
        ),
    )
    frame = suite_frame(run.index, "overflow")
    assert frame[["implementation", "status", "error"]].fillna("").to_numpy().tolist() == [
        ["softmax/naive", "failed", "signal 11"],
        ["softmax", "measured", ""],
        ["se", "failed", "longer than 300 s"],
    ]
    assert frame["length"].fillna(0).tolist() == [2, 2, 0]
    assert frame[["pattern", "threshold"]].isna().to_numpy().tolist() == [[True, True], [False, False], [True, True]]


def test_where_everything_failed_the_columns_are_there(case_of: MakeCase, run_of: MakeRun) -> None:
    """A reader that looks for thresholds finds that there are none."""
    case = op_case(case_of)
    run = run_of(case, outcomes=(Failed(case=case, kind=FailureKind.CRASH, error="signal 11"),))
    frame = suite_frame(run.index, "overflow")
    assert frame[["length", "pattern", "threshold"]].isna().to_numpy().tolist() == [[False, True, True]]
