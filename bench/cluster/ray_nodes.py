"""Ray, as far as it is needed: a connection to a cluster, and the machines that it has for us."""

from __future__ import annotations

import importlib
import os
import re
import signal
import socket
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from results.text import message

from ..errors import UsageError
from ..processor import usable_cores
from ..termination import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

#: The resource of our own: a machine that has one measures, and never two blocks at a time.
SLOT = "bench_slot"
#: How a machine is started that has it.
START = f"ray start --address=HEAD:6379 --resources '{{\"{SLOT}\": 1}}'"
#: A label, or the beginning of a resource's name: what the user calls machines of this kind.
KIND = "kind"
#: Resources that every machine has: they tell nothing of its kind.
COMMON = frozenset({"CPU", "GPU", "memory", "object_store_memory", SLOT})
#: Where a job finds the cluster that it was submitted to.
ADDRESS_VARIABLE = "RAY_ADDRESS"
#: Before the address of a server for clients that are not of the cluster.
CLIENT = "ray://"
#: Seconds in which somebody answers at an address.
REACH_S = 10.0
#: What a folder's name has not.
NO_LETTER = re.compile(r"[^A-Za-z0-9]+")
#: What passes through Ray is small: outcomes of blocks.
STORE_BYTES = 128 << 20


class Node(NamedTuple):
    """A machine of the cluster."""

    id: str
    name: str
    """Of its host, and as much of its id as tells it from others there."""
    cpus: int
    """As Ray counts them; 0: it gives none away."""
    gpus: int
    words: tuple[str, ...]
    """By what a user may name it, beside its processor: resources, labels' values."""
    kind: str
    """As whoever started it calls its kind; empty: it was not said."""

    def is_named(self, pattern: str) -> bool:
        """Return whether what Ray knows of the machine has this in it, in small letters or large."""
        return any(pattern.casefold() in word.casefold() for word in (self.kind, *self.words))


def load_ray() -> Any:
    """Import Ray.

    Raises:
        UsageError: it is not installed.

    """
    if find_spec("ray") is None:
        msg = "--on ray needs ray, which is not installed; pip install 'attnbench[ray]'"
        raise UsageError(msg)
    # Nothing is reported to anybody unless the user says so.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    return importlib.import_module("ray")


@contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """Connect to a cluster, and give Ray.

    Args:
        address: ``auto``, ``HOST:PORT``, ``ray://HOST:PORT``; None: the one that this process is a job of, or is
            connected to already; else this machine becomes one for the time being.

    Raises:
        UsageError: Ray is not installed, or there is no such cluster.

    """
    ray = load_ray()
    if address is None and ray.is_initialized():
        yield ray
        return
    # Ray takes SIGTERM for itself.
    handlers = {which: signal.getsignal(which) for which in WORDS}
    try:
        _connect(ray, address)
    finally:
        _put_back(handlers)
    try:
        yield ray
    finally:
        ray.shutdown()


def _refuse_unreachable(address: str) -> None:
    """See that somebody listens at an address: Ray tries for minutes (UsageError: nobody does)."""
    host, colon, port = address.removeprefix(CLIENT).rpartition(":")
    if not colon or not port.isdecimal():
        return
    try:
        with socket.create_connection((host, int(port)), timeout=REACH_S):
            return
    except (OSError, OverflowError) as error:
        words = getattr(error, "strerror", None) or str(error)
        msg = f"no Ray cluster at {address}: {words}; start one: ray start --head"
        raise UsageError(msg) from error


def _connect(ray: Any, address: str | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    if address is None and ADDRESS_VARIABLE in os.environ:
        address = "auto"
    if address is not None:
        _refuse_unreachable(address)
    try:
        if address is None:
            ray.init(
                address="local",
                num_cpus=usable_cores(),
                resources={SLOT: 1},
                include_dashboard=False,
                object_store_memory=STORE_BYTES,
                **quiet,
            )
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        ray.shutdown()
        msg = f"no Ray cluster at {address or 'this machine'}: {message(str(error), 120)}; start one: ray start --head"
        raise UsageError(msg) from error


def _put_back(handlers: Mapping[signal.Signals, Any]) -> None:
    try:
        for which, handler in handlers.items():
            if handler is not None:
                signal.signal(which, handler)
    except ValueError:
        # Only the main thread arranges signals: Ray has not done so either.
        return


def slots(ray: Any) -> tuple[Node, ...]:
    """Return the machines that have a slot for us and are alive, in the order of their names."""
    found = [_node(facts) for facts in ray.nodes() if facts["Alive"] and facts["Resources"].get(SLOT, 0) >= 1]
    return tuple(sorted(found, key=lambda node: node.name))


def candidates(nodes: Iterable[Node], pattern: str) -> Callable[[Node], bool]:
    """Return which machines may be of a kind; which of them are, some can tell only themselves.

    Args:
        nodes: that are there.
        pattern: a part of the name of the kind. If Ray knows it of any, it decides; else it is a processor's name.

    """
    if any(node.is_named(pattern) for node in nodes):
        return lambda node: node.is_named(pattern)
    return lambda _: True


def _node(facts: Mapping[str, Any]) -> Node:
    resources: Mapping[str, float] = facts["Resources"]
    labels: Mapping[str, str] = facts.get("Labels", {})
    own = [name for name in resources if name not in COMMON and not name.startswith("node:")]
    named = [name.partition(":")[2] for name in own if name.startswith(f"{KIND}:")]
    return Node(
        id=facts["NodeID"],
        name=f"{NO_LETTER.sub('-', facts['NodeManagerHostname'])}-{facts['NodeID'][:6]}",
        cpus=int(resources.get("CPU", 0)),
        gpus=int(resources.get("GPU", 0)),
        words=(*own, *(value for name, value in sorted(labels.items()) if not name.startswith("ray.io/node"))),
        kind=labels.get(KIND, named[0] if named else ""),
    )
