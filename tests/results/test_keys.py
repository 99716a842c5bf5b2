"""Promises of the keys: stable over processes and versions, different for different measurements."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from results.keys import content_key, identity_key
from results.records import Case, Direction, Mode, Subject, Timing

MakeCase = Callable[..., Case]

OTHER = {
    "suite": "complexity",
    "implementation": "cbam",
    "source": "77aa",
    "options": (("reduction", 8),),
    "subject": Subject.MODULE,
    "host": "resnet50",
    "slot": "in_place_of_conv2",
    "num_classes": 10,
    "shape": (32, 3, 32, 32),
    "dim": 1,
    "dtype": "float64",
    "device": "cuda",
    "direction": Direction.BACKWARD,
    "mode": Mode.COMPILED,
    "timing": Timing.COLD,
    "channels_last": True,
    "threads": 1,
}


def test_the_key_of_a_known_case(case_of: MakeCase) -> None:
    """Stored baselines are found again: if this key changes, all of them are lost."""
    # The digest of the fields that are not at their default, sorted, as JSON without spaces.
    canonical = (
        b'{"host":"resnext50_16x4d","implementation":"se","num_classes":100,"options":[["reduction",16]],'
        b'"shape":[1,3,32,32],"slot":"after_conv3","source":"5ad1","subject":"network","suite":"latency","threads":2}'
    )
    assert hashlib.sha256(canonical).hexdigest()[:16] == "a624b56ae4a842d8"
    assert content_key(case_of()) == "a624b56ae4a842d8"


def test_equal_cases_have_equal_keys(case_of: MakeCase) -> None:
    """A case made elsewhere from the same facts has the same key."""
    assert content_key(case_of()) == content_key(replace(case_of(dtype="float64"), dtype="float32"))


def test_every_field_is_known_here() -> None:
    """The next test goes through all fields of a case."""
    assert set(OTHER) == {field.name for field in fields(Case)}


@pytest.mark.parametrize("field", OTHER)
def test_every_field_enters_the_key(case_of: MakeCase, field: str) -> None:
    """Two cases that differ in one field are two measurements."""
    assert content_key(case_of()) != content_key(case_of(**{field: OTHER[field]}))


def test_a_value_is_not_mistaken_for_another_type(case_of: MakeCase) -> None:
    """The options True, 1 and "1" give three keys."""
    assert len({content_key(case_of(options=(("flag", value),))) for value in (True, 1, "1")}) == 3


def test_a_changed_source_keeps_the_identity(case_of: MakeCase) -> None:
    """An edited implementation is another case, but still the same one to look for."""
    before, after = case_of(source="5ad1"), case_of(source="77aa")
    assert content_key(before) != content_key(after)
    assert identity_key(before) == identity_key(after)


def test_another_implementation_has_another_identity(case_of: MakeCase) -> None:
    """Leaving the source out does not make different implementations the same."""
    assert identity_key(case_of()) != identity_key(case_of(implementation="cbam"))
