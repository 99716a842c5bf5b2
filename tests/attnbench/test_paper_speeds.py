"""Promises of published speeds that are measured here: which cases, in which blocks, and what is read of a run."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

import results
from attnbench.paper_speed_results import measured_columns
from attnbench.paper_speeds import plan_speeds
from bench.errors import UsageError
from reporting.published import speeds
from reporting.published.speeds import Calls, Column, PublishedSpeeds, Row, Unit, load_speeds
from reporting.speed_tables import Timed, Untimed
from results.records import (
    Direction,
    Failed,
    FailureKind,
    Latency,
    Measured,
    Mode,
    NoiseFloor,
    Samples,
    StopReason,
    Subject,
    Timing,
)
from training.finding import FakeDataWarning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from results.records import Case, Run
    from tests.attnbench.conftest import Finished

HERE = {"devices": ("cpu",), "threads": 1}


def test_senet_s_two_columns_are_two_blocks() -> None:
    """The paper's batch is what two cores can do, the one image is one, and others are divided by the first row."""
    planned = plan_speeds(load_speeds("senet", 0), HERE).run.plan
    assert [
        [(case.host, case.implementation, case.direction, case.input.batch, case.device) for case in block.cases]
        for block in planned.blocks
    ] == [
        [
            ("resnet50_v1", "none", Direction.FORWARD_BACKWARD, 4, "cpu"),
            ("resnet50_v1", "se:bias=false,reduction=16", Direction.FORWARD_BACKWARD, 4, "cpu"),
        ],
        [
            ("resnet50_v1", "none", Direction.FORWARD, 1, "cpu"),
            ("resnet50_v1", "se:bias=false,reduction=16", Direction.FORWARD, 1, "cpu"),
        ],
    ]
    assert [block.baseline for block in planned.blocks] == [0, 0]
    assert (planned.budget_s, planned.precision, planned.suites) == (10.0, 0.005, ("latency",))


def test_eca_s_backbones_are_blocks_of_their_own() -> None:
    """Fourteen rows in two columns: what is not divided by one another is not sampled together."""
    planned = plan_speeds(load_speeds("eca", 3), HERE).run.plan
    assert [len(block.cases) for block in planned.blocks] == [4, 4, 3, 3, 4, 4, 3, 3]


def test_gcnet_stands_in_stages_3_to_5() -> None:
    """Its memory is in no block."""
    planned = plan_speeds(load_speeds("gcnet", 1), {**HERE, "budget_s": "2.5"})
    assert {case.slot for case in planned.run.plan.cases} == {None, "block_output@3,4,5"}
    assert {column for column, _ in planned.cases} == {"train_s", "inference_fps"}
    # Of all cases together: three rows, training and inference.
    assert planned.run.plan.budget_s == pytest.approx(2.5 / 6)


def measured(case: Case, *seconds: float) -> Measured:
    """Return an outcome with these samples, ten times over."""
    taken = seconds * 10
    samples = Samples(
        seconds=taken,
        rounds=tuple(range(len(taken))),
        calls_per_sample=1,
        warmup_calls=1,
        warmup_s=0.1,
        stop=StopReason.BUDGET,
        precision=0.005,
        clock="a fake clock",
    )
    return Measured(case=case, result=Latency(samples=samples))


def with_floor(run: Run, *outcomes: Measured | Failed) -> Run:
    floor = NoiseFloor(
        relative=0.02,
        pairs=20,
        seconds_per_call=1e-3,
        builds=6,
        device="cpu",
        timing=Timing.HOT,
        subject=Subject.NETWORK,
    )
    return replace(run, outcomes=outcomes, noise_floors=(floor,))


def test_what_a_run_says_of_each_row() -> None:
    """The median with its interval, the paired ratio, the noise floor; and why there is nothing."""
    planned = plan_speeds(load_speeds("gcnet", 1), HERE)
    plain, r16, r4 = (planned.cases["train_s", row.name] for row in planned.published.rows)
    run = with_floor(
        planned.run,
        measured(plain, 0.5, 0.6),
        measured(r16, 0.6, 0.72),
        Failed(case=r4, kind=FailureKind.OUT_OF_MEMORY, error="no memory"),
    )
    training, inference = measured_columns(planned, run)
    first, second, third = training.rows.values()
    assert training.noise == 0.02
    assert training.how.startswith("forward+backward, batch 2, input 2×3×224×224, 1000 classes, float32, ")
    assert isinstance(first, Timed)
    assert first.seconds == pytest.approx(0.55)
    assert first.images == 2
    assert isinstance(second, Timed)
    ((names, ratio),) = training.pairs.items()
    assert names == ("R-50-FPN + GC (c3-c5, r16)", "R-50-FPN")
    assert ratio.value == pytest.approx(1.2)
    assert ratio.pairs == 20
    assert third == Untimed(reason="failed: out of memory")
    assert set(inference.rows.values()) == {Untimed(reason="not reached")}


def test_a_reduced_batch_is_said() -> None:
    """SENet's 256 images on eight GPUs are 32 on each, of which a CPU gets 4."""
    planned = plan_speeds(load_speeds("senet", 0), HERE)
    training, inference = measured_columns(planned, planned.run)
    assert training.how.startswith("forward+backward, batch 4 (the paper's: 32 on each device), input 4×3×224×224, ")
    assert inference.how.startswith("forward, batch 1, input 1×3×224×224, ")


def test_epochs_stand_on_what_data_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PSK's Table 4 without CIFAR-100, and without Fashion-MNIST: made-up images, and that is said."""
    monkeypatch.setattr("suites.papers.timed.find", lambda *_: None)
    monkeypatch.setattr("suites.epoch.find", lambda *_: None)
    with pytest.warns(FakeDataWarning, match="^cifar100 is not here: made-up images stand in for it"):
        planned = plan_speeds(load_speeds("psk", 4), {**HERE, "data": str(tmp_path)})
    training, evaluation = planned.run.plan.blocks
    assert [(case.implementation, case.mode) for case in training.cases] == [
        ("sk/softmax", Mode.EAGER),
        ("sk/softmax:normalizer=softmax/naive", Mode.EAGER),
        ("sk/hard_softmax:normalizer=hard_softmax/as_written", Mode.EAGER),
        ("sk/softmax", Mode.COMPILED_NORMALIZER),
        ("sk/hard_softmax", Mode.COMPILED_NORMALIZER),
        ("sk/softmax:normalizer=softmax/fused", Mode.EAGER),
        ("sk/hard_softmax:normalizer=hard_softmax/fused", Mode.EAGER),
    ]
    assert {(case.input.batch, case.direction) for case in evaluation.cases} == {(32, Direction.FORWARD)}
    column, _ = measured_columns(planned, planned.run)
    assert column.how.startswith(
        "an epoch of training on made-up images like cifar100's, recipe psk, batch 32, input 32×3×32×32, 100 classes, "
    )


def test_another_data_set_stands_in_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """FeLU's two data sets, replaced by one, are two blocks and not four; the paper's batch is named."""
    monkeypatch.setattr("suites.epoch.find", lambda *_: None)
    with pytest.warns(FakeDataWarning, match="^fashion-mnist is not here"):
        planned = plan_speeds(load_speeds("felu", 4), {**HERE, "datasets": ("fashion-mnist",)})
    assert [len(block.cases) for block in planned.run.plan.blocks] == [2, 2]
    first, *_, last = measured_columns(planned, planned.run)
    assert (
        "made-up images like fashion-mnist's in place of cifar10, recipe felu, batch 32 (the paper's: 128)" in first.how
    )
    assert "in place of cifar100, " in last.how
    assert set(first.rows) == {"SENet", "Reference 13", "Reference 14", "FeLU"}


def test_an_epoch_is_the_mean_step_times_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten steps of 2 s and ten of 4 s: 3 s a step, of 1562.5 steps."""
    monkeypatch.setattr("suites.papers.timed.find", lambda *_: None)
    monkeypatch.setattr("suites.epoch.find", lambda *_: None)
    with pytest.warns(FakeDataWarning):
        planned = plan_speeds(load_speeds("psk", 4), HERE)
    case = planned.cases["train_s", "Softmax (PyTorch)"]
    column, _ = measured_columns(planned, with_floor(planned.run, measured(case, 2.0, 4.0)))
    row = column.rows["Softmax (PyTorch)"]
    assert isinstance(row, Timed)
    assert row.seconds == pytest.approx(3 * 50000 / 32)
    assert row.words == "(20 of 1562 steps)"


@pytest.mark.parametrize(
    ("paper", "number", "chosen", "message"),
    [
        ("senet", 0, {"data": "here"}, "^--data is for tables of epochs; these speeds are of calls: leave it out$"),
        ("psk", 4, {"datasets": ("mnist", "cifar10")}, "measured with one --dataset, not with mnist, cifar10"),
        ("senet", 0, {"dtypes": ("float32", "float64")}, "measured with one --dtype, not with float32, float64"),
    ],
)
def test_what_a_table_cannot_be_measured_with_is_refused(
    paper: str, number: int, chosen: dict[str, object], message: str
) -> None:
    """One line, before anything is built."""
    with pytest.raises(UsageError, match=message):
        plan_speeds(load_speeds(paper, number), {**HERE, **chosen})


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SENet's table be of a small network."""
    printed = load_speeds("senet", 0)
    column = Column(
        key="train_ms",
        title="forward",
        unit=Unit.MILLISECONDS,
        how=Calls(direction=Direction.FORWARD, batch=1),
    )

    def row(name: str, implementation: str, figure: int) -> Row:
        return Row(
            name=name,
            host="mobilenet_v3_small",
            implementation=implementation,
            slot="",
            mode=Mode.EAGER,
            beside="",
            first="plain",
            printed={"train_ms": Decimal(figure)},
        )

    def load(paper: str, number: int) -> PublishedSpeeds:
        assert (paper, number) == ("senet", 0)
        return PublishedSpeeds(
            source=printed.source,
            of="Made up.",
            heading="Model",
            image_size=32,
            num_classes=10,
            choices="",
            columns=(column,),
            rows=(row("plain", "", 10), row("SE", "se", 30)),
            added=(),
            claims=(),
        )

    monkeypatch.setattr(speeds, "load_speeds", load)


@pytest.mark.usefixtures("in_this_process", "small")
def test_the_command_prints_measured_beside_printed(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """The table on stdout, how it goes on on stderr, and a run that is kept like any other."""
    finished = attnbench(
        *("paper", "senet", "--speed", "--device", "cpu", "--threads", 1, "--budget", 0.2),
        *("--out", tmp_path / "run"),
    )
    assert finished.status == 0
    assert finished.out.startswith("Hu et al. 2019, section 4 (speed), measured: forward\n")
    assert "| SE    | 30            | 3.000" in finished.out
    assert "2 cases in 1 block" in finished.err
    assert len(results.load(tmp_path / "run").outcomes) == 2


@pytest.mark.usefixtures("in_this_process", "small")
def test_the_command_prints_csv_alone(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """A table of speeds that is named is measured, without --speed too."""
    finished = attnbench(
        *("paper", "senet", "--table", 0, "--device", "cpu", "--threads", 1, "--budget", 0.2),
        *("--format", "csv", "--out", tmp_path / "run"),
    )
    plain, se = csv.DictReader(io.StringIO(finished.out))
    assert (plain["row"], plain["ratio"], plain["verdict"]) == ("plain", "", "")
    assert float(se["ratio"]) > 0
    assert se["verdict"] in {"agrees", "opposite", "within noise", "not decided"}
