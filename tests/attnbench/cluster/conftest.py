from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from local_cluster import LocalCluster, ray_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def cluster() -> Iterator[LocalCluster]:
    """Start a cluster of four nodes on this machine, two of a kind called small and two called large."""
    pytest.importorskip("ray")
    with ray_folder():
        started = LocalCluster()
        try:
            for kind, cpus in (("large", 2), ("large", 2), ("small", 1), ("small", 1)):
                started.add(kind, cpus=cpus)
            yield started
        finally:
            started.end()
