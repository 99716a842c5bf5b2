"""What a user asks for, in the user's words, and the cases that come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import UsageError
from results.records import Timing

from . import choices
from .catalog import SUITES
from .selection import Selection

if TYPE_CHECKING:
    from results.records import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Names and numbers as given; empty means the default."""

    suites: tuple[str, ...] = ()
    impls: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    batch_sizes: tuple[int, ...] = ()
    dtypes: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    image_size: int = 32
    num_classes: int = 100
    threads: int | None = None
    timing: str | None = None
    plugins: tuple[str, ...] = ()


def plan(request: Request) -> tuple[tuple[str, ...], tuple[Case, ...], int]:
    """Return the names of the suites, their cases, and the CPU threads that will be used.

    Raises:
        UsageError: something asked for does not exist, or no case is left.

    """
    known = choices.registry(request.plugins)
    names = choices.suites(request.suites)
    # Everything that can be refused without torch has been refused before it is imported.
    implementations = choices.implementations(request.impls, known)
    hosts = choices.hosts(request.hosts, known)
    dtypes = choices.dtypes(request.dtypes)
    timing = Timing(request.timing or Timing.HOT)
    directions = choices.directions(request.directions, timing)
    devices = choices.devices(request.devices)
    batch_sizes = choices.batch_sizes(request.batch_sizes, devices)
    import torch

    threads = request.threads or torch.get_num_threads()
    selection = Selection(
        implementations=implementations,
        hosts=hosts,
        dtypes=dtypes,
        directions=directions,
        batch_sizes=batch_sizes,
        devices=devices,
        image_size=request.image_size,
        num_classes=request.num_classes,
        threads=threads,
        timing=timing,
    )
    cases = tuple(case for name in names for case in SUITES[name].cases(selection, known))
    if not cases:
        msg = (
            f"nothing to measure: {', '.join(names)} has no case for this choice; functions on logits and the backward "
            "pass alone are measured by: attnbench run latency"
        )
        raise UsageError(msg)
    return names, cases, threads
