"""A Ray cluster of several nodes on this machine, which tests and figures start and end."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Bytes of the store of a node: what passes through it is small.
STORE_BYTES = 80 << 20


class LocalCluster:
    """A head that measures nothing, and nodes that do."""

    def __init__(self) -> None:
        """Start the head."""
        from ray.cluster_utils import Cluster

        # It ships no types.
        self._cluster: Any = Cluster()
        self._cluster.add_node(num_cpus=0, object_store_memory=STORE_BYTES, include_dashboard=False)
        self.nodes: list[Any] = []
        """Those that live, in the order in which they were started."""

    @property
    def address(self) -> str:
        """What ``--address`` takes."""
        return str(self._cluster.address)

    @property
    def raylets(self) -> frozenset[int]:
        """The ids of the processes that start the supervisors of the nodes."""
        return frozenset(node.all_processes["raylet"][0].process.pid for node in self.nodes)

    def add(self, kind: str, *, cpus: int = 1, cores: set[int] | None = None) -> None:
        """Start a node.

        Args:
            kind: its label.
            cpus: as Ray counts them.
            cores: that it may run on; None: those of this process.

        """
        before = os.sched_getaffinity(0)
        if cores is not None:
            os.sched_setaffinity(0, cores)
        try:
            node = self._cluster.add_node(
                num_cpus=cpus, resources={"bench_slot": 1}, labels={"kind": kind}, object_store_memory=STORE_BYTES
            )
        finally:
            os.sched_setaffinity(0, before)
        self.nodes.append(node)

    def cut_off(self, index: int) -> None:
        """End a node as if its machine had lost power."""
        self._cluster.remove_node(self.nodes.pop(index), allow_graceful=False)

    def end(self) -> None:
        """End all of it."""
        self._cluster.shutdown()


@contextmanager
def ray_folder() -> Iterator[None]:
    """Have Ray write into a folder that is gone afterwards, and report nothing to anybody."""
    # Its name is short: that of a socket below it has no room for a long path.
    folder = tempfile.mkdtemp(prefix="r", dir="/tmp")
    names = {"RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0"}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        _put_back(before)
        shutil.rmtree(folder, ignore_errors=True)


def _put_back(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
