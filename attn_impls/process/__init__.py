"""The state of a process that every figure depends on, and that any module may change: threads, precision, clocks.

Importing this package imports torch.
"""

from __future__ import annotations

from .guard import Deed, ProcessStateWarning, guarded, listening
from .setting import Change, Setting, Weight
from .state import ProcessState
from .tables import ALL, EACH_CALL, EACH_SAMPLE

__all__ = [
    "ALL",
    "EACH_CALL",
    "EACH_SAMPLE",
    "Change",
    "Deed",
    "ProcessState",
    "ProcessStateWarning",
    "Setting",
    "Weight",
    "guarded",
    "listening",
]
