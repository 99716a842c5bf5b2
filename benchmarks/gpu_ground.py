"""Where a session measures. The pieces are written once against ``Ground``; here is the one that is a GPU.

There a plan is carried out by the command line, as a user would. Importing this does not import torch: a piece that
only starts commands need not wait for it.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Protocol

from gpu_sizes import ON_A_GPU

from attnbench.cli.run_command import run_command
from results.folder import HEADER
from suites.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gpu_sizes import Asked, Sizes

    from bench.clocks import Clock
    from results.records import Accelerator, Timing

#: The name of the ground that is no GPU.
SIMULATED_NAME = "SIMULATED: no figure here is of a GPU"
#: What is left of a full card: room for CUDA's contexts and a small case.
LEFT_BYTES = 4 * 2**30
#: Takes a GPU's memory, in one plain allocation, until its standard input is closed.
HOLD = """
import sys, torch
device, left = sys.argv[1], int(sys.argv[2])
free, _ = torch.cuda.mem_get_info(device)
held = torch.empty(max(free - left, 0), dtype=torch.uint8, device=device)
print("held", flush=True)
sys.stdin.read()
"""


class GroundError(Exception):
    """A session, or a piece of it, cannot do here what it is there for."""


class Ground(Protocol):
    """What a piece needs to know of where it runs."""

    @property
    def name(self) -> str:
        """For the head of what a piece writes: the device, or that it is simulated."""

    @property
    def device(self) -> str:
        """Where tensors are: ``cuda:0``, ``cpu``."""

    @property
    def sizes(self) -> Sizes:
        """How much of each thing is measured."""

    @property
    def memory_bytes(self) -> int:
        """All memory of the device."""

    def clock(self, timing: Timing) -> Clock:
        """Return the clock of a timing."""

    def measure(self, asked: Asked, folder: Path) -> None:
        """Carry out a plan in a folder, or what is missing there."""

    def full(self) -> AbstractContextManager[int]:
        """Leave only some of the device's memory free inside the ``with`` block; give the bytes that are left."""


@dataclass(frozen=True)
class Gpu:
    """A real one."""

    device: str
    sizes: Sizes = ON_A_GPU

    @property
    def name(self) -> str:
        """The device: to ask for more takes seconds."""
        return self.device

    def found(self) -> str:
        """Return the GPU's name, and which one it is.

        Raises:
            GroundError: there is none.

        """
        return f"{self._accelerator.name} ({self.device})"

    @property
    def memory_bytes(self) -> int:
        """All of its memory."""
        return self._accelerator.memory_bytes

    @cached_property
    def _accelerator(self) -> Accelerator:
        from bench.gpus import known_gpus
        from bench.subprocesses import SubprocessError

        try:
            found = known_gpus()
        except SubprocessError as error:
            msg = f"no GPU here that works: {error}"
            raise GroundError(msg) from error
        if found is None:
            msg = "no GPU here; --simulated runs the session without one"
            raise GroundError(msg)
        index = int(self.device.partition(":")[2] or 0)
        if index >= len(found.accelerators):
            msg = f"no GPU {self.device} here; there are {len(found.accelerators)}"
            raise GroundError(msg)
        return found.accelerators[index]

    def clock(self, timing: Timing) -> Clock:
        """Return the clock that cases of this timing have."""
        from bench.clocks import clock_for

        return clock_for(self.device, timing)

    def measure(self, asked: Asked, folder: Path) -> None:
        """Run ``attnbench run``, or ``attnbench run --resume``; what cannot be gone on with stays under another name.

        Raises:
            CalledProcessError: the command failed.

        """
        if (folder / HEADER).exists():
            if _attnbench("--resume", str(folder)).returncode == 0:
                return
            # As of another GPU or driver: a run has one.
            folder.rename(_unused(folder))
        given = replace(asked.request, devices=(self.device,))
        limits = ("--budget", str(asked.budget_s), "--time-limit", str(asked.time_limit_s))
        _attnbench(*options_of(given), *limits, "--out", str(folder)).check_returncode()

    @contextmanager
    def full(self) -> Iterator[int]:
        """Let another process hold the rest of the card.

        Raises:
            GroundError: it could not get it.

        """
        command = [sys.executable, "-P", "-c", HOLD, self.device, str(LEFT_BYTES)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            try:
                if holder.stdout is None or holder.stdout.readline() != "held\n":
                    msg = "the card could not be filled"
                    raise GroundError(msg)
                yield LEFT_BYTES
            finally:
                holder.kill()


def options_of(request: Request) -> list[str]:
    """Return what ``attnbench run`` is to be given to plan the same."""
    names = {parameter.name: parameter.opts[0] for parameter in run_command.params}
    options = list(request.suites)
    for each in fields(Request):
        given = getattr(request, each.name)
        if each.name != "suites" and given != each.default:
            values = given if isinstance(given, tuple) else (given,)
            options += [part for value in values for part in (names[each.name], str(value))]
    return options


def _attnbench(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-P", "-m", "attnbench", "run", *arguments], check=False)


def _unused(folder: Path) -> Path:
    """Return a name beside a folder's that nothing has."""
    names = (folder.with_name(f"{folder.name}-{number}") for number in count(1))
    return next(name for name in names if not name.exists())
