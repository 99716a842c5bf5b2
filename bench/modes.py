"""Training or evaluation: the mode of a module and of each module inside it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


@contextmanager
def modes_restored(module: nn.Module) -> Iterator[None]:
    """Leave every mode as it was before the ``with`` block."""
    modes = [(each, each.training) for each in module.modules()]
    try:
        yield
    finally:
        # One by one: a frozen norm inside a training network stays frozen.
        for each, training in modes:
            each.training = training
