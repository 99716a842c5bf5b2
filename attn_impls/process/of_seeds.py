"""The seeds of torch's, NumPy's and Python's random numbers."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Any

import torch

from .setting import Setting, Weight

if TYPE_CHECKING:
    from collections.abc import Hashable


def _numpy_state() -> Hashable:
    """Return the state of NumPy's global generator in a form that can be compared; None as long as NumPy is unused."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    kind, words, *rest = numpy.random.get_state()
    return kind, words.tobytes(), *rest


def _set_numpy_state(state: Any) -> None:
    if state is not None:
        numpy = sys.modules["numpy"]
        kind, words, *rest = state
        numpy.random.set_state((kind, numpy.frombuffer(words, dtype=numpy.uint32), *rest))


SEEDS: tuple[Setting[Any], ...] = (
    # What was drawn since does not show in it.
    Setting(name="torch's seed", read=torch.initial_seed, write=torch.manual_seed, weight=Weight.MINOR),
    # A seed that is set cannot be told from numbers that are drawn.
    Setting(name="Python's seed", read=random.getstate, write=random.setstate, weight=Weight.DRAWN),
    Setting(name="NumPy's seed", read=_numpy_state, write=_set_numpy_state, weight=Weight.DRAWN),
)
