"""Promises of the keys: stable over processes and versions, different for different measurements."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import get_args

import pytest
from msgspec.structs import replace

from results.codec import decode, encode
from results.keys import content_key
from results.records import (
    Batches,
    Case,
    Direction,
    FeatureMap,
    Images,
    Input,
    Logits,
    Mode,
    Part,
    Phase,
    Sequences,
    Timing,
    Tokens,
    TrainingSet,
)

MakeCase = Callable[..., Case]

OTHER = {
    "suite": "complexity",
    "implementation": "cbam",
    "source": "77aa",
    "options": (("reduction", 8),),
    "host": "resnet50",
    "slot": "in_place_of_conv2",
    "input": FeatureMap(batch=1, channels=3, height=32, width=32),
    "dtype": "float64",
    "device": "cuda",
    "direction": Direction.BACKWARD,
    "mode": Mode.COMPILED,
    "timing": Timing.COLD,
    "threads": 1,
}
IMAGES = Images(batch=1, channels=3, height=32, width=32, num_classes=100)
FEATURES = FeatureMap(batch=1, channels=3, height=32, width=32)
LOGITS = Logits(shape=(1, 3, 32, 32), dim=1)
#: A family of inputs -> one of it, and another value of each of its fields.
INPUTS: dict[type[Input], tuple[Input, dict[str, object]]] = {
    Images: (
        IMAGES,
        {"batch": 32, "channels": 4, "height": 64, "width": 64, "num_classes": 10, "channels_last": True},
    ),
    FeatureMap: (FEATURES, {"batch": 32, "channels": 4, "height": 64, "width": 64, "channels_last": True}),
    Logits: (LOGITS, {"shape": (32, 3, 32, 32), "dim": 2}),
    Batches: (
        Batches(
            batch=1,
            channels=3,
            height=32,
            width=32,
            num_classes=100,
            dataset="cifar100",
            digest="0123",
            images=50_000,
            recipe="psk",
            phase=Phase.TRAINING,
            part=Part.BOTH,
        ),
        {
            "batch": 32,
            "channels": 4,
            "height": 64,
            "width": 64,
            "num_classes": 10,
            "channels_last": True,
            "dataset": "cifar10",
            "digest": None,
            "images": 10_000,
            "recipe": "nam",
            "phase": Phase.EVALUATION,
            "part": Part.LOADER,
        },
    ),
    Tokens: (
        Tokens(batch=1, heads=8, kv_heads=8, queries=256, keys=256, head_dim=64),
        {
            "batch": 4,
            "heads": 16,
            "kv_heads": 2,
            "queries": 1,
            "keys": 1024,
            "head_dim": 128,
            "causal": True,
            "window": 128,
            "prefix": 16,
            "document": 64,
        },
    ),
    Sequences: (
        Sequences(batch=1, height=14, width=14, heads=12, head_dim=64),
        {"batch": 4, "height": 1, "width": 196, "heads": 3, "head_dim": 32, "causal": True},
    ),
    TrainingSet: (
        TrainingSet(
            batch=1,
            channels=3,
            height=32,
            width=32,
            num_classes=100,
            dataset="cifar100",
            digest="0123",
            images=50_000,
            test_images=10_000,
            recipe="psk",
            settings="as the paper",
            epochs=150,
            seed=0,
        ),
        {
            "batch": 32,
            "channels": 4,
            "height": 64,
            "width": 64,
            "num_classes": 10,
            "channels_last": True,
            "dataset": "cifar10",
            "digest": None,
            "images": 60_000,
            "test_images": 60_000,
            "recipe": "nam",
            "settings": "otherwise",
            "epochs": 1,
            "seed": 1,
            "most_steps": 10,
            "amp": True,
            "processes": 2,
        },
    ),
}


def test_the_key_of_a_known_case(case_of: MakeCase) -> None:
    """Stored baselines are found again: if this key changes, all of them are lost."""
    # The digest of the fields that are not at their default, sorted, as JSON without spaces.
    canonical = (
        b'{"host":"resnext50_16x4d","implementation":"se",'
        b'"input":{"batch":1,"channels":3,"height":32,"num_classes":100,"type":"images","width":32},'
        b'"options":[["reduction",16]],"slot":"after_conv3","source":"5ad1","suite":"latency","threads":2}'
    )
    assert hashlib.sha256(canonical).hexdigest()[:16] == "81409d414563845d"
    assert content_key(case_of()) == "81409d414563845d"


def test_equal_cases_have_equal_keys(case_of: MakeCase) -> None:
    """A case made elsewhere from the same facts has the same key."""
    assert content_key(case_of()) == content_key(replace(case_of(dtype="float64"), dtype="float32"))


def test_a_default_from_elsewhere_is_the_default(case_of: MakeCase) -> None:
    """A text that was read, or put together, is another object, and not another dtype."""
    dtype, device = "float32 ".strip(), "cpu ".strip()
    assert dtype is not case_of().dtype
    case = replace(case_of(), dtype=dtype, device=device)
    assert content_key(case) == content_key(case_of())
    assert content_key(decode(Case, encode(case))) == content_key(case_of())


def test_every_field_is_known_here() -> None:
    """The next tests go through all fields of a case and of its input."""
    assert set(OTHER) == set(Case.__struct_fields__)
    assert set(INPUTS) == set(get_args(Input))
    assert all(set(others) == set(kind.__struct_fields__) for kind, (_, others) in INPUTS.items())


@pytest.mark.parametrize("field", OTHER)
def test_every_field_enters_the_key(case_of: MakeCase, field: str) -> None:
    """Two cases that differ in one field are two measurements."""
    assert content_key(case_of()) != content_key(case_of(**{field: OTHER[field]}))


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, (_, others) in INPUTS.items() for field in others])
def test_every_field_of_the_input_enters_the_key(case_of: MakeCase, kind: type[Input], field: str) -> None:
    """Another batch, or another layout in memory, is another measurement."""
    one, others = INPUTS[kind]
    assert content_key(case_of(input=one)) != content_key(case_of(input=replace(one, **{field: others[field]})))


def test_families_of_inputs_have_keys_of_their_own(case_of: MakeCase) -> None:
    """Images and a feature map of the same sizes are not the same."""
    assert len({content_key(case_of(input=each)) for each in (IMAGES, FEATURES, LOGITS)}) == 3


def test_a_value_is_not_mistaken_for_another_type(case_of: MakeCase) -> None:
    """The options True, 1 and "1" give three keys."""
    assert len({content_key(case_of(options=(("flag", value),))) for value in (True, 1, "1")}) == 3


def test_a_changed_source_is_another_case(case_of: MakeCase) -> None:
    """An edited implementation is measured again."""
    assert content_key(case_of(source="5ad1")) != content_key(case_of(source="77aa"))
