"""Promises of the codec: what goes to disk comes back equal, and nothing unknown is let in."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.codec import CodecError, check_version, decode, decode_outcome, encode
from results.records import (
    Case,
    Complexity,
    Count,
    Failed,
    FailureKind,
    Measured,
    OperatorCount,
    Outcome,
    Run,
    Samples,
    Skipped,
    Telemetry,
    Unit,
)

MakeCase = Callable[..., Case]

finite = st.floats(allow_nan=False, allow_infinity=False)
options = st.lists(st.tuples(st.text(), st.text() | st.integers() | st.booleans() | finite)).map(tuple)
cases = st.builds(Case, options=options)
samples = st.builds(
    Samples,
    seconds=st.lists(finite).map(tuple),
    warmup_s=finite,
    precision=finite,
    rounds=st.lists(st.integers()).map(tuple),
)
telemetry = st.builds(
    Telemetry,
    energy_j=st.none() | finite,
    watched=st.integers(),
    unwatched=st.integers(),
    power_capped=st.integers(),
    shared_board=st.booleans(),
    notes=st.tuples(st.text()),
)
measured = st.builds(
    Measured,
    case=cases,
    samples=st.none() | samples,
    complexity=st.none() | st.builds(Complexity),
    telemetry=st.none() | telemetry,
)
outcomes = measured | st.builds(Skipped, case=cases) | st.builds(Failed, case=cases)


@given(outcomes)
def test_every_outcome_survives_json(outcome: Outcome) -> None:
    """Encoded, written, read and decoded, an outcome is equal to what it was."""
    assert decode_outcome(json.loads(json.dumps(encode(outcome)))) == outcome


def test_a_run_survives_json(run_of: Callable[..., Run], case_of: MakeCase) -> None:
    """A whole run with its outcomes, plan and environment comes back equal."""
    case = case_of()
    run = run_of(case, outcomes=(Failed(case=case, kind=FailureKind.OUT_OF_MEMORY, error="MemoryError: 2 GiB"),))
    assert decode(Run, json.loads(json.dumps(encode(run)))) == run


def test_what_a_skipped_case_looks_like(case_of: MakeCase) -> None:
    """The layout on disk: a type, the fields by name, enums by value, tuples as lists."""
    assert encode(Skipped(case=case_of(num_classes=None), reason="too large")) == {
        "type": "skipped",
        "case": {
            "suite": "latency",
            "implementation": "se",
            "source": "5ad1",
            "options": [["reduction", 16]],
            "subject": "network",
            "host": "resnext50_16x4d",
            "slot": "after_conv3",
            "num_classes": None,
            "shape": [1, 3, 32, 32],
            "dim": None,
            "dtype": "float32",
            "device": "cpu",
            "direction": "forward",
            "mode": "eager",
            "timing": "hot",
            "channels_last": False,
            "threads": 2,
        },
        "reason": "too large",
    }


def test_what_a_count_looks_like() -> None:
    """A named tuple is an object too: its names say what its numbers are."""
    count = Count(rule="fvcore", unit=Unit.MAC, total=5, by_operator=(OperatorCount("conv", 5),))
    assert encode(count) == {
        "rule": "fvcore",
        "unit": "MAC",
        "total": 5,
        "by_operator": [{"operator": "conv", "count": 5}],
    }


def test_options_keep_their_types(case_of: MakeCase) -> None:
    """True, 1, 1.0 and "1" are different options, and stay so."""
    given_options = (("a", True), ("b", 1), ("c", 1.0), ("d", "1"))
    found = decode(Case, json.loads(json.dumps(encode(case_of(options=given_options)))))
    assert [type(value) for _, value in found.options] == [bool, int, float, str]


def test_a_missing_field_with_a_default_takes_it(case_of: MakeCase) -> None:
    """A line written before a field was added is still read."""
    facts: Any = encode(case_of())
    del facts["channels_last"]
    assert decode(Case, facts) == case_of(channels_last=False)


def test_a_whole_number_will_do_for_seconds(samples_of: Callable[..., Samples]) -> None:
    """A figure that another tool wrote as 1 is read as 1.0."""
    facts: Any = encode(samples_of(1.0, 2.0))
    facts["seconds"] = [1, 2]
    assert decode(Samples, facts).seconds == (1.0, 2.0)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("colour", "red", "outcome.case.colour: unknown field"),
        ("shape", [1, "3"], r"outcome.case.shape\[1\]: expected an integer, got '3'"),
        ("shape", 3, "outcome.case.shape: expected a list, got 3"),
        ("shape", [1, True], r"outcome.case.shape\[1\]: expected an integer, got True"),
        ("threads", 1.5, "outcome.case.threads: expected an integer, got 1.5"),
        ("direction", "sideways", "outcome.case.direction: unknown Direction 'sideways'; known: forward, backward"),
        ("options", [["reduction"]], r"outcome.case.options\[0\]: expected a list of 2"),
        ("options", [["reduction", None]], r"outcome.case.options\[0\]\[1\]: expected a text or an integer"),
        ("host", ["resnet"], "outcome.case.host: expected a text"),
    ],
)
def test_a_wrong_field_is_named(case_of: MakeCase, field: str, value: object, message: str) -> None:
    """A value that does not belong is an error that says where it is and what was expected."""
    facts: Any = encode(Skipped(case=case_of(), reason="too large"))
    facts["case"][field] = value
    with pytest.raises(CodecError, match=message):
        decode_outcome(facts, "outcome")


def test_a_missing_field_is_named(case_of: MakeCase) -> None:
    """A field without a default must be there."""
    facts: Any = encode(Skipped(case=case_of(), reason="too large"))
    del facts["reason"]
    with pytest.raises(CodecError, match=r"outcome\.reason: missing field of Skipped"):
        decode_outcome(facts, "outcome")


@pytest.mark.parametrize("tag", ["exploded", None, 3, ["skipped"]])
def test_an_unknown_kind_is_named(case_of: MakeCase, tag: object) -> None:
    """An outcome of a kind that does not exist is an error that lists those that do."""
    facts: Any = encode(Skipped(case=case_of(), reason="too large"))
    facts["type"] = tag
    with pytest.raises(CodecError, match="known: measured, skipped, failed"):
        decode_outcome(facts, "outcome")


@pytest.mark.parametrize("data", [None, 3, "skipped", [], {}])
def test_what_is_no_outcome_is_refused(data: object) -> None:
    """Data without a type is an error, not a crash."""
    with pytest.raises(CodecError, match="expected an object with 'type'"):
        decode_outcome(data)


def test_infinite_numbers_are_not_written(samples_of: Callable[..., Samples]) -> None:
    """JSON has no word for infinity; the field is named instead of writing what others cannot read."""
    with pytest.raises(CodecError, match=r"seconds\[1\]: inf cannot be stored"):
        encode(samples_of(1.0, inf))


def test_a_newer_schema_asks_for_an_upgrade() -> None:
    """Data of a later version is refused with the remedy."""
    with pytest.raises(
        CodecError, match="schema version 2 is newer than the 1 this attnbench reads: upgrade attnbench"
    ):
        check_version(2)


@pytest.mark.parametrize("version", [0, None, "1", True])
def test_other_schemas_are_refused(version: object) -> None:
    """A version that never was, or that is no version, is refused."""
    with pytest.raises(CodecError, match="schema"):
        check_version(version)
