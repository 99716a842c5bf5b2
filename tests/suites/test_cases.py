"""The plans of the suites, small enough to be written down."""

from __future__ import annotations

from dataclasses import replace

from attn_impls import builtin
from results.blocks import blocks_of
from results.records import Case, Direction, Subject
from suites import catalog, complexity, latency
from suites.selection import Selection

KNOWN = builtin()
SMALL = Selection(
    implementations=("softmax", "se", "sk/softmax"),
    hosts=("resnext50_16x4d",),
    batch_sizes=(1, 4),
    directions=(Direction.FORWARD, Direction.BACKWARD),
    threads=2,
)


def label(case: Case) -> str:
    """Say in one line what a case is."""
    shape = "x".join(str(size) for size in case.shape)
    return f"{case.host or case.subject} {case.implementation} {shape} {case.direction}"


def test_the_complexity_of_a_network_is_one_case() -> None:
    """Batch size, dtype, device and direction make no difference to what is counted, and no further case."""
    selection = replace(SMALL, dtypes=("float16", "float64"), devices=("cuda:0",))
    found = complexity.cases(selection, KNOWN)
    assert [label(case) for case in found] == [
        "resnext50_16x4d none 1x3x32x32 forward",
        "resnext50_16x4d se 1x3x32x32 forward",
        "resnext50_16x4d sk/softmax 1x3x32x32 forward",
    ]
    assert {(case.suite, case.dtype, case.device) for case in found} == {("complexity", "float32", "cpu")}


def test_the_latency_of_networks_and_functions() -> None:
    """Every combination, ordered so that neighbours differ in the implementation."""
    assert [label(case) for case in latency.cases(SMALL, KNOWN)] == [
        "resnext50_16x4d none 1x3x32x32 forward",
        "resnext50_16x4d se 1x3x32x32 forward",
        "resnext50_16x4d sk/softmax 1x3x32x32 forward",
        "resnext50_16x4d none 1x3x32x32 backward",
        "resnext50_16x4d se 1x3x32x32 backward",
        "resnext50_16x4d sk/softmax 1x3x32x32 backward",
        "op softmax 1x2x256 forward",
        "op softmax 1x2x256 backward",
        "op softmax 1x8x197x197 forward",
        "op softmax 1x8x197x197 backward",
        "resnext50_16x4d none 4x3x32x32 forward",
        "resnext50_16x4d se 4x3x32x32 forward",
        "resnext50_16x4d sk/softmax 4x3x32x32 forward",
        "resnext50_16x4d none 4x3x32x32 backward",
        "resnext50_16x4d se 4x3x32x32 backward",
        "resnext50_16x4d sk/softmax 4x3x32x32 backward",
        "op softmax 4x2x256 forward",
        "op softmax 4x2x256 backward",
        "op softmax 4x8x197x197 forward",
        "op softmax 4x8x197x197 backward",
    ]


def test_what_is_compared_is_measured_together() -> None:
    """The networks of one backbone, shape and direction are one block of rounds, the plain one among them."""
    sizes = [len(block.cases) for block in blocks_of(latency.cases(SMALL, KNOWN))]
    assert sizes == [3, 3, 1, 1, 1, 1] * 2


def test_functions_on_the_same_logits_are_compared() -> None:
    """All normalisers and activations of one shape are one block."""
    selection = replace(SMALL, implementations=("softmax", "hard_softmax", "plu"), batch_sizes=(1,))
    groups = [[case.implementation for case in block.cases] for block in blocks_of(latency.cases(selection, KNOWN))]
    assert groups == [["softmax", "hard_softmax", "plu"]] * 4


def test_logits_are_normalised_where_attention_normalises_them() -> None:
    """Weights of two branches over the branches, attention maps over the keys."""
    selection = replace(SMALL, implementations=("softmax",), batch_sizes=(1,), directions=(Direction.FORWARD,))
    found = latency.cases(selection, KNOWN)
    assert [(case.subject, case.shape, case.input.dim) for case in found] == [
        (Subject.OP, (1, 2, 256), 1),
        (Subject.OP, (1, 8, 197, 197), 3),
    ]


def test_devices_and_dtypes_are_axes() -> None:
    """Each combination is a block of its own; only on the CPU do threads matter."""
    selection = replace(
        SMALL,
        implementations=(),
        batch_sizes=(1,),
        directions=(Direction.FORWARD,),
        devices=("cpu", "cuda:0"),
        dtypes=("float32", "bfloat16"),
    )
    found = latency.cases(selection, KNOWN)
    assert [(case.device, case.dtype, case.threads) for case in found] == [
        ("cpu", "float32", 2),
        ("cpu", "bfloat16", 2),
        ("cuda:0", "float32", None),
        ("cuda:0", "bfloat16", None),
    ]


def test_an_attention_alone_is_timed_on_its_own_map() -> None:
    """Without a backbone the batch goes into the map's shape."""
    selection = replace(SMALL, hosts=("none",), implementations=("se",), directions=(Direction.FORWARD,))
    assert [label(case) for case in latency.cases(selection, KNOWN)] == [
        "module se 1x64x32x32 forward",
        "module se 4x64x32x32 forward",
    ]


def test_suites_go_by_their_names() -> None:
    """The catalog's key, the suite's name and the name in its cases are one; a view draws on the cases of suites."""
    drawn_on = {
        "marginal": {"complexity", "latency"},
        "pareto": {"complexity", "latency", "memory", "train"},
    }
    assert list(catalog.QUESTIONS) == [
        "complexity",
        "latency",
        "memory",
        "marginal",
        "epoch",
        "train",
        "pareto",
        "operators",
        "overflow",
        "accuracy",
    ]
    assert set(catalog.SUITES) == set(catalog.QUESTIONS) - set(drawn_on)
    for name, row in catalog.QUESTIONS.items():
        assert row.name == name
        assert {case.suite for case in row.cases(SMALL, KNOWN)} == drawn_on.get(name, {name})
