"""A training from its first step, or from a checkpoint, to its last."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from results.records import CurvePoint, Training

if TYPE_CHECKING:
    from collections.abc import Callable

    from .keeping import Keeper, Progress
    from .learner import Learner, Seen
    from .pipeline import InputPipeline


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lessons:
    """What is learned from, how long, and what is tested with."""

    train: InputPipeline
    test: InputPipeline
    epochs: int
    steps: int
    """In an epoch, of those that the pipeline has."""


def carry_through(
    learner: Learner,
    lessons: Lessons,
    keeper: Keeper,
    beat: Callable[[], None] = lambda: None,
    now_s: Callable[[], float] = time.perf_counter,
) -> Training:
    """Train to the end, and return the learning curve.

    Args:
        learner: a network with its first weights.
        lessons: what it learns from.
        keeper: has a checkpoint to go on from, or none, and writes others.
        beat: called before every step.
        now_s: a clock.

    Raises:
        NotFiniteError: the loss is not finite.
        StoreError: a checkpoint cannot be used or written.

    """
    progress = keeper.restore(learner)
    while progress.epoch < lessons.epochs:
        while progress.step < lessons.steps:
            beat()
            _step(learner, lessons, progress, now_s)
            keeper.step_done(learner, progress)
        started_s = now_s()
        tested = learner.evaluate(lessons.test, beat)
        learner.schedule.step()
        _close_epoch(progress, tested, now_s() - started_s)
        if progress.epoch < lessons.epochs:
            keeper.epoch_done(learner, progress)
    return Training(
        curve=tuple(progress.curve),
        seconds=progress.seconds,
        sessions=progress.sessions,
        checkpoint_bytes=keeper.bytes,
        checkpoints_left_out=keeper.too_large,
    )


def _step(learner: Learner, lessons: Lessons, progress: Progress, now_s: Callable[[], float]) -> None:
    started_s = now_s()
    images, labels = lessons.train.batch(progress.epoch, progress.step)
    where = f"step {progress.step + 1} of {lessons.steps} in epoch {progress.epoch + 1} of {lessons.epochs}"
    seen = learner.step(images, labels, where)
    progress.step += 1
    progress.loss_sum += seen.loss_sum
    progress.right += seen.right
    progress.images += seen.images
    progress.epoch_s += now_s() - started_s


def _close_epoch(progress: Progress, tested: Seen, evaluation_s: float) -> None:
    point = CurvePoint(
        train_loss=progress.loss_sum / progress.images,
        train_accuracy=progress.right / progress.images,
        test_loss=tested.loss_sum / tested.images,
        test_accuracy=tested.right / tested.images,
        seconds=progress.epoch_s,
    )
    progress.curve.append(point)
    progress.seconds += progress.epoch_s + evaluation_s
    progress.step, progress.loss_sum, progress.right, progress.images, progress.epoch_s = 0, 0.0, 0, 0, 0.0
