"""Cases on the threads of the machine that measures them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.cluster.crew import Finished, Told
from bench.cluster.leases import Lease
from bench.cluster.own_threads import OwnThreads, on_machine
from bench.events import Started

from .blocks import block, measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.cluster.crew import Happening
    from results.records import Block


class Echo:
    """A crew that says of each case that it has started, and is measured."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._happened: list[Happening] = []

    def start(self, lease: Lease, block: Block) -> None:
        self.blocks.append(block)
        events = [event for case in block.cases for event in (Started(case=case), measured(case))]
        self._happened += [Told(lease, events), Finished(lease)]

    def wait(self) -> Sequence[Happening]:
        return self._happened


def test_a_machine_measures_on_its_threads_and_tells_of_the_plan() -> None:
    """What the plan leaves open each machine has its own of; what comes back is of the plan's cases."""
    echo, lease, planned = Echo(), Lease(0, "", 1, "w"), block("h")
    crew = OwnThreads(echo, {"w": 3})
    crew.start(lease, planned)
    assert [case.threads for case in echo.blocks[0].cases] == [3, 3]
    told, finished = crew.wait()
    assert isinstance(told, Told)
    assert [event.case for event in told.events] == [case for case in planned.cases for _ in range(2)]
    assert finished == Finished(lease)


def test_threads_that_were_chosen_stay() -> None:
    """And a GPU's case has none."""
    (case, _) = block("h").cases
    assert on_machine(case, 3).threads == 3
    assert on_machine(replace(case, threads=2), 3).threads == 2
    assert on_machine(replace(case, device="cuda:0"), 3).threads is None
