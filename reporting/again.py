"""A case -> the command that measures it again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from results.records import PLAIN, Batches, Direction, FeatureMap, Images, Logits, Mode, Part, Timing, TrainingSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.records import Case

_DIRECTIONS = {Direction.FORWARD: "forward", Direction.BACKWARD: "backward", Direction.FORWARD_BACKWARD: "both"}
_PARTS = {Part.BOTH: "both", Part.COMPUTING: "computing", Part.LOADER: "loader"}
#: The suite that counts, and asks for no batch and no device.
SIZES = "complexity"
#: Suites that ask for directions and for dtypes.
_DIRECTED = frozenset({"latency", "memory", "overflow", "accuracy", "operators"})


def again(case: Case, plugins: Sequence[str] = ()) -> str:
    """Return the command that measures a case again, beside what it is divided by: ``attnbench run latency --impl se``.

    Args:
        case: of a run.
        plugins: of the run's plan.

    """
    words = ["attnbench", "run", case.suite, *_options(case)]
    for plugin in plugins:
        words += ["--plugin", plugin]
    return shlex.join(words)


def _options(case: Case) -> Iterator[str]:
    if case.implementation != PLAIN:
        yield from ("--impl", case.implementation)
    if case.slot is not None:
        yield from ("--slot", case.slot)
    yield from _input_options(case)
    yield from _execution_options(case)


def _input_options(case: Case) -> Iterator[str]:
    match case.input:
        case Images() as images:
            yield from ("--host", str(case.host), "--image-size", str(images.height))
            yield from ("--num-classes", str(images.num_classes))
        case FeatureMap():
            yield from ("--host", PLAIN)
        case Logits() as logits:
            # No batch, and only one suite lets shapes be chosen.
            if case.suite == "operators":
                yield from ("--logits", f"{'x'.join(map(str, logits.shape))}@{logits.dim}")
            return
        case Batches() as batches:
            yield from ("--host", str(case.host), "--dataset", batches.dataset, "--recipe", batches.recipe)
            yield from ("--phase", batches.phase.value, "--part", _PARTS[batches.part])
        case TrainingSet() as trained:
            yield from ("--host", str(case.host), "--dataset", trained.dataset, "--recipe", trained.recipe)
            yield from ("--epochs", str(trained.epochs), "--seeds", str(trained.seed + 1))
    if case.suite != SIZES:
        yield from ("--batch-size", str(case.input.batch))


def _execution_options(case: Case) -> Iterator[str]:
    if case.suite in _DIRECTED:
        yield from ("--direction", _DIRECTIONS[case.direction], "--dtype", case.dtype)
    if case.suite != SIZES:
        yield from ("--device", case.device)
    if case.threads is not None:
        yield from ("--threads", str(case.threads))
    if case.timing is not Timing.HOT:
        yield from ("--timing", case.timing.value)
    if case.mode is not Mode.EAGER:
        yield from ("--mode", case.mode.value)
    if case.input.channels_last:
        yield from ("--memory-format", "channels_last")
