from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: A user's own tests.
MINE = """
import torch


class Mine(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(64, 1, 1))

    def forward(self, x):
        return x * self.scale


def test_mine(attention_benchmark):
    assert attention_benchmark(Mine(), batch=3, size=16).shape == (3, 64, 16, 16)


def test_sum():
    assert 1 + 1 == 2
"""


@pytest.fixture(scope="session")
def in_folder() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what runs pytest in a folder, in a process that knows nothing of this one."""

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        # In a process of pytest-xdist nothing is benchmarked.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env=environment | {"OMP_NUM_THREADS": "1", "COLUMNS": "200"},
        )

    return run
