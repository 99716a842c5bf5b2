"""Which networks does no other one beat? A view of what was trained, counted and timed of the same networks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bench.errors import UsageError
from results.records import Direction
from training.datasets import dataset

from . import complexity, latency, memory, train
from .epoch import DATASETS

if TYPE_CHECKING:
    from .selection import Selection

NAME = "pareto"
SUITES = (complexity.NAME, latency.NAME, memory.NAME, train.NAME)


def selected(selection: Selection, suite: str) -> Selection:
    """Return what one of its suites is given: all measure the networks that are trained.

    Raises:
        UsageError: there are several data sets, whose networks differ.

    """
    names = selection.datasets or DATASETS
    if len(names) > 1:
        msg = f"{NAME} compares networks on one data set; leave out --dataset {names[-1]}"
        raise UsageError(msg)
    if suite == train.NAME:
        # The batch size that a user gives is that of calls that are timed.
        return dataclasses.replace(selection, batch_sizes=())
    inference = selection.directions if selection.directions != tuple(Direction) else (Direction.FORWARD,)
    return dataclasses.replace(selection, num_classes=dataset(names[0]).classes, directions=inference)
