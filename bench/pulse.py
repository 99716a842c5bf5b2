"""Which case a process is working on, told to whoever watches it: in memory that outlives the process."""

from __future__ import annotations

import mmap
import os
import struct
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.records import Case


class Pulse(Protocol):
    """Takes note of every step: a case's building, each call of its warm-up, each of its samples."""

    def beat(self, case: Case) -> None:
        """Say that a step of this case begins."""


class NoPulse:
    """Nobody watches."""

    def beat(self, case: Case) -> None:
        """Say nothing."""


_LAYOUT = struct.Struct("=qQ")
NO_CASE = -1


class SharedPulse:
    """The index of the case at hand and a counter of steps, in a file in memory that two processes map.

    A step costs less than a microsecond: a message for each would be a tenth of the shortest samples.
    """

    def __init__(self, descriptor: int) -> None:
        """Map the file behind the descriptor, which stays open."""
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, _LAYOUT.size)
        self._index_of: dict[int, int] = {}
        self._beats = 0

    @classmethod
    def create(cls) -> Self:
        """Make the file; another process maps it by inheriting the descriptor."""
        descriptor = os.memfd_create("attnbench-pulse")
        os.ftruncate(descriptor, _LAYOUT.size)
        pulse = cls(descriptor)
        pulse.rest()
        return pulse

    def follow(self, cases: Sequence[Case]) -> None:
        """Say which cases the next beats are of."""
        # By identity: hashing a case takes longer than the rest of a beat.
        self._index_of = {id(case): index for index, case in enumerate(cases)}

    def beat(self, case: Case) -> None:
        """Say that a step of this case begins."""
        self._beats += 1
        _LAYOUT.pack_into(self._memory, 0, self._index_of[id(case)], self._beats)

    def rest(self) -> None:
        """Say that no case is being worked on."""
        self._beats += 1
        _LAYOUT.pack_into(self._memory, 0, NO_CASE, self._beats)

    def read(self) -> tuple[int, int]:
        """Return the index of the case at hand (NO_CASE: none) and the number of steps so far."""
        index, beats = _LAYOUT.unpack_from(self._memory)
        return index, beats

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()
        os.close(self.descriptor)
