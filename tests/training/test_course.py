"""Promises of a training: the same seed twice, an interruption at any step, a loss that is not finite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from results import StoreError
from results.checkpoints import Checkpoints, checkpoint_file
from results.records import Case, Direction, TrainingSet
from training.blame import NotFiniteError
from training.keeping import InFolder

from .learners import learner, lessons, trained

if TYPE_CHECKING:
    from pathlib import Path

    from results.records import Training
    from training.keeping import Progress
    from training.learner import Learner

CASE = Case(
    suite="train",
    implementation="se",
    source="0123",
    host="felu_net",
    input=TrainingSet(
        batch=8,
        channels=1,
        height=8,
        width=8,
        num_classes=10,
        dataset="digits",
        digest="4567",
        images=40,
        test_images=40,
        recipe="felu",
        settings="as it is",
        epochs=3,
        seed=0,
    ),
    direction=Direction.FORWARD_BACKWARD,
)


class Killed(BaseException):
    """Stands in for a signal."""


class KilledAt(InFolder):
    """Keeps checkpoints, and dies after a step."""

    last: tuple[int, int]

    def step_done(self, learner: Learner, progress: Progress) -> None:
        """Keep it, then die if it is time to."""
        super().step_done(learner, progress)
        if (progress.epoch, progress.step) == self.last:
            raise Killed


def losses(training: Training) -> list[tuple[float, float, float]]:
    """Return all that depends on the numbers, and nothing that depends on the time."""
    return [(point.train_loss, point.test_loss, point.test_accuracy) for point in training.curve]


def test_the_same_seed_gives_the_same_losses_to_the_last_bit() -> None:
    """Dropout and the order of the images included; another seed gives others."""
    assert losses(trained()) == losses(trained())
    assert losses(trained()) != losses(trained(seed=1))


@pytest.mark.parametrize(("epoch", "step"), [(0, 1), (0, 4), (1, 5), (2, 3)])
def test_a_training_that_was_killed_ends_as_if_it_had_not_been(tmp_path: Path, epoch: int, step: int) -> None:
    """Killed after any step, also between two checkpoints, and resumed: the same losses to the last bit."""
    checkpoints = Checkpoints(folder=str(tmp_path), every_steps=2)
    first = KilledAt(CASE, checkpoints)
    first.last = (epoch, step)
    with pytest.raises(Killed):
        trained(keeper=first)
    resumed = trained(keeper=InFolder(CASE, checkpoints))
    assert losses(resumed) == losses(trained())
    assert resumed.sessions == (1 if (epoch, step) == (0, 1) else 2)


def test_no_checkpoint_is_larger_than_asked_for(tmp_path: Path) -> None:
    """It is left out, and the result says so."""
    keeper = InFolder(CASE, Checkpoints(folder=str(tmp_path), most_bytes=1000))
    assert trained(keeper=keeper).checkpoints_left_out
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_checkpoint_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """With one line that says what to do."""
    checkpoints = Checkpoints(folder=str(tmp_path))
    trained(keeper=InFolder(CASE, checkpoints))
    file = checkpoint_file(tmp_path, CASE)
    content = file.read_bytes()[:-7]
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"is truncated or damaged; remove it, and its training begins again$"):
        trained(keeper=InFolder(CASE, checkpoints))
    assert file.read_bytes() == content


class Overflowing(nn.Module):
    """Gives infinite numbers."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return exp of much."""
        return torch.exp(x + 1e6)


def test_a_loss_that_is_not_finite_names_step_and_operator() -> None:
    """The first operator whose result was not finite, in its module; the weights are as they were."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10), Overflowing(), nn.Tanh(), nn.Linear(10, 10), Overflowing())
    failing = learner(model=model)
    before = [weight.clone() for weight in model.parameters()]
    images, labels = lessons().train.batch(0, 0)
    with pytest.raises(NotFiniteError, match=r"is (nan|inf) at step 1: .* not finite is of exp in 2 \(Overflowing\)$"):
        failing.step(images, labels, "step 1")
    assert all(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))


def test_weights_that_are_not_finite_are_named() -> None:
    """It was the step before that spoilt them."""
    failing = learner()
    with torch.no_grad():
        next(failing.network.parameters())[0] = torch.nan
    images, labels = lessons().train.batch(0, 0)
    with pytest.raises(NotFiniteError, match=r"left weights that are not finite: 0\.weight$"):
        failing.step(images, labels, "step 1")
