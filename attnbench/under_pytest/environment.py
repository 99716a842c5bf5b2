"""The machine and its software, described once a session."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch

from bench.environment import describe

if TYPE_CHECKING:
    from results.records import Environment


@cache
def environment(threads: int | None) -> Environment:
    """Return the environment of this process; None: torch chooses the threads."""
    return describe(threads or torch.get_num_threads())
