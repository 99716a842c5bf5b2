"""Writing what several machines measure: one process writes all of it, whichever machine measures.

Every block is kept once (once a kind, where each kind of machine measures the whole plan), in one piece, and it is on
the disk before the next is. Killed at any moment, the process loses the block that it was writing and those that
machines were at.
"""

from __future__ import annotations

import os
import re
import warnings
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from .cluster_folder import (
    CLUSTER,
    MACHINES,
    Cluster,
    Part,
    machine_names,
    read_cluster,
    write_record,
)
from .durable import open_locked, remove_unfinished
from .folder import StoreError, StoreWarning, reason
from .kinds import FailureKind
from .machine import differs_in
from .machine_store import MachineStore
from .outcomes import Failed
from .ranges import FILE_NAME
from .shards import plan_digest
from .whole_blocks import WholeBlocks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike

    from .cases import Case
    from .drift import Drift
    from .outcomes import Outcome, Plan
    from .records import Run

#: Held by who writes.
LOCK = "cluster.lock"
#: Machines of one name are told apart by a number.
MOST_NAMESAKES = 10_000


class ClusterStore:
    """A plan that several machines measure; made by ``create`` or ``resume``, closed at the end of ``with``."""

    def __init__(self, folder: Path, cluster: Cluster, descriptor: int) -> None:
        """Take over a locked folder; for ``create`` and ``resume``."""
        self.folder = folder
        self.cluster = cluster
        self._lock: int | None = descriptor
        self._machines: dict[str, MachineStore] = {}
        self._completed: set[tuple[int, str]] = set()
        self._out_of_memory: dict[str, list[Case]] = {}

    @classmethod
    def create(cls, folder: str | PathLike[str], cluster: Cluster) -> Self:
        """Begin in a new folder.

        Raises:
            StoreError: the folder exists or cannot be written.

        """
        folder = Path(folder)
        try:
            folder.mkdir(parents=True)
            descriptor = open_locked(folder / LOCK, os.O_CREAT | os.O_EXCL)
        except FileExistsError as error:
            msg = f"{folder} exists; choose another folder, or resume the run in it"
            raise StoreError(msg) from error
        except OSError as error:
            msg = f"cannot write to {folder}: {reason(error)}; choose another folder"
            raise StoreError(msg) from error
        try:
            (folder / MACHINES).mkdir()
            write_record(folder / CLUSTER, cluster)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(folder, cluster, descriptor)

    @classmethod
    def resume(
        cls, folder: str | PathLike[str], replan: Callable[[Plan], Plan] | None = None, *, stacklevel: int = 2
    ) -> Self:
        """Go on: what is there of blocks that are not whole is removed, with a StoreWarning.

        Args:
            folder: of the whole.
            replan: returns the plan as it is now: after a change of an implementation its cases are others.
            stacklevel: whom warnings blame, as of ``warnings.warn``.

        Raises:
            StoreError: not such a folder, damaged, not writable, or being written by another process.

        """
        folder = Path(folder)
        cluster = read_cluster(folder)
        try:
            descriptor = open_locked(folder / LOCK, os.O_CREAT)
        except BlockingIOError:
            msg = f"{folder} is being written by another process; wait for it to end, or choose another folder"
            raise StoreError(msg) from None
        except OSError as error:
            msg = f"cannot write to {folder}: {reason(error)}; copy the run to a place that can be written"
            raise StoreError(msg) from error
        store = cls(folder, cluster, descriptor)
        try:
            # Read again: only now can nobody else change it.
            store.cluster = read_cluster(folder)
            remove_unfinished(folder)
            store._replan(replan)
            notes = store._take_over_machines()
        except BaseException:
            store.close()
            raise
        for note in notes:
            warnings.warn(note, StoreWarning, stacklevel=stacklevel)
        return store

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Let other processes write. Closing twice does nothing."""
        for machine in self._machines.values():
            machine.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def completed(self) -> frozenset[tuple[int, str]]:
        """The blocks that have their outcomes: place in the plan, and kind of machine where each kind measures all."""
        return frozenset(self._completed)

    @property
    def out_of_memory(self) -> Mapping[str, list[Case]]:
        """What had run out of memory before this process began, by kind of machine."""
        return self._out_of_memory

    @property
    def machines(self) -> Mapping[str, MachineStore]:
        """Those that have begun, by their names."""
        return self._machines

    def machine(self, name: str, kind: str, header: Run) -> MachineStore:
        """Return where the outcomes of a machine are kept: what is there of the same machine is gone on with.

        Args:
            name: of the machine; where another one has it, a number is put behind it.
            kind: of the machine.
            header: its run: its environment, and what else belongs to the machine. The plan's blocks are left out.

        Raises:
            StoreError: the folder cannot be written.
            ValueError: no folder can have this name.

        """
        if not re.match(FILE_NAME, name):
            msg = f"no folder can be called {name!r}"
            raise ValueError(msg)
        for number in range(1, MOST_NAMESAKES):
            free = name if number == 1 else f"{name}-{number}"
            there = self._machines.get(free)
            if there is not None and there.kind == kind and _is_same(there.header, header):
                return there
            # A folder without a machine is of one that was cut off when it began.
            if there is None and not (self.folder / MACHINES / free).exists():
                empty = replace(header, plan=replace(header.plan, blocks=(), shard=None), outcomes=())
                begun = MachineStore.begin_machine(self.folder / MACHINES / free, empty, kind)
                self._machines[free] = begun
                return begun
        msg = f"{self.folder}: more than {MOST_NAMESAKES} machines are called {name}"
        raise StoreError(msg)

    def keep(
        self, machine: MachineStore, place: int, outcomes: tuple[Outcome, ...], drift: Drift | None = None
    ) -> None:
        """Write all that came of a block; it is on the disk when this returns.

        Args:
            machine: which has measured it.
            place: of the block in the whole plan.
            outcomes: one of each of its cases, in their order; their threads may be the machine's own.
            drift: how the machine's speed changed meanwhile.

        Raises:
            StoreError: the disk is full or fails (nothing of the block is kept, and it can be tried again), or another
                machine has measured it.

        """
        part = (place, self.cluster.part_of(machine.kind))
        if part in self._completed:
            msg = f"{self.folder}: block {place} has its outcomes already; measure only what is missing"
            raise StoreError(msg)
        machine.keep(place, self.cluster.plan.blocks[place], outcomes, drift)
        self._completed.add(part)

    def complete(self) -> dict[str, Run]:
        """Give each machine that has measured anything its part of the plan; return their runs without outcomes.

        To be called at the end, also of what was interrupted: each machine's folder is then a run like any other.

        Raises:
            StoreError: the disk is full or fails; what was measured is kept.

        """
        # Numbered as when they are read.
        names = sorted(name for name, machine in self._machines.items() if machine.places)
        return {
            name: self._machines[name].complete(self.cluster.plan.blocks, Part(number, len(names), self._digest))
            for number, name in enumerate(names, start=1)
        }

    @cached_property
    def _digest(self) -> str:
        return plan_digest(self.cluster.plan)

    def _replan(self, replan: Callable[[Plan], Plan] | None) -> None:
        plan = self.cluster.plan if replan is None else replan(self.cluster.plan)
        if plan != self.cluster.plan:
            self.cluster = replace(self.cluster, plan=plan)
            write_record(self.folder / CLUSTER, self.cluster)

    def _take_over_machines(self) -> list[str]:
        whole, notes = WholeBlocks(self.cluster.plan), list[str]()
        for name in machine_names(self.folder):
            machine = self._machines[name] = MachineStore.reopen(self.folder / MACHINES / name)
            found = machine.take_over(self.cluster, whole, self._completed)
            part = self.cluster.part_of(machine.kind)
            self._completed.update((place, part) for place in found.blocks)
            failed = [
                outcome.case
                for outcomes in found.blocks.values()
                for outcome in outcomes
                if isinstance(outcome, Failed) and outcome.kind is FailureKind.OUT_OF_MEMORY
            ]
            self._out_of_memory.setdefault(machine.kind, []).extend(failed)
            notes += found.notes
        return notes


def _is_same(one: Run, other: Run) -> bool:
    return (
        differs_in(one.environment, other.environment) is None and one.environment.threads == other.environment.threads
    )
