"""Whether seconds of an epoch from some of its steps hold those of a whole one, and the share that waits for data.

Run it with ``python benchmarks/epoch_seconds.py``. Each repetition samples steps as ``attnbench run epoch`` does, half
of them before and half of them after a whole epoch in a plain loop: a machine that changes its pace meanwhile is then
seen in the samples. The loop has the smaller batch at the epoch's end, and times the loading of every batch. The
network is FeLU's on Fashion-MNIST, resized to 8 x 8 by default: loading then takes a large part of a step.
The exit status is 1 if a share differs by more than 5 points, or more whole epochs than one in ten lie outside.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from msgspec.structs import replace

from bench.heap import settle_heap
from bench.instruments import instruments
from bench.measure import Settings, measure_block
from bench.stopping import PrecisionOrBudget
from results.blocks import blocks_of
from results.epochs import epoch, waiting
from results.index import Index
from results.records import PLAIN, Batches, Latency, Measured, Part, Phase, Plan
from suites import epoch as epochs
from suites.build import build_module
from suites.prepare import Preparer
from suites.registries import registry_with
from suites.selection import Selection
from suites.steps import pipeline_of
from training.building import initialize, loss_of, optimizer_of
from training.recipes import recipe

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

    from results.epochs import Epoch
    from results.records import Block, Case
    from results.stats import Ratio
    from training.recipes import Recipe

#: Points by which two shares may differ.
POINTS = 0.05
#: So many of ten intervals of 95% may miss.
MISSES = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """An epoch that was run whole."""

    seconds: float
    loading_s: float


def main() -> int:
    """Print a line a repetition."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=10)
    parser.add_argument("--image-size", type=int, default=8)
    parser.add_argument("--phase", choices=[str(phase) for phase in Phase], default=str(Phase.TRAINING))
    parser.add_argument("--recipe", default="psk")
    parser.add_argument("--budget", type=float, default=5.0, help="seconds of sampling a case")
    chosen = parser.parse_args()
    # As in a worker.
    settle_heap()
    block = _block(chosen)
    missed = apart = 0
    for number in range(chosen.repetitions):
        before = _sampled(block, chosen.budget / 2, seed=2 * number)
        whole = _whole(block.cases[0])
        after = _sampled(block, chosen.budget / 2, seed=2 * number + 1)
        found, share = _epoch(block, {case: _joined(before[case], after[case]) for case in block.cases})
        low_s, high_s = found.low_s or 0.0, found.high_s or float("inf")
        inside = low_s <= whole.seconds <= high_s
        loading = whole.loading_s / whole.seconds
        missed += not inside
        apart += abs(share.value - loading) > POINTS
        print(
            f"{found.timed} of {found.steps:.1f} steps: {found.seconds:.2f} s [{low_s:.2f}, {high_s:.2f}], "
            f"whole {whole.seconds:.2f} s{'' if inside else ' OUTSIDE'}; waiting {share.value:.1%} "
            f"[{share.low:.1%}, {share.high:.1%}], in the whole epoch {loading:.1%}",
            flush=True,
        )
    print(f"{chosen.repetitions - missed} of {chosen.repetitions} whole epochs inside; {apart} shares apart")
    return int(missed > MISSES * chosen.repetitions or apart > 0)


def _block(chosen: argparse.Namespace) -> Block:
    selection = Selection(
        implementations=(),
        hosts=("felu_net",),
        batch_sizes=(),
        image_size=chosen.image_size,
        recipe=chosen.recipe,
        phases=(Phase(chosen.phase),),
        threads=torch.get_num_threads(),
    )
    (block,) = blocks_of(epochs.cases(selection, registry_with(())))
    return block


def _sampled(block: Block, budget_s: float, seed: int) -> dict[Case, Latency]:
    """Return samples of the parts of a step."""
    settings = Settings(stop=PrecisionOrBudget(precision=0.001, budget_s=budget_s), budget_s=budget_s, seed=seed)
    events = measure_block(block, instruments(Preparer()), settings)
    measured = [event for event in events if isinstance(event, Measured)]
    return {event.case: event.result for event in measured if isinstance(event.result, Latency)}


def _joined(before: Latency, after: Latency) -> Latency:
    """Return the samples of two sessions as those of one."""
    first, second = before.samples, after.samples
    # A sample counts as much as another, whichever session chose how many steps it has.
    later = max(first.rounds) + 1
    return Latency(
        samples=replace(
            first,
            seconds=(*first.seconds, *second.seconds),
            rounds=(*first.rounds, *(later + number for number in second.rounds)),
        )
    )


def _epoch(block: Block, timed: dict[Case, Latency]) -> tuple[Epoch, Ratio]:
    """Return the seconds of an epoch from some of its steps, and the share that waits for data."""
    plan = Plan(suites=(epochs.NAME,), blocks=(block,), budget_s=1.0, precision=0.001, seed=0, time_limit_s=300.0)
    index = Index(plan=plan, outcomes=[Measured(case=case, result=latency) for case, latency in timed.items()])
    both = block.cases[0]
    share = waiting(index, both)
    if share is None or not isinstance(both.input, Batches):
        sys.exit("too few rounds; give a larger --budget")
    return epoch(both.input, timed[both].samples), share


def _whole(case: Case) -> Whole:
    """Run an epoch in a plain loop."""
    batches = case.input
    if not isinstance(batches, Batches) or (batches.part, case.implementation) != (Part.BOTH, PLAIN):
        sys.exit("the first case is not the whole step of the plain network")
    pipeline, chosen = pipeline_of(batches, None), recipe(batches.recipe, batches.dataset)
    network = build_module(case, registry_with(()))
    initialize(network, chosen)
    training = batches.phase is Phase.TRAINING
    network.train(training)
    optimizer = optimizer_of(network, chosen)
    # The first steps allocate.
    for step in range(3):
        _step(network, optimizer, pipeline.batch(0, step), chosen, training=training)
    loading_s = 0.0
    started = time.perf_counter()
    for step in range(pipeline.steps):
        before = time.perf_counter()
        batch = pipeline.batch(1, step)
        loading_s += time.perf_counter() - before
        _step(network, optimizer, batch, chosen, training=training)
    return Whole(seconds=time.perf_counter() - started, loading_s=loading_s)


def _step(
    network: nn.Module, optimizer: Optimizer, batch: tuple[Tensor, Tensor], chosen: Recipe, *, training: bool
) -> Tensor:
    images, labels = batch
    if not training:
        with torch.inference_mode():
            right: Tensor = (network(images).argmax(1) == labels).sum()
            return right
    optimizer.zero_grad()
    loss = loss_of(network, network(images), labels, chosen)
    torch.autograd.backward(loss)
    optimizer.step()
    return loss.detach()


if __name__ == "__main__":
    sys.exit(main())
