"""The functions inside gates, each value by its definition."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch

from .reference import elementwise, hard_sigmoid, sigmoid

if TYPE_CHECKING:
    from torch import Tensor

    from .reference import Reference


def tanh_of(value: Tensor) -> Tensor:
    """(e^x - e^-x) / (e^x + e^-x)."""
    return (torch.exp(value) - torch.exp(-value)) / (torch.exp(value) + torch.exp(-value))


def softplus_of(value: Tensor) -> Tensor:
    """log(1 + e^x)."""
    return torch.log(1 + torch.exp(value))


def softsign_of(value: Tensor) -> Tensor:
    """Softsign, x / (1 + |x|)."""
    return value / (1 + value.abs())


REFERENCES: dict[str, Reference] = {
    "sigmoid": partial(elementwise, sigmoid),
    "hard_sigmoid": partial(elementwise, hard_sigmoid),
    "tanh": partial(elementwise, tanh_of),
    "softplus": partial(elementwise, softplus_of),
    "softsign": partial(elementwise, softsign_of),
}
