"""Blocks that wait for a worker: the longest that a worker can measure is found without looking at the others."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Devices = frozenset[str]


class Queue(NamedTuple):
    """What the blocks of one heap have in common."""

    needs: Devices
    kind: str
    """Of machine; empty: any."""


class Waiting:
    """Blocks by what they need: a heap each, of which there are as many as sets of devices and kinds of machine."""

    def __init__(self) -> None:
        self._heaps: dict[Queue, list[tuple[float, int]]] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many blocks wait: each counts once a kind of machine that it waits for."""
        return self._count

    def add(self, queue: Queue, place: int, cost: float) -> None:
        """Let a block wait."""
        # Of equally long ones the first of the plan comes first.
        heappush(self._heaps.setdefault(queue, []), (-cost, place))
        self._count += 1

    def take(self, devices: Devices, kind: str) -> int | None:
        """Take out the longest block for a worker with these devices; None if none of those that wait fits."""
        found: list[tuple[float, int]] | None = None
        for queue, heap in self._heaps.items():
            if heap and queue.kind == kind and queue.needs <= devices and (found is None or heap[0] < found[0]):
                found = heap
        if found is None:
            return None
        self._count -= 1
        return heappop(found)[1]

    def queues(self) -> Iterator[tuple[Queue, tuple[int, ...]]]:
        """Yield what waits, by what it needs; places in no order."""
        for queue, heap in self._heaps.items():
            if heap:
                yield queue, tuple(place for _, place in heap)
