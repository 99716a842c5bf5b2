"""Which cases a project's limits need, and what is said of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from attn_impls import builtin
from bench.errors import UsageError
from regression.limit_cases import LimitWarning, limit_cases
from regression.limit_verdicts import judge_limits, together
from regression.limits import Limit, Limits
from results.checks import Difference, Judged, Verdict
from results.records import Direction

from .timed_runs import in_network, timed_run

if TYPE_CHECKING:
    from results.records import Case

KNOWN = builtin()
DEFAULTS: dict[str, Any] = {
    "hosts": ("none",),
    "directions": ("forward", "both"),
    "batch_sizes": (2,),
    "threads": 1,
    "devices": ("cpu",),
}
NONE, SE, ECA = (in_network(name) for name in ("none", "se", "eca"))


def found(*limits: Limit, **chosen: Any) -> list[tuple[str, str, str | None]]:
    cases = limit_cases(Limits(limits), chosen, DEFAULTS, KNOWN).cases
    return [(case.suite, case.implementation, case.host) for case in cases]


def test_each_quantity_needs_its_suite_alone() -> None:
    assert found(Limit(impl="se", parameters=1)) == [("complexity", "se", None)]
    assert found(Limit(impl="softmax", overflow=1e4, dtype="float32"))[0] == ("overflow", "softmax", None)
    assert found(Limit(impl="se", saved_bytes=1, direction=Direction.FORWARD_BACKWARD)) == [("memory", "se", None)]


def test_a_ratio_needs_the_baseline_in_the_same_block() -> None:
    """The plain network; of functions on logits, softmax."""
    in_host = Limit(impl="se", host="resnet18_cifar", ratio=1.1, direction=Direction.FORWARD)
    assert found(in_host) == [("latency", "none", "resnet18_cifar"), ("latency", "se", "resnet18_cifar")]
    names = {name for _, name, _ in found(Limit(impl="hard_softmax", ratio=1.1))}
    assert names == {"softmax", "hard_softmax"}


def test_an_attention_alone_has_no_ratio() -> None:
    with pytest.raises(UsageError, match="limit on ratio of 'se': nothing to measure: an attention alone has no base"):
        found(Limit(impl="se", ratio=1.1))


def test_what_several_limits_cover_is_measured_once() -> None:
    assert (
        found(Limit(impl="s*m", parameters=1), Limit(impl="srm", parameters=2)).count(("complexity", "srm", None)) == 1
    )


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ((), "no limits in pyproject.toml; write"),
        ((Limit(impl="se", threshold=0.05),), "no limits in pyproject.toml; write"),
        ((Limit(impl="es/*", parameters=1),), r"limit on parameters of 'es/\*': unknown implementation"),
        ((Limit(impl="se", host="resnet5", parameters=1),), "'se', host resnet5: unknown backbone 'resnet5'"),
        (
            (Limit(impl="softmax", saved_bytes=1, host="resnet18_cifar", direction=Direction.BACKWARD),),
            "memory has no case",
        ),
    ],
)
def test_a_limit_that_covers_nothing_is_an_error(limits: tuple[Limit, ...], message: str) -> None:
    """A check that holds nothing must not pass for a good one."""
    with pytest.raises(UsageError, match=message):
        found(*limits)


def test_a_choice_leaves_limits_out_with_a_warning() -> None:
    limits = Limit(impl="se", parameters=1), Limit(impl="eca", parameters=1)
    with pytest.warns(LimitWarning, match="not held: the limit on parameters of 'eca'"):
        assert found(*limits, impls=("se",)) == [("complexity", "se", None)]
    with (
        pytest.warns(LimitWarning, match="resnet18_cifar was chosen"),
        pytest.raises(UsageError, match="no limit can be held against what was chosen"),
    ):
        found(Limit(impl="se", host="none", parameters=1), hosts=("resnet18_cifar",))


def test_a_misspelt_limit_is_an_error_whatever_was_chosen() -> None:
    with pytest.raises(UsageError, match="unknown implementation 'ecs'"):
        found(Limit(impl="ecs", parameters=1), impls=("se",))


@pytest.mark.parametrize(
    ("limit", "verdict"), [(1.1, Verdict.WORSE), (1.3, Verdict.SAME), (None, None)], ids=["beyond", "within", "none"]
)
def test_a_ratio_beyond_its_limit_is_worse(limit: float | None, verdict: Verdict | None) -> None:
    limits = Limits((Limit(impl="se", ratio=limit),))
    judged = list(judge_limits(limits, timed_run({NONE: 0.01, SE: 0.012})))
    assert [each.verdict for each in judged] == ([] if verdict is None else [verdict])


def test_what_could_not_be_measured_is_said() -> None:
    """A failure of the case fails the job; without its baseline it is incomparable."""
    limits = Limits((Limit(impl="se", ratio=1.1),))
    (failed,) = judge_limits(limits, timed_run({NONE: 0.01, SE: None}))
    assert (failed.verdict, failed.reason) == (Verdict.FAILED, "exception: ValueError: no")
    (alone,) = judge_limits(limits, timed_run({NONE: None, SE: 0.01}))
    assert (alone.verdict, alone.reason) == (Verdict.INCOMPARABLE, "its baseline, none, was not measured")


def judged(case: Case, verdict: Verdict, *differences: Difference, reason: str = "") -> Judged:
    return Judged(case=case, verdict=verdict, differences=differences, reason=reason)


def test_a_comparison_and_limits_make_one_verdict_a_case() -> None:
    """The worse one, with what both found; cases of only one of them stay."""
    beyond = Difference(quantity="parameters", head=2, worse=True, limit=1)
    more = Difference(quantity="MACs (fvcore)", base=3, head=2, worse=False)
    compared = (judged(SE, Verdict.BETTER, more), judged(NONE, Verdict.SLOWER, reason="slow"))
    held = (judged(SE, Verdict.WORSE, beyond), judged(ECA, Verdict.SAME), judged(NONE, Verdict.SAME))
    assert together(compared, held) == (
        judged(SE, Verdict.WORSE, more, beyond),
        judged(NONE, Verdict.SLOWER, reason="slow"),
        judged(ECA, Verdict.SAME),
    )
