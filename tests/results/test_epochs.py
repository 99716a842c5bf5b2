"""Promises of epochs: their seconds from some steps, and the share that waits for data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from results.blocks import blocks_of
from results.epochs import epoch, part_of, waiting
from results.frame import suite_frame
from results.index import Index
from results.intervals import mean_half_width
from results.records import (
    Batches,
    Case,
    Direction,
    Latency,
    Measured,
    Part,
    Phase,
    Plan,
    Samples,
    StopReason,
    Telemetry,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCHES = Batches(
    batch=4,
    channels=1,
    height=28,
    width=28,
    num_classes=10,
    dataset="mnist",
    digest="0123",
    images=50,
    recipe="felu",
    phase=Phase.TRAINING,
    part=Part.BOTH,
)
PLAIN = Case(
    suite="epoch",
    implementation="none",
    source="0",
    host="felu_net",
    input=BATCHES,
    direction=Direction.FORWARD_BACKWARD,
)


def part(case: Case, wanted: Part) -> Case:
    """Return another part of the step."""
    return replace(case, input=replace(BATCHES, part=wanted))


def samples(seconds: Sequence[float], **fields: Any) -> Samples:
    """Return samples, one a round."""
    known: dict[str, Any] = {
        "seconds": tuple(seconds),
        "rounds": tuple(range(len(seconds))),
        "calls_per_sample": 1,
        "warmup_calls": 1,
        "warmup_s": 0.1,
        "stop": StopReason.BUDGET,
        "precision": 0.02,
        "clock": "a fake clock",
    }
    return Samples(**(known | fields))


SE = replace(PLAIN, implementation="se", slot="squeeze_excite")
#: In the order of a plan.
CASES = (
    *(part(each, wanted) for each in (PLAIN, SE) for wanted in (Part.BOTH, Part.COMPUTING)),
    part(PLAIN, Part.LOADER),
)
TIMES = dict(zip(CASES, (0.10, 0.08, 0.20, 0.18, 0.02), strict=True))


@pytest.fixture
def index() -> Index:
    """Return a table of two networks, whose samples are all alike."""
    plan = Plan(suites=("epoch",), blocks=blocks_of(CASES), budget_s=1.0, precision=0.02, seed=0, time_limit_s=300.0)
    outcomes = [
        Measured(case=case, result=Latency(samples=samples([seconds] * 10, calls_per_sample=2)))
        for case, seconds in TIMES.items()
    ]
    return Index(plan=plan, outcomes=outcomes)


def test_seconds_are_the_mean_times_the_steps() -> None:
    """12.5 steps of 2 s on average: a step that is rarely slow is a part of an epoch."""
    found = epoch(BATCHES, samples([1.0] * 9 + [11.0]))
    assert (found.seconds, found.steps, found.timed) == (25.0, 12.5, 10)
    assert found.images_per_s == 2.0
    assert not found.is_whole
    assert found.low_s is not None
    assert found.high_s is not None
    assert found.low_s < 12.5
    assert found.high_s > 37.5


def test_steps_of_a_segment_are_counted() -> None:
    """Ten segments of two steps are more than an epoch of 12.5."""
    found = epoch(BATCHES, samples([0.5] * 10, calls_per_sample=2))
    assert (found.timed, found.is_whole) == (20, True)
    assert (found.seconds, found.low_s, found.high_s) == (6.25, 6.25, 6.25)


def test_too_few_samples_have_no_interval() -> None:
    """As of a median."""
    found = epoch(BATCHES, samples([0.5] * 5))
    assert (found.low_s, found.high_s) == (None, None)


def test_an_interval_is_at_least_students() -> None:
    """Of ten values with a deviation of 1 and of as many to come: 2.262 times the root of 0.2."""
    values = [9.0, 11.0] * 5
    students = 2.2622 * (10 / 9) ** 0.5 * 0.2**0.5
    found = mean_half_width(values, 0.95, further=10)
    assert found is not None
    assert students < found < 1.6 * students


def test_one_block_has_all_parts(index: Index) -> None:
    """They are sampled in the same rounds; the baseline is the plain network's whole step."""
    (block,) = index.plan.blocks
    assert index.baseline(block) == part(PLAIN, Part.BOTH)
    assert index.divisor_of(part(SE, Part.COMPUTING)) == part(PLAIN, Part.COMPUTING)
    assert block.references(CASES) == {CASES[0], CASES[1], CASES[4]}


def test_parts_of_a_network(index: Index) -> None:
    """The loader is that of all of them."""
    for network in (PLAIN, SE):
        for wanted in (Part.BOTH, Part.COMPUTING):
            found = part_of(index, network, wanted)
            assert found is not None
            assert found.samples.seconds[0] == TIMES[part(network, wanted)]
    loader = part_of(index, SE, Part.LOADER)
    assert loader is not None
    assert loader.samples.seconds[0] == 0.02


def test_the_share_that_waits_for_data(index: Index) -> None:
    """What a step takes beyond its computing: 0.02 of 0.10 s, and of 0.20 s."""
    for network, share in ((PLAIN, 0.2), (SE, 0.1)):
        found = waiting(index, network)
        assert found is not None
        assert (found.value, found.low, found.high) == pytest.approx((share, share, share))


def test_no_share_of_a_part_that_was_not_timed(index: Index) -> None:
    """Nothing is compared with nothing."""
    some = Index(plan=index.plan, outcomes=[index.outcomes[CASES[0]], index.outcomes[CASES[3]]])
    assert waiting(some, PLAIN) is None
    assert waiting(some, SE) is None


def test_rows_of_epochs(index: Index) -> None:
    """The suite's CSV says which data, which part, and how long an epoch takes."""
    telemetry = Telemetry(energy_j=3.0)
    first = Measured(case=CASES[0], result=Latency(samples=samples([0.10] * 10), telemetry=telemetry, peak_bytes=1024))
    others = [outcome for case, outcome in index.outcomes.items() if case != CASES[0]]
    frame = suite_frame(Index(plan=index.plan, outcomes=[first, *others]), "epoch")
    assert frame["part"].tolist() == ["both", "computing alone", "both", "computing alone", "loader alone"]
    row = frame.iloc[0]
    assert (row["dataset"], row["digest"], row["recipe"], row["phase"]) == ("mnist", "0123", "felu", "training")
    assert (row["images"], row["steps"], row["steps_timed"], row["peak_bytes"]) == (50, 12.5, 10, 1024)
    assert (row["epoch_s"], row["images_per_s"], row["epoch_j"]) == pytest.approx((1.25, 40.0, 37.5))
    assert row["waiting"] == pytest.approx(0.2)
    assert frame["ratio"].tolist()[2:4] == pytest.approx([2.0, 2.25])
    fake = replace(first, case=replace(CASES[0], input=replace(BATCHES, digest=None)))
    assert suite_frame(Index(plan=index.plan, outcomes=[fake]), "epoch")["digest"].tolist() == ["fake"]
