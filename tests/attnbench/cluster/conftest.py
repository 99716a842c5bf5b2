from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from local_cluster import LocalCluster, ray_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def start_cluster() -> Iterator[Callable[..., LocalCluster]]:
    """Start clusters on this machine, with a node for each name of a kind; they end with the module."""
    pytest.importorskip("ray")
    clusters: list[LocalCluster] = []

    def start(*kinds: str) -> LocalCluster:
        clusters.append(LocalCluster())
        for kind in kinds:
            clusters[-1].add(kind)
        return clusters[-1]

    with ray_folder():
        yield start
        for cluster in clusters:
            cluster.end()
