"""The pieces of a session on a GPU: what each runs, in a process of its own. What teaches most comes first.

``python benchmarks/gpu_pieces.py PIECE FOLDER --device cuda:0`` runs one piece; gpu_session.py runs all of them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_faults import FULL, GROWING, of_beyond, of_planted
from gpu_findings import (
    CLOCK,
    OUTPUT,
    RUN,
    TESTS,
    Findings,
    of_agreement,
    of_clock,
    of_fused,
    of_tests,
)
from gpu_ground import Gpu
from gpu_runs import of_networks, of_operators
from gpu_sizes import HERE, Asked
from simulated_ground import Simulated

from results.records import Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gpu_ground import Ground

    from suites.request import Request

ROOT = HERE.parent
#: pytest's: all passed, some failed, none were left to run.
TESTS_RAN = frozenset({0, 1, 5})
#: Of an attention alone on 64 x 64 positions: one image.
IMAGE_BYTES = 64 * 64 * 64 * 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a session that is killed, repeated and reported by itself."""

    name: str
    asks: str
    """The question that it answers."""
    limit_s: float
    run: Callable[[Ground, Path], None]
    find: Callable[[Path], Findings]
    """What it left in its folder."""


def run_tests(ground: Ground, folder: Path) -> None:
    """Run the tests that need a GPU, without the kernels' checks."""
    _pytest(ground, folder, ground.sizes.tests, {})


def run_checks(ground: Ground, folder: Path) -> None:
    """Run the checks of the kernels, one by one."""
    _pytest(ground, folder, ground.sizes.checks, ground.sizes.checks_environment)


def _pytest(ground: Ground, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run what has no outcome yet.

    Raises:
        CalledProcessError: pytest could not run tests.

    """
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "recorded_tests"]
    # Warnings of versions that are new to us fail no test here; the log has them.
    command += [
        "--records",
        str(folder / TESTS),
        "--ground",
        ground.name,
        "-W",
        "default",
        "--continue-on-collection-errors",
        *arguments,
    ]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False)
    if done.returncode not in TESTS_RAN:
        done.check_returncode()


def time_clocks(ground: Ground, folder: Path) -> None:
    """Note each clock's step, and what it shows for an empty call."""
    clocks = []
    for timing in Timing:
        clock = ground.clock(timing)
        facts = {"resolution_s": clock.resolution_s, "overhead_s": clock.overhead_s}
        clocks.append({"timing": timing.value, "clock": clock.name, **facts})
        text = json.dumps({"ground": ground.name, "clocks": clocks}, indent=1)
        (folder / CLOCK).write_text(text + "\n", encoding="utf-8")


def measure_operators(ground: Ground, folder: Path, *, timing: Timing) -> None:
    """Time logit functions."""
    sizes = ground.sizes
    # A case takes 2 s for its energy: there is not the time for all shapes.
    logits = sizes.operators.logits if timing is Timing.HOT else sizes.operators.logits[-2:]
    asked = replace(sizes.operators, timing=timing.value, logits=logits)
    _measure(ground, folder / RUN, asked, budget_s=sizes.operators_budget_s)


def measure_networks(ground: Ground, folder: Path) -> None:
    """Time networks with attentions, and count their bytes."""
    _measure(ground, folder / RUN, ground.sizes.networks, budget_s=ground.sizes.networks_budget_s)


def measure_beyond(ground: Ground, folder: Path) -> None:
    """Let batches grow until nothing holds them, on a free card and on a full one."""
    sizes = ground.sizes
    batches = _images(*(share * ground.memory_bytes for share in sizes.shares))
    _measure(ground, folder / GROWING, replace(sizes.beyond, batch_sizes=batches), budget_s=sizes.operators_budget_s)
    with ground.full() as left_bytes:
        batches = _images(0, 1.2 * left_bytes)
        _measure(ground, folder / FULL, replace(sizes.beyond, batch_sizes=batches), budget_s=sizes.operators_budget_s)


def _images(*sizes: float) -> tuple[int, ...]:
    """Return how many images have at least these sizes in bytes."""
    return tuple(max(1, math.ceil(size / IMAGE_BYTES)) for size in sizes)


def measure_planted(ground: Ground, folder: Path) -> None:
    """Measure implementations that fail beside good ones."""
    sizes = ground.sizes
    asked = Asked(request=sizes.planted, budget_s=sizes.operators_budget_s, time_limit_s=sizes.planted_time_limit_s)
    ground.measure(asked, folder / RUN)


def _measure(ground: Ground, folder: Path, request: Request, *, budget_s: float) -> None:
    ground.measure(Asked(request=request, budget_s=budget_s, time_limit_s=ground.sizes.time_limit_s), folder)


def run_command(ground: Ground, folder: Path, *, script: str) -> None:
    """Run another command of this folder, and keep what it prints.

    Raises:
        CalledProcessError: it failed.

    """
    sizes = ground.sizes
    options, environment = {
        "fused_cuda.py": (sizes.fused, sizes.fused_environment),
        "agreement.py": (sizes.agreement, {}),
    }[script]
    with (folder / OUTPUT).open("w", encoding="utf-8") as output:
        output.write(f"{ground.name}: {script} {' '.join(options)}\n")
        output.flush()
        command = [sys.executable, str(HERE / script), "--device", ground.device, *options]
        subprocess.run(command, stdout=output, env={**os.environ, **environment}, check=True)


def _operators(timing: Timing, limit_s: float) -> Piece:
    return Piece(
        name=f"operators-{timing}",
        asks=f"How fast are logit functions, {timing}?",
        limit_s=limit_s,
        run=partial(measure_operators, timing=timing),
        find=of_operators,
    )


#: In this order: what can wreck the device comes last.
PIECES = (
    Piece(name="tests", asks="Do the tests that need a GPU pass?", limit_s=420, run=run_tests, find=of_tests),
    Piece(name="clock", asks="What do the clocks show for nothing?", limit_s=120, run=time_clocks, find=of_clock),
    Piece(name="kernels", asks="Do the kernels compute what they must?", limit_s=420, run=run_checks, find=of_tests),
    _operators(Timing.HOT, 420),
    Piece(
        name="networks",
        asks="How fast are networks with SE and PSK, and are counted bytes the allocator's?",
        limit_s=240,
        run=measure_networks,
        find=of_networks,
    ),
    _operators(Timing.GRAPH, 240),
    _operators(Timing.COLD, 240),
    Piece(
        name="fused",
        asks="Do the fused kernels reach a copy's bandwidth, and torch's softmax?",
        limit_s=300,
        run=partial(run_command, script="fused_cuda.py"),
        find=of_fused,
    ),
    Piece(
        name="agreement",
        asks="Does another timer agree?",
        limit_s=120,
        run=partial(run_command, script="agreement.py"),
        find=of_agreement,
    ),
    Piece(name="beyond", asks="Is what does not fit recorded?", limit_s=180, run=measure_beyond, find=of_beyond),
    Piece(name="planted", asks="Does a sweep survive failures?", limit_s=300, run=measure_planted, find=of_planted),
)


def ground_for(device: str, *, simulated: bool) -> Ground:
    """Return where a session measures."""
    return Simulated() if simulated else Gpu(device)


def main() -> None:
    """Run one piece."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("piece", choices=[piece.name for piece in PIECES])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--simulated", action="store_true")
    options = parser.parse_args()
    piece = next(piece for piece in PIECES if piece.name == options.piece)
    piece.run(ground_for(options.device, simulated=options.simulated), options.folder)


if __name__ == "__main__":
    main()
