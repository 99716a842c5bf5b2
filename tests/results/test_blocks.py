"""Promises of blocks: which cases are compared, and by which of them the others are divided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from results.blocks import Block, blocks_of
from results.records import Case, Direction, FeatureMap, Images, Logits, Mode, Timing

CaseOf = Callable[..., Case]

IMAGES = Images(batch=1, channels=3, height=32, width=32, num_classes=100)
LOGITS = Logits(shape=(4, 1000), dim=1)
FEATURES = FeatureMap(batch=2, channels=64, height=16, width=16)


def one_block(*cases: Case) -> Block:
    """Return the block of cases that are compared."""
    (block,) = blocks_of(cases)
    return block


@pytest.fixture
def network(case_of: CaseOf) -> CaseOf:
    """Build a network with an attention of this name, or without one."""

    def make(name: str, **fields: Any) -> Case:
        return case_of(**({"implementation": name, "source": name, "slot": None if name == "none" else "pre"} | fields))

    return make


@pytest.fixture
def function(case_of: CaseOf) -> CaseOf:
    """Build a logit function of this name."""

    def make(name: str, **fields: Any) -> Case:
        known = {"implementation": name, "source": name, "options": (), "host": None, "slot": None, "input": LOGITS}
        return case_of(**(known | fields))

    return make


@pytest.fixture
def alone(case_of: CaseOf) -> CaseOf:
    """Build an attention alone."""

    def make(name: str, **fields: Any) -> Case:
        known = {"implementation": name, "source": name, "host": None, "slot": None, "input": FEATURES}
        return case_of(**(known | fields))

    return make


def test_networks_are_compared_with_the_plain_one(network: CaseOf) -> None:
    """Wherever it stands in the plan."""
    cases = (network("se"), network("none"), network("psk"))
    block = one_block(*cases)
    assert block.cases == cases
    assert block.baseline_among(cases.__contains__) == cases[1]
    assert block.copied is None


def test_without_the_plain_network_nothing_is_compared(network: CaseOf) -> None:
    """No attention takes its place."""
    cases = (network("se"), network("psk"))
    block = one_block(*cases)
    assert block.baseline_among(cases.__contains__) is None
    assert block.references(cases) == frozenset()


def test_the_plain_network_stays_the_baseline_when_it_fails(network: CaseOf) -> None:
    """What all are compared with is not chosen by what came of it."""
    cases = (network("none"), network("se"), network("psk"))
    assert one_block(*cases).baseline_among({*cases[1:]}.__contains__) == cases[0]


def test_slots_and_options_are_compared(network: CaseOf) -> None:
    """One attention in several slots, and with several options, is several cases of one block."""
    cases = (
        network("none", options=()),
        network("se", slot="pre"),
        network("se", slot="block_output"),
        network("se", slot="pre", options=(("reduction", 4),)),
    )
    assert one_block(*cases).cases == cases


def test_compiled_is_compared_with_eager(network: CaseOf, function: CaseOf) -> None:
    """The baseline is the eager one, also where the compiled one comes first."""
    for name, make in (("none", network), ("softmax", function)):
        cases = (make(name, mode=Mode.COMPILED), make(name), make("other", mode=Mode.COMPILED))
        assert one_block(*cases).baseline_among(cases.__contains__) == cases[1]
        assert one_block(cases[0], cases[2]).baseline is None


@pytest.mark.parametrize(
    "fields",
    [
        {"suite": "memory"},
        {"host": "resnet50"},
        {"input": IMAGES.with_batch(32)},
        {"input": replace(IMAGES, channels_last=True)},
        {"dtype": "float16"},
        {"device": "cuda:0"},
        {"direction": Direction.BACKWARD},
        {"timing": Timing.COLD},
        {"threads": 1},
    ],
)
def test_what_differs_in_more_is_not_compared(network: CaseOf, fields: dict[str, Any]) -> None:
    """A plain network that ran something else is the baseline of its own block."""
    here, there = (network("none"), network("se")), (network("none", **fields), network("se", **fields))
    assert [block.cases for block in blocks_of((*here, *there))] == [here, there]


def test_blocks_stand_in_the_order_in_which_they_begin(network: CaseOf) -> None:
    """Cases that alternate in a plan are put together, in their own order."""
    first = [network(name) for name in ("none", "se", "psk")]
    second = [network(name, dtype="float16") for name in ("none", "se", "psk")]
    mixed = (second[0], first[0], first[1], second[1], second[2], first[2])
    assert [block.cases for block in blocks_of(mixed)] == [tuple(second), tuple(first)]
    assert blocks_of(()) == ()


def test_functions_are_compared_with_softmax_and_a_copy(function: CaseOf) -> None:
    """Wherever they stand."""
    cases = tuple(function(name) for name in ("hard_softmax", "softmax", "none"))
    block = one_block(*cases)
    assert block.baseline_among(cases.__contains__) == cases[1]
    assert block.copied == cases[2]


def test_a_plain_network_is_no_copy(network: CaseOf, function: CaseOf) -> None:
    """Only among logit functions the same name is that of the copy."""
    assert one_block(network("none")).copied is None
    assert one_block(function("none")).copied == function("none")


def test_without_softmax_there_is_a_copy_all_the_same(function: CaseOf) -> None:
    """Speeds need it; ratios have nothing to be of."""
    block = one_block(function("none"), function("hard_softmax"))
    assert (block.baseline, block.copied) == (None, function("none"))


def test_dimensions_are_not_compared(function: CaseOf) -> None:
    """One shape normalised along another dimension is another block, with its own softmax."""
    cases = [function("softmax", input=replace(LOGITS, dim=dim)) for dim in (0, 1)]
    assert [block.cases for block in blocks_of(cases)] == [(cases[0],), (cases[1],)]


def test_attentions_alone_are_compared_with_the_first(alone: CaseOf) -> None:
    """There is no network to leave them out of; a single one is compared with nothing."""
    cases = (alone("se"), alone("psk"), alone("eca"))
    assert one_block(*cases).baseline_among(cases.__contains__) == cases[0]
    assert one_block(cases[0]).baseline_among(cases.__contains__) is None


def test_where_the_first_attention_failed_the_next_takes_its_place(alone: CaseOf) -> None:
    """A single one that is left is compared with nothing."""
    cases = (alone("broken"), alone("psk"), alone("eca"))
    block = one_block(*cases)
    assert block.baseline_among({*cases[1:]}.__contains__) == cases[1]
    assert block.baseline_among({cases[2]}.__contains__) is None


def test_references_are_sampled_to_the_end(function: CaseOf, network: CaseOf, alone: CaseOf) -> None:
    """The baseline and the copy; the plain network; the first attention alone."""
    functions = tuple(function(name) for name in ("none", "softmax", "hard_softmax"))
    assert one_block(*functions).references(functions) == {*functions[:2]}
    networks = (network("none"), network("se"))
    assert one_block(*networks).references(networks) == {networks[0]}
    modules = (alone("se"), alone("psk"))
    assert one_block(*modules).references(modules) == {modules[0]}


def test_what_cannot_be_sampled_is_no_reference(function: CaseOf, alone: CaseOf) -> None:
    """Of functions the other reference stays; of attentions alone the next one takes its place."""
    functions = tuple(function(name) for name in ("none", "softmax", "hard_softmax"))
    assert one_block(*functions).references({functions[0], functions[2]}) == {functions[0]}
    assert one_block(*functions).references({functions[2]}) == frozenset()
    modules = (alone("se"), alone("psk"), alone("eca"))
    assert one_block(*modules).references({*modules[1:]}) == {modules[1]}
    assert one_block(*modules).references({modules[2]}) == frozenset()


def test_some_of_the_cases_are_compared_as_before(function: CaseOf) -> None:
    """In the order given; whoever is not there is no longer compared with."""
    copy, softmax, hard = (function(name) for name in ("none", "softmax", "hard_softmax"))
    block = one_block(copy, softmax, hard)
    some = block.only((hard, softmax))
    assert some.cases == (hard, softmax)
    assert (some.baseline_among(some.cases.__contains__), some.copied) == (softmax, None)
    rest = block.only((hard, copy))
    assert (rest.baseline, rest.copied) == (None, copy)
    assert block.only(block.cases) == block


def test_some_of_the_attentions_alone_have_a_first_one(alone: CaseOf) -> None:
    """It is the first of those; a single one has none."""
    cases = (alone("se"), alone("psk"), alone("eca"))
    some = one_block(*cases).only(cases[1:])
    assert some.baseline_among(some.cases.__contains__) == cases[1]
    assert one_block(*cases).only(cases[1:2]).baseline is None


def test_changed_cases_are_compared_as_before(network: CaseOf) -> None:
    """A changed source changes no place in the block."""
    block = one_block(network("se"), network("none"))
    changed = block.with_cases(lambda case: replace(case, source="77aa"))
    assert [case.source for case in changed.cases] == ["77aa", "77aa"]
    assert changed == one_block(network("se", source="77aa"), network("none", source="77aa"))


def test_what_is_shared_is_the_same_of_all(network: CaseOf) -> None:
    """A table's title may be made of it."""
    block = one_block(network("se"), network("none"))
    assert {(case.host, case.input, case.dtype, case.direction) for case in block.cases} == {
        (block.shared.host, block.shared.input, block.shared.dtype, block.shared.direction)
    }
