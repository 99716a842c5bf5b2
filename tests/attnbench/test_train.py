"""Promises of ``attnbench run train`` and ``attnbench run pareto``."""

from __future__ import annotations

import csv
import gzip
import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.termination import SignalledKeyboardInterrupt
from results import load
from results.checkpoints import FOLDER
from results.records import Failed, Training, TrainingSet
from training.keeping import InFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from training.keeping import Progress
    from training.learner import Learner

    from .conftest import Finished

    Command = Callable[..., Finished]

pytestmark = pytest.mark.usefixtures("in_this_process")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder with a few images in the files of MNIST."""
    generator = np.random.default_rng(0)
    folder = tmp_path / "data"
    folder.mkdir()
    for part, count in {"train": 20, "t10k": 6}.items():
        for name, sizes in (("images-idx3", (0x0803, count, 28, 28)), ("labels-idx1", (0x0801, count))):
            content = generator.integers(10, size=sizes[1:], dtype=np.uint8)
            head = np.array(sizes, dtype=">u4").tobytes()
            (folder / f"{part}-{name}-ubyte.gz").write_bytes(gzip.compress(head + content.tobytes()))
    return folder


@pytest.fixture
def chosen(data: Path) -> tuple[object, ...]:
    """Return what is chosen: FeLU's network with SE, two epochs of five steps."""
    network = ("--host", "felu_net", "--impl", "se:activation=felu", "--device", "cpu", "--threads", 1, "--quiet")
    return (*network, "--dataset", "mnist", "--data", data, "--recipe", "felu", "--epochs", 2)


def losses(folder: Path) -> list[list[tuple[float, float]]]:
    """Return the losses of all trainings of a run."""
    results = [getattr(outcome, "result", None) for outcome in load(folder).outcomes]
    curves = [result.curve for result in results if isinstance(result, Training)]
    return [[(point.train_loss, point.test_loss) for point in curve] for curve in curves]


def rows(file: Path) -> list[dict[str, str]]:
    """Return the lines of a CSV file by column."""
    return list(csv.DictReader(file.read_text().splitlines()))


def test_two_seeds_stand_in_one_row(attnbench: Command, chosen: tuple[object, ...], tmp_path: Path) -> None:
    """The report has mean and spread; the CSV has one row an epoch; the record has the settings."""
    run = tmp_path / "run"
    assert attnbench("run", "train", *chosen, "--batch-size", 4, "--seeds", 2, "--out", run).status == 0
    assert "| se:activation=felu |" in (run / "report.md").read_text()
    assert "| 2 of 2 |" in (run / "report.md").read_text()
    found = rows(run / "train.csv")
    assert [(row["implementation"], row["seed"], row["epoch"]) for row in found] == [
        (name, seed, epoch) for seed in "01" for name in ("none", "se:activation=felu") for epoch in "12"
    ]
    assert {row["steps"] for row in found} == {"5"}
    assert {row["settings"].partition(";")[0] for row in found} == {"AdamW rate 0.001 decay 0"}
    assert not (run / FOLDER).exists()


def test_an_interrupted_run_goes_on_where_it_was(
    attnbench: Command, chosen: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of an epoch; it ends with the losses of a run that was not interrupted, to the last bit."""
    options = (*chosen, "--batch-size", 4, "--checkpoint-every", 2)
    assert attnbench("run", "train", *options, "--out", tmp_path / "whole").status == 0
    kept = InFolder.step_done

    def interrupted(self: InFolder, learner: Learner, progress: Progress) -> None:
        kept(self, learner, progress)
        if self.case.implementation != "none" and (progress.epoch, progress.step) == (1, 3):
            raise SignalledKeyboardInterrupt(signal.SIGINT)

    run = tmp_path / "run"
    with monkeypatch.context() as patched:
        patched.setattr(InFolder, "step_done", interrupted)
        assert attnbench("run", "train", *options, "--out", run).status == 130
    assert len(list((run / FOLDER).iterdir())) == 1
    assert attnbench("run", "--resume", run, "--quiet").status == 0
    assert losses(run) == losses(tmp_path / "whole")
    assert not (run / FOLDER).exists()


def test_a_foreign_checkpoint_ends_the_run_with_one_line(
    attnbench: Command, chosen: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file stays as it is; the case stays to be trained, and is when the file is gone."""
    run = tmp_path / "run"

    def interrupted(self: InFolder, learner: Learner, progress: Progress) -> None:
        self.epoch_done(learner, progress)
        raise SignalledKeyboardInterrupt(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(InFolder, "step_done", interrupted)
        assert attnbench("run", "train", *chosen, "--batch-size", 4, "--out", run).status == 130
    (file,) = (run / FOLDER).iterdir()
    file.write_bytes(b"something else")
    ended = attnbench("run", "--resume", run, "--quiet")
    assert ended.err.splitlines()[-1] == (
        f"attnbench: {file} is no checkpoint, or damaged; remove it, and its training begins again"
    )
    assert file.read_bytes() == b"something else"
    assert load(run).outcomes == ()
    file.unlink()
    assert attnbench("run", "--resume", run, "--quiet").status == 0
    assert len(losses(run)) == 2


def test_what_cannot_be_learned_fails_with_the_step(
    attnbench: Command, chosen: tuple[object, ...], tmp_path: Path
) -> None:
    """float16 has no numbers for what Adam divides by: the table says at which step, and the run goes on."""
    run = tmp_path / "run"
    assert attnbench("run", "train", *chosen, "--batch-size", 4, "--dtype", "float16", "--out", run).status != 0
    failures = [outcome for outcome in load(run).outcomes if isinstance(outcome, Failed)]
    assert len(failures) == 2
    assert all("at step 2 of 5 in epoch 1 of 2: the step before left weights" in failed.error for failed in failures)


def test_mixed_precision_and_short_epochs_are_other_cases(
    attnbench: Command, chosen: tuple[object, ...], tmp_path: Path
) -> None:
    """They stand in the record, and change the losses."""
    for name, more in {"full": (), "mixed": ("--amp",)}.items():
        out = ("--batch-size", 4, "--steps", 2, "--out", tmp_path / name)
        assert attnbench("run", "train", *chosen, *more, *out).status == 0
    assert losses(tmp_path / "full") != losses(tmp_path / "mixed")
    sets = {case.input for case in load(tmp_path / "mixed").plan.cases}
    assert {(each.amp, each.steps) for each in sets if isinstance(each, TrainingSet)} == {(True, 2)}


def test_pareto_has_all_that_is_known_of_the_same_networks(
    attnbench: Command, chosen: tuple[object, ...], tmp_path: Path
) -> None:
    """One line a network: accuracy, time, memory and sizes, and where it stands."""
    run = tmp_path / "run"
    options = ("--steps", 2, "--seeds", 2, "--budget", 0.05, "--out", run)
    assert attnbench("run", "pareto", *chosen, *options).status == 0
    found = rows(run / "pareto.csv")
    assert [row["implementation"] for row in found] == ["none", "se:activation=felu"]
    figures = ("accuracy", "accuracy_low", "latency_s", "latency_low_s", "peak_live_bytes", "parameters", "macs_fvcore")
    assert all(row[name] for row in found for name in figures)
    assert {row["seeds"] for row in found} == {"2"}
    assert {row["standing"] for row in found} <= {"not dominated", "not decided", "dominated", "withheld"}
    assert "## Which networks no other one beats" in (run / "report.md").read_text()


def test_under_torchrun_only_training_runs(
    attnbench: Command, chosen: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several processes would time the same thing at once."""
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    refused = attnbench("run", "latency", *chosen[:6])
    assert refused.status == 2
    assert refused.err == "attnbench: under torchrun only train runs; run latency by itself\n"
