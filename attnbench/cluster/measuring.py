"""The blocks of a plan, handed out to the machines of a cluster; what comes back is kept, and then shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bench.cluster.driver import drive
from bench.cluster.own_threads import OwnThreads
from bench.cluster.scheduling import Scheduler
from bench.events import Disturbed, Starved
from results.records import When

from ..audit_before import Warned, warn_of
from ..display import display_for
from ..progress.forecast import TIMED, Forecast
from ..progress.steps import floor_words
from .going import GoingTogether
from .kinds import hardware
from .planning import without_threads
from .visiting import Settled

if TYPE_CHECKING:
    from bench.cluster.ray_crew import RayCrew
    from results.cluster_store import ClusterStore
    from results.records import Block, Plan

    from ..output import Output
    from .desk import Desk, Machine
    from .kept import Keeper

#: Seconds that machines have to say how noisy they are, after the blocks.
FLOOR_LIMIT_S = 120.0


class Parties(NamedTuple):
    """Who takes part in a run on a cluster."""

    crew: RayCrew
    desk: Desk
    output: Output


def measure_blocks(store: ClusterStore, keeper: Keeper, parties: Parties, plan: Plan) -> None:
    """Measure the blocks that have no outcomes yet.

    Args:
        store: knows which have some.
        keeper: keeps what comes of each machine.
        parties: who takes part; nobody has a block yet.
        plan: all of it.

    Raises:
        StoreError: the disk is full or fails.
        NobodyLeftError: all machines were lost.

    """
    crew, desk, output = parties
    noisy = _Noise(keeper, output)
    desk.begin(joined=keeper.joined, told=noisy.told)
    forecast = Forecast(plan)

    def cost(block: Block) -> float:
        return sum(forecast.of_case(case).seconds for case in block.cases)

    kinds, are_own = store.cluster.kinds, all(case.threads is None for case in plan.cases if case.device == "cpu")
    known = {
        kind: [without_threads(case) if are_own else case for case in cases]
        for kind, cases in store.out_of_memory.items()
    }
    scheduler = Scheduler(plan.blocks, cost, kinds=kinds, done=store.completed, out_of_memory=known)
    done = [case for place, _ in store.completed for case in plan.blocks[place].cases]
    going = GoingTogether(plan, len(kinds or ("",)), done, lambda: len(scheduler.workers))
    said: set[str] = set()
    with display_for(keeper.header, output, going) as display:
        for heard in drive(scheduler, OwnThreads(crew, desk.threads), keeper.keep):
            if isinstance(heard.event, Disturbed):
                keeper.of(heard.lease.worker).add_finding(heard.event.line)
                if heard.event.line not in said:
                    said.add(heard.event.line)
                    warn_of([Warned.parsed(heard.event.line)], notes=output.progress)
            elif isinstance(heard.event, Starved):
                keeper.of(heard.lease.worker).add_disturbance(heard.event.line)
            display.show(heard.event)
    if any(case.suite in TIMED for case in plan.cases):
        noisy.ask_again(parties)


class _Noise:
    """Keeps and says how noisy machines are.

    Args:
        keeper: keeps it.
        output: what is printed.

    """

    def __init__(self, keeper: Keeper, output: Output) -> None:
        self._keeper = keeper
        self._output = output

    def told(self, machine: Machine, found: Settled) -> None:
        """Take what a machine has found."""
        self._keeper.settled(machine, found)
        if self._output.progress:
            floors = f"; noise floor {floor_words(found.floors)}" if found.floors else ""
            self._output.say(f"{machine.name} takes part: {hardware(machine.environment)}{floors}")

    def told_again(self, machine: Machine, found: Settled) -> None:
        """Take what it has found when all was measured."""
        self._keeper.settled(machine, found)
        if found.floors and self._output.progress:
            self._output.say(f"noise floor  {floor_words(found.floors)} on {machine.name}, after its blocks")

    def ask_again(self, parties: Parties) -> None:
        """Ask the machines that are there how noisy they are, now that all is measured."""
        machines = parties.desk.machines
        calls = {worker: parties.desk.settling(machine, When.AFTER) for worker, machine in machines.items()}
        for worker, answered in parties.crew.ask_all(calls, FLOOR_LIMIT_S).items():
            if isinstance(answered.value, Settled):
                self.told_again(machines[worker], answered.value)
