"""Which machines of a cluster take part in a run, and what each is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from bench.cluster.desk import Admission, Call, Greeted
from bench.cluster.own_threads import on_machine
from bench.errors import UsageError
from reporting.describe import plural
from results.records import When
from suites.prepare import Preparer

from .. import measuring
from .kinds import Kind, Kinds, hardware, is_meant
from .visiting import Settled, introduce, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bench.cluster.supervisor import Answered
    from results.records import Environment, Run

    from ..output import Output
    from .luggage import Luggage


class Machine(NamedTuple):
    """A machine that takes part."""

    worker: str
    name: str
    """Of the machine, which may have had another worker before."""
    kind: Kind
    environment: Environment
    cores: tuple[int, ...]
    """That its processes run on."""


class Desk:
    """Takes in machines that are meant, and remembers what they are.

    Args:
        planned: the whole plan.
        luggage: its plug-ins.
        pattern: a part of the name of the kind of machine that is wanted; empty: any.
        kinds: names them.
        output: what is printed.

    """

    def __init__(self, planned: Run, luggage: Luggage, pattern: str, kinds: Kinds, output: Output) -> None:
        self._run = planned
        self._luggage = luggage
        self._pattern = pattern
        self._kinds = kinds
        self._output = output
        self._joined: Callable[[Machine], object] = _unheard
        self._told: Callable[[Machine, Settled], object] = _unheard
        # Of a plan of many cases, looked through once and not once a machine.
        cases = planned.plan.cases
        self._one_of_each = tuple({(case.implementation, case.host): case for case in cases}.values())
        self._timed = {
            (case.device, case.timing, case.subject): case for case in cases if case.suite in measuring.TIMED
        }
        self._threads = next((case.threads for case in cases if case.threads is not None), None)
        self._wanted: frozenset[str] | None = None
        self.machines: dict[str, Machine] = {}
        """Those that take part, or did, by the names of their workers."""
        self.threads: dict[str, int] = {}
        """Of each of them."""

    def greeting(self) -> Call:
        """Return what a machine is asked first."""
        return Call(introduce, (self._luggage, self._one_of_each))

    def seen(self, greeted: Iterable[Greeted]) -> tuple[Kind, ...]:
        """Return the kinds among machines that have been greeted, of those that are meant, by their names."""
        meant = (self._machine(each) for each in greeted)
        found = {machine.kind.name: machine.kind for machine in meant if machine is not None}
        return tuple(found[name] for name in sorted(found))

    def environments(self, greeted: Iterable[Greeted], kind: Kind) -> tuple[Environment, ...]:
        """Return the machines of a kind among those that have been greeted."""
        machines = (self._machine(each) for each in greeted)
        return tuple(found.environment for found in machines if found is not None and found.kind == kind)

    def begin(self, *, joined: Callable[[Machine], object], told: Callable[[Machine, Settled], object]) -> None:
        """Take in machines from now on.

        Args:
            joined: is told of each that takes part, before it measures anything.
            told: is told what it answered when it settled.

        """
        self._joined, self._told = joined, told

    def admit_only(self, kinds: Iterable[Kind]) -> None:
        """Take in machines of these kinds alone, also of those that come later."""
        self._wanted = frozenset(kind.name for kind in kinds)

    def admit(self, greeted: Greeted) -> Admission | None:
        """Return how a machine takes part; None: it is not of a kind that is wanted."""
        machine = self._machine(greeted)
        if machine is None or (self._wanted is not None and machine.kind.name not in self._wanted):
            self._output.say(f"{greeted.worker} is of another kind of machine, and is left out")
            return None
        self.machines[machine.worker] = machine
        self.threads[machine.worker] = machine.environment.threads
        self._joined(machine)
        return Admission(
            kind=machine.kind.name,
            devices=devices_of(machine.environment),
            setup=measuring.setup_of(self._run.plan, self._preparer(greeted), fresh=True),
            time_limit_s=self._run.plan.time_limit_s,
            settle=self.settling(machine, When.BEFORE),
        )

    def settling(self, machine: Machine, when: When) -> Call:
        """Return what asks a machine how noisy it is."""
        there, threads = devices_of(machine.environment), machine.environment.threads
        timed = tuple(on_machine(case, threads) for case in self._timed.values() if case.device in there)
        return Call(settle, (timed, when))

    def settled(self, worker: str, answered: Answered) -> None:
        """Take what a machine answered before its first block."""
        for line in answered.warnings:
            self._output.say(f"{worker}: {line}")
        if isinstance(answered.value, Settled):
            self._told(self.machines[worker], answered.value)

    def refused(self, worker: str, why: str) -> None:
        """Say that a machine cannot take part."""
        self._output.say(f"{worker} takes no part: {why}")

    def waiting(self, workers: tuple[str, ...]) -> None:
        """Say that machines have not answered yet."""
        there = ", ".join(workers)
        self._output.say(f"waiting for {there}; if others have its slot or its CPUs, see: ray status")

    def lost(self, worker: str, why: str) -> None:
        """Say that a machine is gone."""
        self._output.say(f"{worker} is lost: {why}; what it was measuring is measured again")

    def _machine(self, greeted: Greeted) -> Machine | None:
        answered: Answered = greeted.answer  # type: ignore[assignment] # what ``introduce`` returned
        environment: Environment = answered.value  # type: ignore[assignment]
        if self._pattern and not is_meant(self._pattern, greeted, environment):
            return None
        if self._threads is not None:
            environment = replace(environment, threads=self._threads)
        return Machine(
            greeted.worker, greeted.machine, self._kinds.of(greeted.kind, environment), environment, greeted.site.cores
        )

    def _preparer(self, greeted: Greeted) -> Preparer:
        folder, plan = greeted.site.folder, self._run.plan
        # Trainings have no checkpoints: the run's folder is the driver's.
        return Preparer(self._luggage.plugins_in(folder), plan.data, None, self._luggage.files_in(folder))


def _unheard(*_: object) -> None:
    """Tell nobody."""


def devices_of(environment: Environment) -> frozenset[str]:
    """Return the devices of a machine, as cases name them."""
    return device_names(len(environment.accelerators))


def device_names(gpus: int) -> frozenset[str]:
    """Return the devices of a machine with so many GPUs."""
    return frozenset(("cpu", *(f"cuda:{index}" for index in range(gpus))))


def chosen_kinds(kinds: Sequence[Kind], *, each_kind: bool, spread: bool, pattern: str) -> tuple[Kind, ...] | None:
    """Return the kinds that measure the whole plan each; None: each block is measured once.

    Raises:
        UsageError: there is none, or there are several and it was not said what to do with them.

    """
    if not kinds:
        what = f"no machine of the cluster is of kind {pattern!r}" if pattern else "no machine of the cluster answers"
        msg = f"{what}; see which there are: ray status"
        raise UsageError(msg)
    if each_kind:
        return tuple(kinds)
    if len(kinds) > 1 and not spread:
        there = "; ".join(f"{kind.name} ({hardware(kind.environment)})" for kind in kinds)
        msg = (
            f"the cluster has {plural(len(kinds), 'kind')} of machines: {there}; choose one with --on ray:NAME, "
            "measure all on each with --each-kind, or each block on any with --spread"
        )
        raise UsageError(msg)
    return None
