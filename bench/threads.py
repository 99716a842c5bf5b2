"""How many CPU threads torch uses, for a while."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def cpu_threads(count: int | None) -> Iterator[None]:
    """Use this many CPU threads inside the ``with`` block; None leaves them as they are."""
    before = torch.get_num_threads()
    if count in {None, before}:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
