"""Cases with the threads of the machine that measures them, where the plan leaves them to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from .crew import Finished, Joined, Lost, Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from results.records import Block, Case

    from ..events import Event
    from .crew import Crew, Happening
    from .leases import Lease


def on_machine(case: Case, threads: int) -> Case:
    """Return a case of the plan as a machine measures it: on so many threads, unless the plan says how many."""
    return replace(case, threads=threads) if case.device == "cpu" and case.threads is None else case


class OwnThreads:
    """A crew to which a block is the same on every machine.

    Args:
        crew: measures each block as its machine has it.
        threads: of each worker, looked up when it gets a block.

    """

    def __init__(self, crew: Crew, threads: Mapping[str, int]) -> None:
        self._crew = crew
        self._threads = threads
        self._planned: dict[str, dict[Case, Case]] = {}

    def start(self, lease: Lease, block: Block) -> None:
        """Let the lease's worker measure a block."""
        threads = self._threads[lease.worker]
        self._planned[lease.worker] = {on_machine(case, threads): case for case in block.cases}
        self._crew.start(lease, block.with_cases(lambda case: on_machine(case, threads)))

    def wait(self) -> Sequence[Happening]:
        """Wait until something happens, and return it, told of the plan's cases."""
        return [self._planned_as(each) for each in self._crew.wait()]

    def _planned_as(self, happening: Happening) -> Happening:
        match happening:
            case Told(lease, events):
                return Told(lease, [self._of_plan(lease, event) for event in events])
            case Joined() | Finished() | Lost():
                return happening

    def _of_plan(self, lease: Lease, event: Event) -> Event:
        case = self._planned[lease.worker].get(event.case, event.case)
        return _with_case(event, case)


def _with_case(event: Event, case: Case) -> Event:
    from dataclasses import is_dataclass
    from dataclasses import replace as replaced

    return replaced(event, case=case) if is_dataclass(event) else replace(event, case=case)
