"""What attaching costs: which cases answer it."""

from __future__ import annotations

from attn_impls import builtin
from results.records import Direction
from suites.catalog import QUESTIONS
from suites.request import Request, plan
from suites.selection import Selection

KNOWN = builtin()
MARGINAL = QUESTIONS["marginal"]


def test_counts_and_times_of_the_same_networks_are_planned() -> None:
    """Plain and with the attention, once counted, and timed in every direction."""
    selection = Selection(
        implementations=("se",), hosts=("mobilenet_v3_small",), directions=(Direction.FORWARD,), threads=1
    )
    found = [(case.suite, case.implementation) for case in MARGINAL.cases(selection, KNOWN)]
    assert found == [("complexity", "none"), ("complexity", "se"), ("latency", "none"), ("latency", "se")]


def test_what_has_no_plain_network_is_left_out() -> None:
    """An attention alone, or a logit function, is attached to nothing."""
    selection = Selection(implementations=("se", "softmax"), hosts=("none", "mobilenet_v3_small"))
    assert {case.host for case in MARGINAL.cases(selection, KNOWN)} == {"mobilenet_v3_small"}


def test_its_cases_are_those_of_other_suites_and_planned_once() -> None:
    """Asked for beside the suites that it draws on, it adds no case."""
    axes = Request(impls=("se",), hosts=("mobilenet_v3_small",), devices=("cpu",), threads=1)
    request = Request(suites=("complexity", "latency", "marginal"), impls=axes.impls, hosts=axes.hosts, threads=1)
    alone, cases, _ = plan(Request(suites=("marginal",), impls=axes.impls, hosts=axes.hosts, threads=1))
    together, same, _ = plan(request)
    assert alone == together == ("complexity", "latency", "marginal")
    assert cases == same
    assert len(cases) == 8


def test_every_slot_is_a_row() -> None:
    """Two slots of one network are two networks to be compared with the plain one."""
    request = Request(
        suites=("marginal",),
        impls=("se",),
        hosts=("resnext50_16x4d",),
        directions=("forward",),
        slots=("block_output@2", "block_output@4,5"),
        devices=("cpu",),
    )
    _, cases, _ = plan(request)
    assert [case.slot for case in cases if case.suite == "latency"] == [None, "block_output@2", "block_output@4,5"]
