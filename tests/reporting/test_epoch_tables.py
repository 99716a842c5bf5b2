"""Promises of the table of epochs: what stands where, and what is said of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.brief import brief
from reporting.details import latency_details
from reporting.epoch_tables import epoch_tables, epoch_words
from reporting.report import report
from results.records import Batches, Direction, Failed, FailureKind, Part, Phase, Telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Environment, Measured, Run


def step(host: Case, part: Part, implementation: str = "none", digest: str | None = "0123") -> Case:
    """Return a part of a step with 32 of 50,000 images."""
    return replace(
        host,
        suite="epoch",
        implementation=implementation,
        slot=None if implementation == "none" else "block_output",
        direction=Direction.FORWARD_BACKWARD,
        input=Batches(
            batch=32,
            channels=3,
            height=32,
            width=32,
            num_classes=100,
            dataset="cifar100",
            digest=digest,
            images=50_000,
            recipe="psk",
            phase=Phase.TRAINING,
            part=part,
        ),
    )


@pytest.fixture
def outcomes(host: Case, make_measured: Callable[..., Measured]) -> list[Measured]:
    """Return all parts of the plain network and of SE."""
    return [
        make_measured(step(host, Part.BOTH), 0.125),
        make_measured(step(host, Part.COMPUTING), 0.09375),
        make_measured(step(host, Part.BOTH, "se"), 0.25, 2000),
        make_measured(step(host, Part.COMPUTING, "se"), 0.21875),
        make_measured(step(host, Part.LOADER), 0.03125),
    ]


def test_a_row_an_attention(make_run: Callable[..., Run], outcomes: list[Measured]) -> None:
    """Whole epoch or steps of it, parts of a step, the share that waits, and images a second."""
    run = make_run(*outcomes)
    (table,) = epoch_tables(run)
    assert table.title == (
        "resnext50_16x4d, training on cifar100, recipe psk, batch 32, float32, cpu, input 1×3×32×32, 100 classes"
    )
    assert [column.title for column in table.columns] == [
        *("attention", "epoch", "÷ plain", "computing alone", "loader alone", "waiting for data"),
        *("images/s", "steps timed"),
    ]
    plain, attended = table.texts
    assert plain == (
        *("(none)", "195 s ± 0.0%", "1", "146 s ± 0.0%", "48.8 s ± 0.0%", "25.0% [25.0, 25.0]", "256", "24 of 1562.5"),
    )
    assert attended[:3] == ("se", "391 s ± 0.0%", "2.000 [2.000, 2.000]")
    assert attended[5:] == ("12.5% [12.5, 12.5]", "128", "2000, a whole epoch's 1562.5")
    assert "Data: cifar100, digest 0123." in table.notes
    assert "No peak memory on the CPU: only CUDA's allocator tells it. Bytes of a call: attnbench run memory." in (
        table.notes
    )


def test_made_up_images_are_said(
    make_run: Callable[..., Run], make_measured: Callable[..., Measured], host: Case
) -> None:
    """In the title and below the table."""
    (table,) = epoch_tables(make_run(make_measured(step(host, Part.BOTH, digest=None), 0.125)))
    assert table.title.startswith("resnext50_16x4d, training on made-up images like cifar100's, recipe psk")
    assert table.notes[0].startswith("The images are made up (fake), as many and of the same shape as cifar100's: ")
    assert table.texts == (("(none)", "195 s ± 0.0%", "1", "-", "-", "-", "256", "24 of 1562.5"),)


def test_what_a_gpu_tells(
    make_run: Callable[..., Run],
    make_measured: Callable[..., Measured],
    host: Case,
    gpu_environment: Environment,
) -> None:
    """Peak memory of the allocator, and the energy of an epoch."""
    case = replace(step(host, Part.BOTH), device="cuda:0", threads=None)
    measured = make_measured(case, 0.125)
    told = replace(measured.result, peak_bytes=3 * 2**30, telemetry=Telemetry(energy_j=2.0))
    (table,) = epoch_tables(make_run(replace(measured, result=told), environment=gpu_environment))
    assert [column.title for column in table.columns][-3:] == ["peak memory", "energy", "steps timed"]
    assert table.texts[0][-3:] == ("3.00 GiB", "3.12 kJ", "24 of 1562.5")


def test_a_network_that_failed(make_run: Callable[..., Run], outcomes: list[Measured], host: Case) -> None:
    """It stays in the table, with its cause."""
    failed = Failed(case=step(host, Part.BOTH, "cbam"), kind=FailureKind.OUT_OF_MEMORY, error="RuntimeError")
    (table,) = epoch_tables(make_run(*outcomes, failed))
    assert table.texts[2][:3] == ("cbam", "failed: out of memory ¹", "")


def test_steps_stand_in_no_other_table(make_run: Callable[..., Run], outcomes: list[Measured]) -> None:
    """An epoch's steps are no calls of a network; what is read of them is said once."""
    run = make_run(*outcomes)
    assert latency_details(run) == ()
    assert [section.title for section in brief(run).sections] == ["Epochs"]
    assert len(epoch_words(run)) == 2
    text = report(run)
    assert "## Epochs" in text
    assert "## Latency" not in text
    assert "**waiting for data**" in text


def test_other_runs_have_no_epochs(
    make_run: Callable[..., Run], make_measured: Callable[..., Measured], host: Case
) -> None:
    """Nor words about them."""
    run = make_run(make_measured(host, 0.1))
    assert (epoch_tables(run), epoch_words(run)) == ((), ())
