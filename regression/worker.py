"""The process in which a check measures, seen from its parent: what it says, and how it ended if it did not finish."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from bench.executors.process import describe_status
from bench.forked import die_with
from bench.limits import environment_changes
from bench.subprocesses import Subprocess
from results.records import FailureKind

from .callgrind import Launch, launch
from .session import carry_out

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from .order import Event, Order

#: How long the parent sleeps at most before it looks whether the process still lives.
LOOK_S = 0.2
#: Lines of what the process wrote last that its death quotes.
LAST_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """The process ended before its work was done."""

    kind: FailureKind
    how: str


@dataclass(frozen=True, slots=True)
class _Raised:
    error: Exception


class _Finished:
    """All that was ordered is done."""


def in_worker(order: Order, *, devices: Collection[str], step_limit_s: float) -> Iterator[Event | Died]:
    """Carry out an order in a process of its own; yields what happens, and how the process died if it did.

    Args:
        order: what to check.
        devices: of all cases: no others are shown to the process.
        step_limit_s: seconds without an event after which it is killed.

    Raises:
        Exception: what ``session.carry_out`` raises.

    """
    with launch(order.calls) as way:
        yield from _launched(order, devices, step_limit_s * way.slower, way)


def _launched(order: Order, devices: Collection[str], step_limit_s: float, way: Launch) -> Iterator[Event | Died]:
    ours, theirs = socket.socketpair()
    process = Subprocess(
        work,
        theirs.fileno(),
        os.getpid(),
        order,
        tuple(devices),
        descriptors=(theirs.fileno(),),
        variables={**environment_changes(devices), **way.variables},
        prints=True,
        under=way.under,
    )
    with closing(process), ours:
        theirs.close()
        connection: Connection[None, Event | _Raised | _Finished] = Connection(ours.detach())
        last = time.monotonic()
        while True:
            try:
                if not connection.poll(LOOK_S):
                    if time.monotonic() - last > step_limit_s:
                        process.kill()
                        how = f"did not finish a step in {step_limit_s:g} s, and was killed"
                        yield Died(kind=FailureKind.HANG, how=how)
                        return
                    continue
                message = connection.recv()
            except (EOFError, OSError):
                break
            last = time.monotonic()
            match message:
                case _Finished():
                    return
                case _Raised(error=error):
                    raise error
                case _:
                    yield message
        yield _death(process)


def _death(process: Subprocess) -> Died:
    try:
        status = process.wait(LOOK_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return Died(kind=FailureKind.EXIT, how="closed its connection, and was killed")
    kind, how = describe_status(status, out_of_memory=None)
    last = " ".join(process.last_lines(LAST_LINES).split())
    return Died(kind=kind, how=f"{how}; its last words: {last}" if last else how)


def work(pipe: int, parent: int, order: Order, devices: Collection[str]) -> None:
    """Carry out an order, and tell the parent what happens (in the worker process).

    Args:
        pipe: descriptor of the connection.
        parent: process id; when that process dies, this one does.
        order: what to check.
        devices: of all cases.

    """
    from bench.heap import settle_heap
    from bench.limits import cap_cpu_memory

    die_with(parent)
    os.set_inheritable(pipe, False)  # noqa: FBT003 - positional in the standard library
    connection: Connection[object, None] = Connection(pipe)
    cap_cpu_memory(devices)
    settle_heap()
    try:
        for event in carry_out(order):
            connection.send(event)
    except Exception as error:  # noqa: BLE001 - the parent raises it
        connection.send(_Raised(error))
    else:
        connection.send(_Finished())
