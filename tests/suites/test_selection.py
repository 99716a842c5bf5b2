from __future__ import annotations

import pytest

from attn_impls import builtin
from results.records import Case, Direction, Logits, Subject
from suites.selection import Selection, entrants, op_entrants

KNOWN = builtin()
RESNEXT = "resnext50_16x4d"


def select(*implementations: str) -> Selection:
    """Choose implementations; everything else as by default."""
    return Selection(implementations=implementations, hosts=(RESNEXT,))


def summary(case: Case) -> tuple[str, str, str | None]:
    """Say what stands where."""
    return case.subject.value, case.implementation, case.slot


def test_the_plain_network_comes_first() -> None:
    """All others are compared with it; a gate and a branch each take the slot that fits."""
    found = entrants(select("se", "psk"), KNOWN, RESNEXT)
    assert [summary(case) for case in found] == [
        ("network", "none", None),
        ("network", "se", "block_output"),
        ("network", "psk", "spatial_conv"),
    ]


def test_slots_are_those_of_the_host() -> None:
    """The same gate stands elsewhere in another network."""
    (_, gate) = entrants(select("se"), KNOWN, "mobilenet_v3_small")
    assert (gate.host, gate.slot) == ("mobilenet_v3_small", "after_spatial")


def test_functions_on_logits_are_no_networks() -> None:
    """Where only they are chosen, the plain network alone would answer a question that nobody asked."""
    assert entrants(select("softmax", "plu"), KNOWN, RESNEXT) == []


def test_an_empty_choice_is_the_plain_network() -> None:
    """``--impl none`` measures the backbone by itself."""
    assert [case.implementation for case in entrants(select(), KNOWN, RESNEXT)] == ["none"]


def test_without_a_host_an_attention_stands_alone() -> None:
    """On one feature map of the first stage, without a plain one beside it."""
    found = entrants(select("softmax", "se", "psk"), KNOWN, "none")
    assert [summary(case) for case in found] == [("module", "se", None), ("module", "psk", None)]
    assert {(case.shape, case.host, case.input.num_classes) for case in found} == {((1, 64, 32, 32), None, None)}


def test_functions_on_logits() -> None:
    """Normalisers and activations, no attentions."""
    logits = Logits(shape=(2, 8), dim=1)
    found = op_entrants(select("se", "softmax", "plu"), KNOWN, logits)
    assert [summary(case) for case in found] == [("op", "softmax", None), ("op", "plu", None)]
    assert {case.input for case in found} == {logits}


def test_options_are_on_record_in_alphabetical_order() -> None:
    """Two cases are equal if their options are, in whatever order they were written."""
    (_, gate) = entrants(select("se/hard_sigmoid:reduction=4"), KNOWN, RESNEXT)
    assert gate.options == (("excitation", "hard_sigmoid"), ("reduction", 4))


def test_a_network_is_known_by_its_host_and_its_attention() -> None:
    """The digest tells backbones and attentions apart, and a network from the attention in it."""
    sources = {
        "plain": entrants(select(), KNOWN, RESNEXT)[0].source,
        "with se": entrants(select("se"), KNOWN, RESNEXT)[1].source,
        "with psk": entrants(select("psk"), KNOWN, RESNEXT)[1].source,
        "other backbone": entrants(select("se"), KNOWN, "mobilenet_v3_small")[1].source,
        "alone": entrants(select("se"), KNOWN, "none")[0].source,
    }
    assert len(set(sources.values())) == 5


@pytest.mark.parametrize(("device", "threads"), [("cpu", 2), ("cuda:0", None)])
def test_threads_are_a_fact_of_the_cpu(device: str, threads: int | None) -> None:
    """On a GPU the number of CPU threads makes no other case."""
    selection = Selection(implementations=(), hosts=(), threads=2)
    assert selection.threads_on(device) == threads


def test_defaults() -> None:
    """One image of 32 x 32, 100 classes, every direction."""
    plain = entrants(select(), KNOWN, RESNEXT)[0]
    assert (plain.subject, plain.shape, plain.input.num_classes) == (Subject.NETWORK, (1, 3, 32, 32), 100)
    assert select().directions == (Direction.FORWARD, Direction.BACKWARD, Direction.FORWARD_BACKWARD)
