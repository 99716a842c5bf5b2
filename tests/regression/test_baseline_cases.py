"""Which cases of a baseline are measured again, by which references, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attn_impls import builtin
from regression.baseline_cases import NO_REFERENCE, Again, cases_again
from regression.baseline_verdicts import judge_again
from regression.limits import Limits
from results.checks import Difference, Verdict
from results.records import PLAIN, Case, Complexity, FeatureMap, Measured
from suites.selection import as_it_is_now

from .timed_runs import HERE, in_network, timed_run

if TYPE_CHECKING:
    from results.records import Environment, Run

KNOWN = builtin()
#: As they are now.
NONE, SE, ECA = (as_it_is_now(in_network(name), KNOWN) for name in (PLAIN, "se", "eca"))
#: As they once were.
OLD_NONE, OLD_SE, OLD_ECA = (replace(case, source="old") for case in (NONE, SE, ECA))
GONE = in_network("gone", "old")
SIZE = as_it_is_now(
    Case(
        suite="complexity",
        implementation="se",
        source="",
        input=FeatureMap(batch=1, channels=64, height=32, width=32),
        threads=1,
    ),
    KNOWN,
)


def again(run: Run, here: Environment = HERE, *, only_changed: bool = False) -> Again:
    return cases_again(run, KNOWN, here, wanted=lambda _: True, only_changed=only_changed)


def verdicts(baseline: Run, now: Run, threshold: float = 0.1) -> dict[str, Verdict]:
    found = judge_again(baseline, now, again(baseline), threshold=threshold, limits=Limits(), error_rate=0.01)
    return {judged.case.implementation: judged.verdict for judged in found}


def test_a_changed_case_is_expressed_in_the_plain_network() -> None:
    """The reference is measured beside it, and is not judged."""
    found = again(timed_run({NONE: 0.01, OLD_SE: 0.012}))
    assert [(pair.now, pair.references) for pair in found.pairs] == [(SE, ((NONE, NONE),))]
    assert [block.cases for block in found.blocks] == [(NONE, SE)]
    assert found.judged == ()


def test_where_the_plain_network_has_changed_another_case_is_the_reference() -> None:
    found = again(timed_run({OLD_NONE: 0.01, OLD_SE: 0.012, ECA: 0.011}))
    assert [(pair.now, pair.references) for pair in found.pairs] == [(NONE, ((ECA, ECA),)), (SE, ((ECA, ECA),))]


def test_without_an_unchanged_case_times_are_incomparable() -> None:
    found = again(timed_run({OLD_NONE: 0.01, OLD_SE: 0.012}))
    assert (found.pairs, found.blocks) == ((), ())
    assert [(judged.verdict, judged.reason) for judged in found.judged] == [
        (Verdict.INCOMPARABLE, NO_REFERENCE),
        (Verdict.INCOMPARABLE, NO_REFERENCE),
    ]


@pytest.mark.parametrize(
    ("run", "here", "reason"),
    [
        (timed_run({NONE: 0.01, OLD_SE: 0.012}), replace(HERE, torch="2.12.0"), "other torch (2.11.0 then, 2.12.0"),
        (timed_run({NONE: 0.01, OLD_SE: 0.012}, floor=None), HERE, "the baseline has no noise floor of cpu, hot"),
    ],
)
def test_times_that_cannot_be_compared_are_not_measured(run: Run, here: Environment, reason: str) -> None:
    found = again(run, here)
    assert found.blocks == ()
    (judged,) = found.judged
    assert judged.verdict is Verdict.INCOMPARABLE
    assert judged.reason.startswith(reason)


def test_exact_quantities_are_compared_on_any_machine() -> None:
    """What else may be the reason of a difference is said with it."""
    was, now = Complexity(parameters=500, counts=()), Complexity(parameters=512, counts=())
    baseline = replace(timed_run({SIZE: 1.0}), outcomes=(Measured(case=SIZE, result=was),))
    elsewhere = replace(HERE, torch="2.12.0")
    run = replace(baseline, environment=elsewhere, outcomes=(Measured(case=SIZE, result=now),))
    planned = again(baseline, elsewhere)
    (found,) = judge_again(baseline, run, planned, threshold=0.1, limits=Limits(), error_rate=0.01)
    assert found.verdict is Verdict.WORSE
    assert found.differences == (Difference(quantity="parameters", base=500, head=512, worse=True),)
    assert "other torch (2.11.0 then, 2.12.0 here)" in found.reason


def test_what_is_not_here_any_more_is_gone() -> None:
    found = again(timed_run({NONE: 0.01, GONE: 0.012}))
    assert [(judged.case, judged.verdict) for judged in found.judged] == [(GONE, Verdict.GONE)]


def test_a_device_that_is_not_here_is_incomparable() -> None:
    on_gpu = [replace(case, device="cuda:0", threads=None) for case in (NONE, OLD_SE)]
    found = again(timed_run(dict.fromkeys(on_gpu, 0.01)))
    assert [judged.reason for judged in found.judged] == ["cuda:0 is not here"]


def test_what_has_not_changed_can_be_left_out() -> None:
    """But not the reference of what has."""
    found = again(timed_run({NONE: 0.01, OLD_SE: 0.012, ECA: 0.011}), only_changed=True)
    assert ([pair.now for pair in found.pairs], found.unchanged) == ([SE], 1)
    assert [block.cases for block in found.blocks] == [(NONE, SE)]


def test_a_second_look_has_the_references_too() -> None:
    found = again(timed_run({NONE: 0.01, OLD_SE: 0.012, OLD_ECA: 0.011})).only([ECA])
    assert [pair.now for pair in found.pairs] == [ECA]
    assert [block.cases for block in found.blocks] == [(NONE, ECA)]


def test_times_are_judged_by_their_ratio_to_the_reference() -> None:
    """The machine is twice as slow now; only SE is slower in terms of the plain network."""
    baseline = timed_run({NONE: 0.01, OLD_SE: 0.012, ECA: 0.011})
    now = timed_run({NONE: 0.02, SE: 0.03, ECA: 0.022})
    assert verdicts(baseline, now) == {"se": Verdict.SLOWER, "eca": Verdict.SAME}


def test_noise_of_either_run_forbids_a_verdict() -> None:
    times = {NONE: 0.01, OLD_SE: 0.012}, {NONE: 0.01, SE: 0.0138}
    assert verdicts(timed_run(times[0]), timed_run(times[1])) == {"se": Verdict.SLOWER}
    assert verdicts(timed_run(times[0], floor=0.2), timed_run(times[1])) == {"se": Verdict.UNDECIDED}
    assert verdicts(timed_run(times[0]), timed_run(times[1], floor=0.2)) == {"se": Verdict.UNDECIDED}
    assert verdicts(timed_run(times[0]), timed_run(times[1], floor=None)) == {"se": Verdict.INCOMPARABLE}


def test_failures_on_either_side() -> None:
    """Head's is a regression, the baseline's is mended; without the reference nothing is known."""
    ran = {NONE: 0.01, OLD_SE: 0.012}
    assert verdicts(timed_run(ran), timed_run({NONE: 0.01, SE: None})) == {"se": Verdict.FAILED}
    assert verdicts(timed_run(ran), timed_run({NONE: None, SE: 0.01})) == {"se": Verdict.INCOMPARABLE}
    failed: dict[Case, float | None] = {NONE: 0.01, OLD_SE: None}
    assert verdicts(timed_run(failed), timed_run({NONE: 0.01, SE: 0.01})) == {"se": Verdict.BETTER}
    assert verdicts(timed_run(failed), timed_run({NONE: 0.01, SE: None})) == {"se": Verdict.SAME}
