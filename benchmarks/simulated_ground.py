"""The simulated GPU as the ground of a session: its cases compute on the CPU, and their times are arithmetic.

Like the real ground, importing this does not import torch.
"""

from __future__ import annotations

import dataclasses
import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from gpu_ground import SIMULATED_NAME
from gpu_sizes import SIMULATED
from msgspec.structs import replace

from attnbench.limits import Limits
from results.folder import HEADER
from results.records import Case, Failed, Logits, Measured, Run, Sampled, Skipped, Timing
from results.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpu_sizes import Asked, Sizes

    from bench.clocks import Clock
    from bench.measure import Instruments
    from bench.prepared import Prepare, Prepared

#: Of cases that are timed. What is counted is counted on the CPU.
SIMULATED_DEVICE = "simulated:0"


@dataclass(frozen=True)
class Simulated:
    """The simulated one: computes on the CPU, and its times are arithmetic."""

    device: str = "cpu"
    sizes: Sizes = SIMULATED
    name: str = SIMULATED_NAME

    @property
    def memory_bytes(self) -> int:
        """All memory of the CPU."""
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

    def clock(self, timing: Timing) -> Clock:
        """Return the CUDA clock on the simulated device."""
        case = Case(suite="", implementation="", source="", input=Logits(shape=(1,), dim=0), timing=timing)
        return _instruments(()).clock_for(case)

    def measure(self, asked: Asked, folder: Path) -> None:
        """Do what ``attnbench run`` does, with simulated instruments in the worker process."""
        from attnbench.measuring import carry_out
        from attnbench.reports import write_documents

        with self._store(asked, folder) as store:
            measuring = _instruments(store.run.plan.plugins)
            for event in carry_out(store.run, noted=store.noted(), measuring=measuring):
                match event:
                    case Sampled():
                        store.note(event)
                    case Measured() | Skipped() | Failed():
                        store.append(event)
            store.finish()
            write_documents(folder, store.run)

    def _store(self, asked: Asked, folder: Path) -> RunStore:
        if (folder / HEADER).exists():
            return RunStore.resume(folder)
        return RunStore.create(folder, self.planned(asked))

    def planned(self, asked: Asked) -> Run:
        """Return a plan of the same cases as on a GPU, which say that their times are simulated."""
        from attnbench.measuring import TIMED, start

        timing = Timing(asked.request.timing or Timing.HOT)
        # The CPU times nothing cold or from a graph, and is not asked to: the plan says so afterwards. No graph holds a
        # backward pass alone.
        without_backward = ("forward", "both") if timing is Timing.GRAPH else ()
        directions = asked.request.directions or without_backward
        request = dataclasses.replace(asked.request, devices=("cpu",), timing=None, directions=directions)
        run = start(request, Limits(budget_s=asked.budget_s, time_limit_s=asked.time_limit_s))

        def simulated(case: Case) -> Case:
            return replace(case, device=SIMULATED_DEVICE, timing=timing) if case.suite in TIMED else case

        blocks = tuple(block.with_cases(simulated) for block in run.plan.blocks)
        return replace(run, run_id=f"SIMULATED-{run.run_id}", plan=replace(run.plan, blocks=blocks))

    @contextmanager
    def full(self) -> Iterator[int]:
        """Fill nothing: the CPU's memory is everybody's."""
        yield self.memory_bytes


def _instruments(plugins: tuple[str, ...]) -> Instruments:
    from simulated_gpu import simulated_instruments

    from suites.prepare import Preparer

    return simulated_instruments(OnTheHost(Preparer(plugins)))


@dataclass(frozen=True)
class OnTheHost:
    """Builds on the CPU what is planned for the simulated device."""

    prepare: Prepare

    def __call__(self, case: Case) -> Prepared:
        """Build the case's module and inputs."""
        _cap_memory()
        return self.prepare(replace(case, device="cpu"))


@cache
def _cap_memory() -> None:
    from bench.limits import cap_cpu_memory

    # As a worker of the CPU does: too large a batch must fail before the machine has no memory left.
    cap_cpu_memory({"cpu"})
