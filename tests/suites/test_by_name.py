"""One case by the name of its implementation."""

from __future__ import annotations

import pytest

from attn_impls import builtin
from bench.errors import UsageError
from results.records import PLAIN, FeatureMap, Images, Logits
from suites.by_name import case_by_name
from suites.request import plan, requested

MAP = FeatureMap(batch=4, channels=64, height=32, width=32)


def test_it_is_the_case_of_a_plan() -> None:
    """Both ways to ask for an attention alone come to the same case, but for the axes that are still to be set."""
    chosen = {"impls": ["se:reduction=8"], "hosts": ["none"], "devices": ["cpu"], "directions": ["forward"]}
    _, (planned,), threads = plan(requested(["latency"], chosen | {"threads": 1}))
    case = case_by_name("se:reduction=8", builtin(), alone=MAP, size=None)
    assert threads == 1
    assert (case.suite, case.source, case.options, case.input) == (
        *("latency", planned.source, planned.options),
        planned.input,
    )


def test_the_plain_network_has_no_slot() -> None:
    """``none`` names it."""
    case = case_by_name(PLAIN, builtin(), alone=MAP, host="resnet18_cifar", size=64)
    assert (case.implementation, case.slot) == (PLAIN, None)
    assert case.input == Images(batch=1, channels=3, height=64, width=64, num_classes=100)


def test_a_function_works_on_the_logits_that_are_given() -> None:
    """Shape and dimension are in the case."""
    logits = Logits(shape=(3, 5), dim=0)
    assert case_by_name("softmax", builtin(), alone=logits, size=None).input == logits


def test_what_fits_nowhere_is_refused_with_the_slots_that_there_are() -> None:
    """A gate cannot replace a convolution."""
    with pytest.raises(UsageError) as caught:
        case_by_name("se", builtin(), alone=MAP, host="resnet18_cifar", slot="spatial_conv", size=None)
    assert str(caught.value) == (
        "'se' has no place at spatial_conv in resnet18_cifar; "
        "slots for a gate: block_output, pre, post, identity, stage_output, after_spatial"
    )
