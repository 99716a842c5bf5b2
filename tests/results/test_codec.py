"""Promises of the codec: what goes to disk comes back equal, and nothing unknown is let in."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from results.codec import CodecError, decode, encode
from results.records import (
    Case,
    Complexity,
    Count,
    Failed,
    FailureKind,
    Frontier,
    Frontiers,
    Images,
    Logits,
    Measured,
    OperatorCount,
    Outcome,
    Record,
    Run,
    Samples,
    Skipped,
    Telemetry,
    Unit,
)

from .strategies import outcomes

MakeCase = Callable[..., Case]
MakeRun = Callable[..., Run]


def facts_of(record: Record) -> Any:
    """Return what JSON holds of a record."""
    return json.loads(encode(record))


def read(kind: type[Record], facts: object) -> Record:
    """Read a record of this kind from what JSON holds."""
    return decode(kind, json.dumps(facts).encode())


@given(outcomes())
def test_every_outcome_survives_json(outcome: Outcome) -> None:
    """Encoded and decoded, an outcome is equal to what it was."""
    assert decode(type(outcome), encode(outcome)) == outcome


def test_a_run_survives_json(run_of: MakeRun, case_of: MakeCase) -> None:
    """A whole run with its outcomes, plan and environment comes back equal."""
    case = case_of()
    failed = Failed(case=case, kind=FailureKind.OUT_OF_MEMORY, error="MemoryError: 2 GiB")
    run = run_of(case, outcomes=(failed, Measured(case=case, result=Complexity(parameters=1, counts=()))))
    assert decode(Run, encode(run)) == run


def test_what_a_skipped_case_looks_like(case_of: MakeCase) -> None:
    """The layout on disk: types, the fields by name, enums by value, tuples as lists; defaults are left out."""
    assert facts_of(Skipped(case=case_of(), reason="too large")) == {
        "type": "skipped",
        "case": {
            "suite": "latency",
            "implementation": "se",
            "source": "5ad1",
            "options": [["reduction", 16]],
            "host": "resnext50_16x4d",
            "slot": "after_conv3",
            "input": {"type": "images", "batch": 1, "channels": 3, "height": 32, "width": 32, "num_classes": 100},
            "threads": 2,
        },
        "reason": "too large",
    }


def test_what_a_count_looks_like() -> None:
    """An operator is a pair: its name and its number."""
    count = Count(rule="fvcore", unit=Unit.MAC, total=5, by_operator=(OperatorCount("conv", 5),))
    assert facts_of(count) == {"rule": "fvcore", "unit": "MAC", "total": 5, "by_operator": [["conv", 5]]}


def test_a_record_is_one_line(case_of: MakeCase) -> None:
    """Whatever is in its texts."""
    failed = Failed(case=case_of(), kind=FailureKind.CRASH, error="a\nb\r\u2028", traceback="c\n")
    assert encode(failed).splitlines() == [encode(failed)]


def test_options_keep_their_types(case_of: MakeCase) -> None:
    """True, 1, 1.0 and "1" are different options, and stay so."""
    given_options = (("a", True), ("b", 1), ("c", 1.0), ("d", "1"))
    found = decode(Case, encode(case_of(options=given_options)))
    assert [type(value) for _, value in found.options] == [bool, int, float, str]


def test_a_missing_field_with_a_default_takes_it(case_of: MakeCase) -> None:
    """A line written before a field was added is still read."""
    facts = facts_of(case_of(dtype="float16"))
    del facts["dtype"]
    assert read(Case, facts) == case_of(dtype="float32")


def test_a_whole_number_will_do_for_seconds(samples_of: Callable[..., Samples]) -> None:
    """A figure that another tool wrote as 1 is read as 1.0."""
    found = read(Samples, facts_of(samples_of(1.0, 2.0)) | {"seconds": [1, 2]})
    assert found == samples_of(1.0, 2.0)
    assert isinstance(found, Samples)
    assert [type(seconds) for seconds in found.seconds] == [float, float]


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("colour", "red", "case: Object contains unknown field `colour`"),
        ("threads", 1.5, "case.threads: "),
        ("threads", 2.0, "case.threads: "),
        ("threads", True, "case.threads: "),
        ("threads", "2", "case.threads: "),
        ("dtype", None, "case.dtype: "),
        ("direction", "sideways", "case.direction: Invalid enum value 'sideways'"),
        ("direction", 0, "case.direction: "),
        ("options", [["reduction"]], "case.options[0]: "),
        ("options", [["reduction", 16, 1]], "case.options[0]: "),
        ("options", [["reduction", None]], "case.options[0][1]: "),
        ("options", {"reduction": 16}, "case.options: "),
        ("host", ["resnet"], "case.host: "),
        ("input", None, "case.input: "),
    ],
)
def test_a_wrong_field_is_named(case_of: MakeCase, field: str, value: object, path: str) -> None:
    """A value that does not belong is an error that says where it is."""
    facts = facts_of(Skipped(case=case_of(), reason="too large"))
    facts["case"][field] = value
    with pytest.raises(CodecError) as caught:
        read(Skipped, facts)
    assert path in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("shape", [1, "3"], "input.shape[1]: "),
        ("shape", [1, True], "input.shape[1]: "),
        ("shape", [1, 3.0], "input.shape[1]: "),
        ("shape", 3, "input.shape: "),
        ("dim", None, "input.dim: "),
        ("batch", 1, "input: Object contains unknown field `batch`"),
        ("type", "voxels", "input.type: Invalid value 'voxels'"),
    ],
)
def test_a_wrong_field_of_the_input_is_named(case_of: MakeCase, field: str, value: object, path: str) -> None:
    """A field of another family of inputs is unknown too."""
    facts = facts_of(case_of(input=Logits(shape=(1, 3), dim=1)))
    facts["input"][field] = value
    with pytest.raises(CodecError) as caught:
        read(Case, facts)
    assert path in str(caught.value)


def test_an_error_is_one_line(case_of: MakeCase) -> None:
    """Even where it quotes a name that has several."""
    with pytest.raises(CodecError) as caught:
        read(Case, facts_of(case_of()) | {"a\nb": 1})
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_field_is_named(case_of: MakeCase) -> None:
    """A field without a default must be there."""
    facts = facts_of(Skipped(case=case_of(), reason="too large"))
    del facts["reason"]
    with pytest.raises(CodecError, match=r"missing .* `reason`"):
        read(Skipped, facts)


def test_a_missing_input_is_named(case_of: MakeCase) -> None:
    """No family of inputs is taken for granted."""
    facts = facts_of(case_of())
    del facts["input"]["type"]
    with pytest.raises(CodecError, match=r"^input: .*missing .* `type`"):
        read(Case, facts)


@pytest.mark.parametrize("tag", ["exploded", "Skipped", None, 3, ["skipped"]])
def test_an_unknown_kind_is_refused(run_of: MakeRun, case_of: MakeCase, tag: object) -> None:
    """An outcome of a kind that does not exist is an error at that place."""
    case = case_of()
    facts = facts_of(run_of(case, outcomes=(Skipped(case=case, reason="too large"),)))
    facts["outcomes"][0]["type"] = tag
    with pytest.raises(CodecError, match=r"^outcomes\[0\]\.type: "):
        read(Run, facts)


@pytest.mark.parametrize("data", [None, 3, "skipped", [], {}])
def test_what_is_no_outcome_is_refused(run_of: MakeRun, data: object) -> None:
    """Data without a type is an error, not a crash."""
    with pytest.raises(CodecError, match=r"^outcomes\[0\]: "):
        read(Run, facts_of(run_of()) | {"outcomes": [data]})


def test_a_result_has_the_fields_of_its_kind_alone(case_of: MakeCase) -> None:
    """A count among times is not dropped."""
    facts = facts_of(Measured(case=case_of(), result=Complexity(parameters=1, counts=())))
    facts["result"]["samples"] = None
    with pytest.raises(CodecError, match=r"^result: .*`samples`"):
        read(Measured, facts)


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (Telemetry(power_w=nan), "power_w is nan"),
        (Frontier(pattern="one large", threshold=inf), "threshold is inf"),
        (Frontiers(patterns=(Frontier(pattern="one large", threshold=-inf),)), "patterns[0].threshold is -inf"),
    ],
)
def test_infinite_numbers_are_not_written(record: Record, found: str) -> None:
    """JSON has no word for them; the field is named instead of writing that there is no number."""
    with pytest.raises(CodecError) as caught:
        encode(record)
    assert found in str(caught.value)


def test_infinite_samples_and_options_are_not_written(case_of: MakeCase, samples_of: Callable[..., Samples]) -> None:
    """Nor where nothing could be in place of a number."""
    with pytest.raises(CodecError, match=r": seconds\[1\] is inf"):
        encode(samples_of(1.0, inf))
    with pytest.raises(CodecError, match=r": options\[0\]\[1\] is nan"):
        encode(case_of(options=(("slope", nan),)))


@pytest.mark.parametrize("fields", [{"host": 5}, {"threads": 1.5}, {"source": "\ud800"}])
def test_what_could_not_be_read_is_not_written(case_of: MakeCase, fields: dict[str, Any]) -> None:
    """A value of another type than its field's, or a text that is not Unicode, is an error of whoever writes."""
    with pytest.raises(CodecError):
        encode(replace(case_of(), **fields))


def test_inputs_are_of_one_family(case_of: MakeCase) -> None:
    """Images come back as images, logits as logits, by their type and not by their fields."""
    for each in (Images(batch=1, channels=3, height=8, width=8, num_classes=2), Logits(shape=(1, 3, 8, 8), dim=1)):
        assert decode(Case, encode(case_of(input=each))).input == each


def test_a_text_of_a_class_of_its_own_is_refused_by_name(case_of: Callable[..., Case]) -> None:
    """As torch's version is one: the record that has it is named, not a type of the library."""

    class Version(str):
        __slots__ = ()

    with pytest.raises(CodecError, match=r"^cannot store this Case: "):
        encode(case_of(options=(("version", Version("2.11")),)))
