"""The overflow and accuracy suites: which cases, and that they are measured."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch

from attn_impls import builtin
from bench.errors import UsageError
from bench.measure import Instruments, Settings, measure_block
from bench.numerics.errors import Compared, measure_errors
from bench.numerics.frontier import Searched, find_frontiers
from bench.numerics.grid import Grid
from bench.stopping import PrecisionOrBudget
from bench.telemetry import NoWatch
from results.blocks import blocks_of
from results.numerics import FIXED, Fault, Frontier
from results.records import Case, Direction, Frontiers, Measured, Mode, Subject
from suites import accuracy, overflow
from suites.prepare import Preparer
from suites.request import Request, plan
from suites.selection import Selection

KNOWN = builtin()
PATTERNS = ["one large", "all equal", "all negative", "one -inf", "Gaussian", "attention"]


def planned(**asked: Any) -> tuple[Case, ...]:
    """Return the cases of the overflow suite on the CPU."""
    _, cases, _ = plan(Request(suites=("overflow",), devices=("cpu",), **asked))
    return cases


def frontiers(name: str, dtype: str, length: int, direction: Direction = Direction.FORWARD) -> dict[str, Frontier]:
    """Search one case."""
    selection = Selection(implementations=(name,), hosts=(), dtypes=(dtype,), directions=(direction,))
    (case,) = [case for case in overflow.cases(selection, KNOWN) if case.shape == (1, length)]
    prepared = Preparer()(case)
    assert isinstance(prepared, Searched)
    return {found.pattern: found for found in find_frontiers(prepared)}


def test_the_default_is_every_function_on_logits_in_every_dtype() -> None:
    """Three lengths, both directions; no attention, no network."""
    cases = planned()
    functions = [name for name, spec in KNOWN.specs.items() if spec.family in ("normalizer", "activation")]
    assert {"softmax", "hard_softmax/as_written", "plu", "sigmoid", "hard_sigmoid", "tanh"} <= set(functions)
    assert Counter(case.implementation for case in cases) == dict.fromkeys(functions, 4 * 3 * 2)
    assert {case.dtype for case in cases} == {"float16", "bfloat16", "float32", "float64"}
    assert {case.shape for case in cases} == {(1, 2), (1, 197), (1, 1000)}
    assert {case.direction for case in cases} == {Direction.FORWARD, Direction.BACKWARD}
    assert {(case.threads, case.mode, case.subject) for case in cases} == {(1, Mode.EAGER, Subject.OP)}


def test_another_suite_beside_it_keeps_its_own_defaults() -> None:
    """Latency is asked of the paper's attentions in float32, whatever overflow looks at."""
    _, cases, _ = plan(Request(suites=("latency", "overflow"), devices=("cpu",)))
    timed = [case for case in cases if case.suite == "latency"]
    assert {case.dtype for case in timed} == {"float32"}
    assert "softmax" not in {case.implementation for case in timed}
    assert "softmax" in {case.implementation for case in cases if case.suite == "overflow"}


def test_what_the_user_chooses_is_taken() -> None:
    """Names, dtypes, directions."""
    cases = planned(impls=("softmax",), dtypes=("bfloat16",), directions=("backward",))
    assert [(case.implementation, case.dtype, case.direction) for case in cases] == [
        ("softmax", "bfloat16", Direction.BACKWARD)
    ] * 3


def test_an_attention_that_is_named_is_searched_alone() -> None:
    """Without a backbone, on a batch that can be trained; no network is built, and none is missed."""
    cases = planned(impls=("se", "nam"), dtypes=("float32",), directions=("forward",))
    assert [(case.implementation, case.subject, case.host, case.shape) for case in cases] == [
        ("se", Subject.MODULE, None, (2, 64, 16, 16)),
        ("nam", Subject.MODULE, None, (2, 64, 16, 16)),
    ]


def test_compiled_on_request_alone() -> None:
    """Both modes are two cases; suites that cannot compile refuse."""
    cases = planned(impls=("softmax",), dtypes=("float32",), directions=("forward",), modes=("eager", "compiled"))
    assert [(case.mode, case.shape[1]) for case in cases] == [
        *((Mode.EAGER, length) for length in (2, 197, 1000)),
        *((Mode.COMPILED, length) for length in (2, 197, 1000)),
    ]
    with pytest.raises(UsageError, match="latency does not run its cases compiled; leave out --mode compiled"):
        plan(Request(suites=("latency",), devices=("cpu",), modes=("compiled",)))


def test_a_case_holds_a_frontier_for_every_pattern() -> None:
    """Those that grow and those that do not."""
    assert list(frontiers("softmax", "float32", 2)) == [*PATTERNS, *FIXED]


def test_torchs_softmax_never_fails_on_finite_logits() -> None:
    """Of the patterns, only those with infinities and NaN make it fail, and a masked logit does not."""
    found = frontiers("softmax", "float16", 197)
    assert {found[pattern].failure for pattern in PATTERNS} == {None}
    assert {found[pattern].failure for pattern in FIXED} == {Fault.NAN}


def test_softmax_one_may_sum_to_less() -> None:
    """Of -inf alone it gives zeros, as it should; of large negative logits, zeros too early."""
    found = frontiers("softmax_one", "float16", 2)
    assert found["all -inf"].failure is None
    assert found["all equal"].failure is None
    assert (found["all negative"].threshold, found["all negative"].failure) == (-17.34375, Fault.ZEROS)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_one_masked_logit_spoils_hard_softmax_as_written_and_not_the_stable_form(dtype: str) -> None:
    """-inf / inf, however small the others are."""
    assert frontiers("hard_softmax/as_written", dtype, 2)["one -inf"].threshold == 0
    stable = frontiers("hard_softmax", dtype, 2)["one -inf"]
    assert stable.failure is None


def test_sigmoid_as_a_gate_has_no_gradient_from_there_on() -> None:
    """24 ln 2 in float32, where exp(-x) is half an epsilon; that of hard sigmoid is exactly 0, which is no failure."""
    assert frontiers("sigmoid", "float32", 2, Direction.BACKWARD)["all equal"].threshold == pytest.approx(
        24 * math.log(2)
    )
    assert frontiers("hard_sigmoid", "float32", 2, Direction.BACKWARD)["all equal"].failure is None


def test_an_attentions_frontier_names_the_operator() -> None:
    """SimAM squares its map: 256 is too much for float16."""
    (case,) = planned(impls=("simam",), dtypes=("float16",), directions=("forward",))
    prepared = Preparer()(case)
    assert isinstance(prepared, Searched)
    found, *others = find_frontiers(prepared)
    assert (found.pattern, found.failure, found.operator) == ("feature map", Fault.NAN, "aten.pow")
    assert found.threshold is not None
    assert [(each.pattern, each.threshold, each.failure, each.operator) for each in others] == [
        # 257 squared is above 65520, and so is what is left of it once the mean is subtracted.
        ("one large", 257.0, Fault.NAN, "aten.pow"),
        ("all equal", None, None, None),
        ("all negative", None, None, None),
        ("one -inf", 0.0, Fault.NAN, "aten.sub"),
        ("one +inf", None, Fault.NAN, "aten.sub"),
        ("one NaN", None, Fault.NAN, None),
    ]
    peak = float(prepared.patterns[0].unit.abs().max()) * found.threshold
    assert peak**2 == pytest.approx(65520, rel=0.02)


def test_cases_are_measured_like_any_other() -> None:
    """Through the block that the worker runs."""
    cases = planned(impls=("softmax/naive",), dtypes=("bfloat16",), directions=("forward",))
    instruments = Instruments(
        prepare=Preparer(), clock_for=lambda _: pytest.fail("nothing is timed"), watch_for=lambda _: NoWatch()
    )
    settings = Settings(stop=PrecisionOrBudget(precision=0.1, budget_s=0.1), budget_s=0.1, seed=0)
    (block,) = blocks_of(cases[:1])
    outcomes = [event for event in measure_block(block, instruments, settings) if isinstance(event, Measured)]
    assert [outcome.case for outcome in outcomes] == [cases[0]]
    assert isinstance(outcomes[0].result, Frontiers)
    assert outcomes[0].result.patterns[0] == Frontier(
        pattern="one large", threshold=89.0, failure=Fault.NAN, operator="aten.exp"
    )


def test_compiled_functions_are_searched_too() -> None:
    """With the limits of the eager form, and no operators: what is compiled has none that can be watched."""
    cases = planned(impls=("softmax/naive",), dtypes=("float32",), directions=("forward",), modes=("compiled",))
    prepared = Preparer()(cases[0])
    assert isinstance(prepared, Searched)
    found = {each.pattern: each for each in find_frontiers(prepared)}
    assert found["one large"].threshold == pytest.approx(88.722839)
    assert (found["one large"].failure, found["one large"].operator) == (Fault.NAN, None)


@pytest.mark.parametrize("suite", ["accuracy", "overflow"])
def test_an_exact_module_has_the_weights_of_the_one_that_is_judged(suite: str) -> None:
    """As bfloat16 has rounded them: otherwise it would be another function."""
    _, cases, _ = plan(
        Request(suites=(suite,), impls=("se",), dtypes=("bfloat16",), directions=("forward",), devices=("cpu",))
    )
    prepared = Preparer()(cases[0])
    exact = prepared.exact if isinstance(prepared, Compared) else prepared.witness  # type: ignore[union-attr]
    judged = prepared.function.module.state_dict()  # type: ignore[union-attr]
    assert {weight.dtype for weight in exact.module.state_dict().values()} == {torch.float64}
    assert judged
    for name, weight in exact.module.state_dict().items():
        assert torch.equal(weight, judged[name].double()), name


def test_accuracy_has_no_case_for_float64() -> None:
    """It is what the others are compared with."""
    _, cases, _ = plan(Request(suites=("accuracy",), impls=("softmax",), devices=("cpu",)))
    assert Counter(case.dtype for case in cases) == dict.fromkeys(("float16", "bfloat16", "float32"), 6)
    with pytest.raises(UsageError, match="nothing to measure"):
        plan(Request(suites=("accuracy",), impls=("softmax",), dtypes=("float64",), devices=("cpu",)))


def compared(name: str) -> Compared:
    """Prepare rows of two logits in bfloat16."""
    selection = Selection(implementations=(name,), hosts=(), dtypes=("bfloat16",), directions=(Direction.FORWARD,))
    prepared = Preparer()(accuracy.cases(selection, KNOWN)[0])
    assert isinstance(prepared, Compared)
    return prepared


def worst_by_logit(name: str) -> dict[float, float]:
    """Return for each bfloat16 number down to -64 the largest relative error of the weights of it and a logit of 0."""
    grid = Grid(torch.bfloat16)
    numbers = tuple(grid.value(index) for index in range(grid.index(0.125), grid.index(64.0)))
    pair = torch.tensor([[-1.0, 0.0]], dtype=torch.float64)
    found = measure_errors(replace(compared(name), unit=pair, scales=numbers))
    return {-error.scale: error.max_relative or 0.0 for error in found}


def test_as_written_is_wrong_where_the_stable_form_is_not() -> None:
    """In bfloat16 a weight is more than 1% off before -1.95, more than 10% from the first number below -31.1 on.

    The energy itself is from -1.9453 on; the sum and the quotient add their rounding. Stable: nowhere, down to -64.
    """
    as_written = worst_by_logit("hard_softmax/as_written")
    nearest = max(logit for logit, error in as_written.items() if error > 0.01)
    assert nearest >= -1.9453125
    assert max(logit for logit, error in as_written.items() if error > 0.1) == -31.125
    assert max(worst_by_logit("hard_softmax").values()) < 0.01


def test_random_logits_show_it_too() -> None:
    """At a scale of 10, the largest error of the form as written is more than five times that of the stable one."""
    as_written, stable = (
        measure_errors(replace(compared(name), scales=(10.0,)))[0].max_relative or math.inf
        for name in ("hard_softmax/as_written", "hard_softmax")
    )
    assert as_written > 5 * stable
