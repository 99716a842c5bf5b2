"""Promises of speeds in bytes: what must be moved, and what share of a copy's speed that was."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from results.bandwidth import least_bytes, speed
from results.frame import suite_frame
from results.records import Direction, Failed, FailureKind, Latency, Logits, Measured, Mode, Samples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.records import Case, Outcome, Run


CaseOf = Callable[..., "Case"]
Timed = Callable[..., Measured]


@pytest.fixture
def softmax_case(case_of: CaseOf) -> Case:
    """Return PyTorch's softmax on 4,000 logits."""
    return case_of(
        suite="operators",
        implementation="softmax",
        options=(),
        host=None,
        slot=None,
        input=Logits(shape=(4, 1000), dim=1),
    )


@pytest.fixture
def timed(softmax_case: Case, samples_of: Callable[..., Samples]) -> Timed:
    """Build an outcome of a function on 4,000 logits, timed in the rounds 0, 1, ..."""

    def make(name: str, seconds: Sequence[float], /, **changes: Any) -> Measured:
        return Measured(
            case=replace(softmax_case, implementation=name, **changes), result=Latency(samples=samples_of(*seconds))
        )

    return make


def test_each_tensor_is_moved_once(softmax_case: Case) -> None:
    """4,000 numbers: read and written forward; with backward also weights and gradients read, a gradient written."""
    assert least_bytes(softmax_case) == 2 * 4000 * 4
    assert least_bytes(replace(softmax_case, direction=Direction.FORWARD_BACKWARD)) == 5 * 4000 * 4
    assert least_bytes(replace(softmax_case, direction=Direction.BACKWARD)) == 3 * 4000 * 4
    assert least_bytes(replace(softmax_case, dtype="bfloat16")) == 2 * 4000 * 2


def test_a_copy_is_the_same_in_each_direction(softmax_case: Case) -> None:
    """It reads and writes once, whatever stands beside it."""
    copy = replace(softmax_case, implementation="none", direction=Direction.FORWARD_BACKWARD)
    assert least_bytes(copy) == 2 * 4000 * 4


def test_speed_and_its_share_of_the_copy(softmax_case: Case, samples_of: Callable[..., Samples]) -> None:
    """Twice the copy's time is half of its speed; with 2.5 times the bytes to move, 1.25 times."""
    copy, softmax = Latency(samples=samples_of(*[1e-6] * 8)), samples_of(*[2e-6] * 8)
    found = speed(softmax_case, softmax, copy)
    assert found.bytes_per_s == pytest.approx(16e9)
    assert found.share_of_copy is not None
    assert found.share_of_copy.value == pytest.approx(0.5)
    assert found.share_of_copy.low == pytest.approx(0.5)
    assert found.share_of_copy.high == pytest.approx(0.5)
    share = speed(replace(softmax_case, direction=Direction.FORWARD_BACKWARD), softmax, copy).share_of_copy
    assert share is not None
    assert share.value == pytest.approx(1.25)


def test_without_a_copy_there_is_no_share(softmax_case: Case, samples_of: Callable[..., Samples]) -> None:
    """The speed is there all the same."""
    found = speed(softmax_case, samples_of(*[2e-6] * 8), None)
    assert found.share_of_copy is None
    assert found.bytes_per_s == pytest.approx(16e9)


def test_the_frame_has_both_ratios(timed: Timed, run_of: Callable[..., Run]) -> None:
    """To PyTorch's softmax and to a copy; of a case that failed its error; compiled beside eager."""
    softmax = timed("softmax", [2e-6] * 8)
    failed = Failed(
        case=replace(softmax.case, implementation="entmax"), kind=FailureKind.EXCEPTION, error="ModuleNotFoundError: x"
    )
    outcomes: tuple[Outcome, ...] = (
        timed("none", [1e-6] * 8),
        softmax,
        timed("softmax", [3e-6] * 8, mode=Mode.COMPILED),
        timed("hard_softmax", [1.5e-6] * 8),
        failed,
    )
    run = replace(run_of(*(outcome.case for outcome in outcomes)), outcomes=outcomes)
    frame = suite_frame(run.index, "operators")
    assert frame["ratio"].round(6).tolist()[:4] == [0.5, 1.0, 1.5, 0.75]
    assert frame["share_of_copy"].round(6).tolist()[:4] == [1.0, 0.5, 0.333333, 0.666667]
    assert frame["bytes_per_s"].round(-6).tolist()[:2] == [32e9, 16e9]
    assert frame["mode"].tolist()[:3] == ["eager", "eager", "compiled"]
    assert (frame["status"].iloc[4], frame["error"].iloc[4]) == ("failed", "ModuleNotFoundError: x")
    assert frame["ratio"].isna().tolist()[4]
