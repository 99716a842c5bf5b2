"""A network that learns: one step of training, and an evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn

from .blame import NotFiniteError, first_not_finite
from .building import loss_of, optimizer_of, schedule_of
from .processes import ALONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

    from .pipeline import InputPipeline
    from .processes import Processes
    from .recipes import Recipe


class Seen(NamedTuple):
    """What a step or an evaluation found, of all processes together."""

    loss_sum: float
    """Over the images."""
    right: int
    images: int


@dataclass(slots=True, kw_only=True, eq=False)
class Learner:
    """A network with all that training changes."""

    network: nn.Module
    """Initialised, on its device."""
    eager: nn.Module
    """The same without ``torch.compile``: its operators can be watched."""
    recipe: Recipe
    """Over as many epochs as are trained."""
    device: str
    dtype: torch.dtype
    channels_last: bool = False
    amp: bool = False
    processes: Processes = ALONE
    optimizer: Optimizer = field(init=False)
    schedule: LRScheduler = field(init=False)
    _trained: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        """Meet the other processes, and make what training needs beside the network."""
        self.processes.join(self.device)
        self._trained = self.processes.parallel(self.network, self.device)
        self.optimizer = optimizer_of(self._trained, self.recipe)
        self.schedule = schedule_of(self.optimizer, self.recipe)

    def step(self, images: Tensor, labels: Tensor, where: str) -> Seen:
        """Learn from a batch, of which each process has its share.

        Args:
            images: the whole batch, on the CPU.
            labels: of the same images.
            where: which step it is, in words.

        Raises:
            NotFiniteError: the loss is not finite; no weight has changed since the step before.

        """
        batch = len(labels)
        images, labels = self._placed(self.processes.share(images)), self.processes.share(labels).to(self.device)
        weight = self.processes.weight(len(labels), batch)
        self._trained.train()
        self.optimizer.zero_grad()
        random = torch.get_rng_state()
        loss, logits = self._loss(self._trained, images, labels, weight)
        right = int((logits.argmax(1) == labels).sum())
        # Each process's loss is weighted so that the mean over the processes is the batch's.
        loss_sum, all_right = self.processes.summed(loss.item() * batch, right, device=self.device)
        if not isfinite(loss_sum):
            torch.set_rng_state(random)
            blamed = first_not_finite(self.eager, lambda: self._loss(self.eager, images, labels, weight))
            msg = f"the loss is {loss_sum} at {where}: {blamed}"
            raise NotFiniteError(msg)
        loss.backward()
        self.optimizer.step()
        return Seen(loss_sum / self.processes.count, int(all_right), batch)

    def evaluate(self, pipeline: InputPipeline, beat: Callable[[], None]) -> Seen:
        """Return what the network makes of all images; the first process looks, and tells the others."""
        loss_sum, right = 0.0, 0
        if self.processes.rank == 0:
            self.network.eval()
            with torch.inference_mode():
                for step in range(pipeline.steps):
                    beat()
                    images, labels = pipeline.batch(0, step)
                    labels = labels.to(self.device)
                    with self._precision():
                        logits = self.network(self._placed(images))
                    loss_sum += nn.functional.cross_entropy(logits.float(), labels, reduction="sum").item()
                    right += int((logits.argmax(1) == labels).sum())
        loss_sum, all_right = self.processes.summed(loss_sum, right, device=self.device)
        return Seen(loss_sum, int(all_right), len(pipeline.source))

    def state(self) -> dict[str, Any]:
        """Return all that training has changed; torch's random numbers included."""
        cuda = self.device != "cpu"
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state(self.device) if cuda else None,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"])
        if state["random_cuda"] is not None:
            torch.cuda.set_rng_state(state["random_cuda"], self.device)

    def _loss(self, network: nn.Module, images: Tensor, labels: Tensor, weight: float) -> tuple[Tensor, Tensor]:
        with self._precision():
            logits = network(images)
        return loss_of(network, logits.float() if self.amp else logits, labels, self.recipe, weight), logits.detach()

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.partition(":")[0], dtype=torch.bfloat16, enabled=self.amp)

    def _placed(self, images: Tensor) -> Tensor:
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        return images.to(self.device, self.dtype, memory_format=layout)
