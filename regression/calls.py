"""What becomes of the cases that are timed: a choice that is made without torch."""

from __future__ import annotations

from enum import Enum


class Calls(Enum):
    """What becomes of the cases that are timed."""

    TIMED = "timed"
    COUNTED = "counted"
    """Their instructions are counted, in a process under valgrind; no times are taken."""
    LEFT = "left"
    """They are planned and left to a process that counts."""
