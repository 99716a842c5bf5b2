"""What training leaves behind, epoch by epoch, and what several seeds say together: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from .ranges import Amount, Chance, Duration, Finite, Size, Whole  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Student's quantiles for 95% where the expansion that is used beyond them is too rough, by degrees of freedom.
T_95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}


class CurvePoint(Record, frozen=True, kw_only=True):
    """One epoch of a learning curve."""

    train_loss: Finite
    """The mean over the epoch's images, each before the step that it was part of; penalties included."""
    train_accuracy: Chance
    """The share of them that was classified right."""
    test_loss: Amount
    """The mean cross entropy of all test images after the epoch."""
    test_accuracy: Chance
    seconds: Duration
    """Of the epoch's training; loading included, evaluation not."""


class Training(Record, frozen=True, kw_only=True, tag="training"):
    """A network that was trained with one seed."""

    curve: Annotated[tuple[CurvePoint, ...], Meta(min_length=1)]
    """One point an epoch; the last is what the training came to."""
    seconds: Duration
    """Training and evaluation together; what an interrupted session did after its last checkpoint is not in it."""
    sessions: Size = 1
    """Processes that it took; more than 1: it was resumed from checkpoints."""
    checkpoint_bytes: Whole | None = None
    """The size of a checkpoint; None: none was written."""
    checkpoints_left_out: bool = False
    """Whether none was written because it would have been larger than asked for."""

    @property
    def last_accuracy(self) -> float:
        """Of the test images, after the last epoch."""
        return self.curve[-1].test_accuracy

    @property
    def best_accuracy(self) -> float:
        """Of the test images, after the best epoch: chosen by the test images, so too good."""
        return max(point.test_accuracy for point in self.curve)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A figure over several seeds."""

    mean: float
    deviation: float | None
    """The standard deviation; None, as both ends, of a single seed."""
    low: float | None
    """Both ends of the 95% interval of the mean (Student's)."""
    high: float | None
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Return mean and spread of one figure of several seeds; at least one."""
    count, mean = len(values), fmean(values)
    if count == 1:
        return Spread(mean=mean, deviation=None, low=None, high=None, count=1)
    # numpy takes a tenth of a second to import.
    from .intervals import student

    deviation = stdev(values)
    half = (T_95.get(count - 1) or student(count - 1, 0.95)) * deviation / sqrt(count)
    return Spread(mean=mean, deviation=deviation, low=mean - half, high=mean + half, count=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class FourAccuracies:
    """How He and Sun (2020, section 3.1) sum up the test accuracies of several trainings of one network."""

    a: float
    """The mean after the last epoch."""
    b: float
    """The mean after the epoch that has the highest mean training accuracy."""
    c: float
    """The best after the last epoch."""
    d: float
    """The best after any epoch."""


def four_accuracies(trainings: Sequence[Training]) -> FourAccuracies:
    """Return A, B, C and D of one network's trainings, which have equally many epochs.

    Raises:
        ValueError: they have not, or there is none.

    """
    by_epoch = list(zip(*(training.curve for training in trainings), strict=True))
    if not by_epoch:
        msg = "no training, no accuracies"
        raise ValueError(msg)
    learned_best = max(by_epoch, key=lambda points: fmean(point.train_accuracy for point in points))
    last = [training.last_accuracy for training in trainings]
    return FourAccuracies(
        a=fmean(last),
        b=fmean(point.test_accuracy for point in learned_best),
        c=max(last),
        d=max(training.best_accuracy for training in trainings),
    )
