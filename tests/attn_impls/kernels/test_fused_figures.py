"""The commands that time the fused kernels run to their end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
#: Command -> its options for something small, and how many demands it judges.
COMMANDS = {
    "fused_cpu.py": (("--threads", "1", "--shapes", "256x2x256", "--against", "softmax"), 2),
    # Without what torch.compile makes: compiling a candidate takes half a minute.
    "fused_cuda.py": (
        (
            *("--device", "cpu", "--bytes", "20000", "--lengths", "100", "--dtypes", "float32"),
            *("--against", "softmax", "fused softmax"),
        ),
        6,
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_figure_is_printed_and_judged(name: str) -> None:
    """Each demand gets a line that says whether it holds; on a busy machine it need not."""
    options, demands = COMMANDS[name]
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / name), "--rounds", "1", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
        # As a user runs them: what they share lies beside them.
        env={name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"},
    )
    assert done.returncode == 0, done.stderr
    assert sum(line.startswith(("holds", "FALLS SHORT")) for line in done.stdout.splitlines()) == demands
