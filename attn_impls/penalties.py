"""Terms that a paper adds to the loss."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn


def nam_penalty(model: nn.Module, p: float) -> Tensor:
    """Return NAM's sparsity penalty p sum |gamma| + p sum |lambda| (arXiv:2111.12419, eq. 4), to be added to the loss.

    gamma and lambda are the scales of the batch normalisations in every ``NAMChannel`` and ``NAMSpatial``, known by
    their ``nam_scale``, at any depth of the model, whatever wraps it: ``nn.DataParallel``, ``DistributedDataParallel``,
    ``torch.compile``. A module that the model has in two places counts once. Other batch normalisations are not
    penalised.

    Args:
        model: with any number of NAM modules; with none, the penalty is 0 and has no gradient.
        p: the paper has 1e-4 on CIFAR-100 and 1e-3 on ImageNet.

    Returns:
        A scalar that can be differentiated.

    Raises:
        ValueError: p is negative, or not a number.

    """
    if not p >= 0:
        msg = f"p is {p}; a penalty cannot be negative"
        raise ValueError(msg)
    # Asked of the class: what torch.compile wraps around a module has all attributes of that module.
    scales = [cast("Tensor", part.nam_scale) for part in model.modules() if hasattr(type(part), "nam_scale")]
    if not scales:
        return torch.zeros(())
    # Parts of a model may lie on several devices; the sum is on that of the first.
    return p * sum((scale.abs().sum().to(scales[0].device) for scale in scales[1:]), scales[0].abs().sum())
