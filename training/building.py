"""Recipe -> initial weights, optimiser, schedule and loss of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import torch
from torch import nn

from attn_impls.penalties import nam_penalty

from .recipes import AdamW, Sgd

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

    from .recipes import Recipe

#: What has weights that decay, and that He's rule is for.
WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
#: What the learning rate is multiplied with at a milestone.
STEP = 0.1


def initialize(network: nn.Module, recipe: Recipe) -> None:
    """Draw the weights anew from torch's generator, if the recipe wants that; other parameters stay."""
    if not recipe.he_initialization:
        return
    for part in network.modules():
        if isinstance(part, WEIGHTED):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def optimizer_of(network: nn.Module, recipe: Recipe) -> Optimizer:
    """Return the recipe's optimiser of all parameters that are trained."""
    chosen = recipe.optimizer
    groups = _groups(network, chosen.weight_decay, decays_all=recipe.decays_all)
    match chosen:
        case Sgd(rate=rate, momentum=momentum):
            return torch.optim.SGD(groups, lr=rate, momentum=momentum)
        case AdamW(rate=rate):
            return torch.optim.AdamW(groups, lr=rate)
        case _:
            assert_never(chosen)


def schedule_of(optimizer: Optimizer, recipe: Recipe) -> LRScheduler:
    """Return what sets the learning rate after every epoch."""
    return torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=list(recipe.milestones), gamma=STEP)


def loss_of(network: nn.Module, logits: Tensor, labels: Tensor, recipe: Recipe, weight: float = 1.0) -> Tensor:
    """Return the loss of a batch, the penalty included.

    Args:
        network: has the scales that are penalised.
        logits: [B, classes].
        labels: [B].
        recipe: with or without a penalty.
        weight: of the cross entropy; see ``Processes.weight``.

    """
    loss = weight * nn.functional.cross_entropy(logits, labels)
    return loss + nam_penalty(network, recipe.nam_penalty) if recipe.nam_penalty else loss


def _groups(network: nn.Module, decay: float, *, decays_all: bool) -> list[dict[str, object]]:
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if decays_all:
        return [{"params": trained, "weight_decay": decay}]
    weights = {id(part.weight) for part in network.modules() if isinstance(part, WEIGHTED)}
    groups: list[dict[str, object]] = [
        {"params": [each for each in trained if id(each) in weights], "weight_decay": decay},
        {"params": [each for each in trained if id(each) not in weights], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
