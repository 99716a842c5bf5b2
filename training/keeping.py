"""Checkpoints of a training: when they are written, and what they hold."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import torch
from msgspec.structs import asdict as fields_of

from results.checkpoints import read_checkpoint, write_checkpoint
from results.records import CurvePoint

if TYPE_CHECKING:
    from results.checkpoints import Checkpoints
    from results.records import Case

    from .learner import Learner


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a training has come: the sums of the epoch at hand, and the curve of those before."""

    step: int = 0
    """Of this epoch, that comes next."""
    loss_sum: float = 0.0
    right: int = 0
    images: int = 0
    epoch_s: float = 0.0
    """Spent on this epoch's training."""
    seconds: float = 0.0
    """Spent on all before, evaluations included."""
    sessions: int = 1
    curve: list[CurvePoint] = field(default_factory=list)

    @property
    def epoch(self) -> int:
        """The epoch at hand, from 0."""
        return len(self.curve)


class Keeper(Protocol):
    """Keeps what a training has come to."""

    bytes: int | None
    """Of the last checkpoint."""
    too_large: bool
    """Whether one was left out for its size."""

    def restore(self, learner: Learner) -> Progress:
        """Bring the network where it was, and return how far that is."""

    def step_done(self, learner: Learner, progress: Progress) -> None:
        """Keep it, if it is time to."""

    def epoch_done(self, learner: Learner, progress: Progress) -> None:
        """Keep it, if it is time to."""


@dataclass(slots=True)
class Nowhere:
    """Keeps nothing."""

    bytes: int | None = None
    too_large: bool = False

    def restore(self, learner: Learner) -> Progress:
        """Begin."""
        del learner
        return Progress()

    def step_done(self, learner: Learner, progress: Progress) -> None:
        """Keep nothing."""

    def epoch_done(self, learner: Learner, progress: Progress) -> None:
        """Keep nothing."""


@dataclass(slots=True)
class InFolder:
    """Keeps the training of a case in the folder of its run; of several processes the first writes, and all read."""

    case: Case
    checkpoints: Checkpoints
    writes: bool = True
    bytes: int | None = None
    too_large: bool = False

    def restore(self, learner: Learner) -> Progress:
        """Bring the network where it was, and return how far that is.

        Raises:
            StoreError: the checkpoint belongs to something else, or is damaged.

        """
        payload = read_checkpoint(self.checkpoints.file(self.case), self.case, str(torch.__version__))
        if payload is None:
            return Progress()
        # Nothing but tensors and plain values: no code of whoever wrote the file runs.
        kept = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
        learner.load(kept["learner"])
        progress = kept["progress"]
        curve = [CurvePoint(**point) for point in progress.pop("curve")]
        self.bytes = self.checkpoints.file(self.case).stat().st_size
        return Progress(**{**progress, "sessions": progress["sessions"] + 1}, curve=curve)

    def step_done(self, learner: Learner, progress: Progress) -> None:
        """Keep it after so many steps.

        Raises:
            StoreError: the disk is full or fails.

        """
        every = self.checkpoints.every_steps
        if every is not None and progress.step % every == 0:
            self._keep(learner, progress)

    def epoch_done(self, learner: Learner, progress: Progress) -> None:
        """Keep it (errors as in ``step_done``)."""
        self._keep(learner, progress)

    def _keep(self, learner: Learner, progress: Progress) -> None:
        if not self.writes or self.too_large:
            return
        plain: dict[str, Any] = {**asdict(progress), "curve": [fields_of(point) for point in progress.curve]}
        saved = io.BytesIO()
        torch.save({"learner": learner.state(), "progress": plain}, saved)
        payload = saved.getvalue()
        most = self.checkpoints.most_bytes
        if most is not None and len(payload) > most:
            self.too_large = True
            return
        file = self.checkpoints.file(self.case)
        self.bytes = write_checkpoint(file, self.case, str(torch.__version__), payload)
