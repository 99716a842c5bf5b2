"""The folder of a run on a cluster while it is measured: each machine's records, noise floors and findings."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.cluster.own_threads import on_machine
from results.durable import replace_file
from results.folder import StoreError, reason
from results.machine import measuring_code
from results.text import json_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.cluster.driver import Kept
    from results.cluster_store import ClusterStore
    from results.machine_store import MachineStore
    from results.records import Case, Outcome, Run

    from .desk import Machine
    from .visiting import Settled

#: What the doctor found on a machine, in its folder.
DOCTOR = "doctor.json"


class Keeper:
    """Keeps what comes of each machine in a folder of its own.

    Args:
        store: of the whole.
        header: of every machine's run, but for its environment.

    """

    def __init__(self, store: ClusterStore, header: Run) -> None:
        self._store = store
        self.header = header
        self._machines: dict[str, tuple[Machine, MachineStore]] = {}

    def joined(self, machine: Machine) -> None:
        """Begin the folder of a machine, or go on with it (StoreError: it cannot be written)."""
        run_id = f"{self.header.run_id[:150]}-{machine.name}"
        header = replace(self.header, run_id=run_id, environment=machine.environment)
        kept = self._store.machine(machine.name, machine.kind.name, header)
        before = (measuring_code(kept.header.environment), *kept.header.resumed_with)[-1]
        if before != (here := measuring_code(machine.environment)):
            kept.go_on_with(here)
        self._machines[machine.worker] = (machine, kept)

    def settled(self, machine: Machine, found: Settled) -> None:
        """Keep how fit a machine is (StoreError: it cannot be written)."""
        kept = self.of(machine.worker)
        kept.add_noise_floors(found.floors)
        for line in found.disturbances:
            kept.add_disturbance(line)
        if found.findings:
            path = kept.folder / DOCTOR
            text = json_text({"cores": machine.cores, "findings": [asdict(each) for each in found.findings]}, indent=2)
            try:
                replace_file(path, f"{text}\n")
            except OSError as error:
                msg = f"cannot write {path}: {reason(error)}; make room and resume"
                raise StoreError(msg) from error

    def keep(self, kept: Kept) -> None:
        """Keep all that came of a block (StoreError: it cannot be written)."""
        machine, store = self._machines[kept.lease.worker]
        threads = machine.environment.threads
        outcomes = tuple(_with_case(outcome, lambda case: on_machine(case, threads)) for outcome in kept.outcomes)
        self._store.keep(store, kept.lease.place, outcomes, kept.drift)

    def of(self, worker: str) -> MachineStore:
        """Return where the records of a worker's machine are kept."""
        return self._machines[worker][1]


def _with_case(outcome: Outcome, changed: Callable[[Case], Case]) -> Outcome:
    return replace(outcome, case=changed(outcome.case))
