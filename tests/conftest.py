from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

#: The same examples every time: whether a change is good must not depend on luck. To search on, with other examples:
#: --hypothesis-profile=default
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """Give what is compiled a cache of its own: PyTorch's may hold code that calls operators as they once were."""
    cache = tempfile.TemporaryDirectory(prefix="attnbench-tests-")
    config.add_cleanup(cache.cleanup)
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache.name


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is marked ``gpu`` where there is no CUDA device; pytest's last line says how many."""
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if not on_gpu:
        return
    import torch

    if torch.cuda.is_available():
        return
    items[:] = [item for item in items if item not in on_gpu]
    config.hook.pytest_deselected(items=on_gpu)
