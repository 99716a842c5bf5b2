"""Case -> the names of its benchmark and of its table under pytest-benchmark, which calls a table a group.

Benchmarks of two runs are compared by these names. So they do not depend on the machine, on the folder, or on the
source of an implementation: threads and digests are left out, unless nothing else tells two cases apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from .blocks import compared_in
from .inputs import Batches, FeatureMap, Images, Input, Logits, TrainingSet
from .kinds import Mode, Timing
from .sequences import Sequences
from .tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .cases import Case

#: Stands where a test has its file.
FILE = "attnbench"


def name(case: Case, *more: str) -> str:
    """Return the name of a case, as of a test with its parameters.

    Args:
        case: whose name is ``latency[module-se-4x64x32x32-float32-cpu-forward]``.
        more: what tells it from a case of the same name.

    """
    slot = [] if case.slot is None else [case.slot]
    mode = [] if case.mode is Mode.EAGER else [case.mode]
    part = [case.input.part.replace(" ", "_")] if isinstance(case.input, Batches) else []
    return f"{case.suite}[{'-'.join((_place(case), case.implementation, *slot, *_shared(case), *part, *mode, *more))}]"


def full_name(name: str) -> str:
    """Return a name as it stands among all tests: ``attnbench::latency[...]``."""
    return f"{FILE}::{name}"


def group(case: Case, *more: str) -> str:
    """Return what the cases of a block have in common: ``latency: module 4x64x32x32 float32 cpu forward``.

    Args:
        case: any of the block.
        more: what tells the block from another of the same name.

    """
    return f"{case.suite}: {' '.join((_place(case), *_shared(case), *more))}"


def names(cases: Iterable[Case]) -> dict[Case, str]:
    """Return a name for each case; options, threads and digest follow where cases differ in nothing else."""
    return _distinct(cases, name)


def groups(cases: Iterable[Case]) -> dict[Case, str]:
    """Return a group for each case, one a block; threads follow where blocks differ in nothing else."""
    blocks = {case: compared_in(case) for case in cases}
    found = _distinct(blocks.values(), group)
    return {case: found[block] for case, block in blocks.items()}


def _distinct(cases: Iterable[Case], named: Callable[..., str]) -> dict[Case, str]:
    same: dict[str, list[Case]] = {}
    for case in dict.fromkeys(cases):
        same.setdefault(named(case), []).append(case)
    return {case: named(case, *_differences(case, alike)) for alike in same.values() for case in alike}


def _differences(case: Case, alike: list[Case]) -> Iterator[str]:
    if any(other.options != case.options for other in alike):
        yield from (f"{option}={value}" for option, value in case.options)
    if any(other.threads != case.threads for other in alike) and case.threads is not None:
        yield f"{case.threads}threads"
    if any(other.source != case.source for other in alike):
        yield case.source


def _place(case: Case) -> str:
    return case.host or str(case.subject)


def _shared(case: Case) -> Iterator[str]:
    yield from _input_words(case.input)
    yield from (case.dtype, case.device, case.direction)
    if case.timing is not Timing.HOT:
        yield case.timing


def _input_words(works_on: Input) -> Iterator[str]:
    shape = "x".join(map(str, works_on.shape))
    match works_on:
        case Images(num_classes=num_classes):
            yield from (shape, f"{num_classes}classes")
        case FeatureMap():
            yield shape
        case Batches(dataset=dataset, digest=digest, recipe=recipe, phase=phase, num_classes=num_classes):
            yield from (shape, f"{num_classes}classes", dataset if digest else f"fake_{dataset}", recipe, phase)
        case TrainingSet(dataset=dataset, digest=digest, recipe=recipe, num_classes=num_classes):
            yield from (shape, f"{num_classes}classes", dataset if digest else f"fake_{dataset}", recipe)
            yield from (f"{works_on.epochs}x{works_on.steps}steps", f"seed{works_on.seed}")
            yield from (["amp"] if works_on.amp else [])
            yield from ([f"{works_on.processes}processes"] if works_on.processes > 1 else [])
        case Logits(dim=dim):
            # As the option --logits has it.
            yield shape if dim == len(works_on.shape) - 1 else f"{shape}@{dim}"
        case Tokens(kv_heads=kv_heads, keys=keys):
            yield shape
            yield from ([f"{kv_heads}kv_heads"] if kv_heads != works_on.heads else [])
            yield from ([f"{keys}keys"] if keys != works_on.queries else [])
            yield from (["causal"] if works_on.causal else [])
            yield from ([f"window{works_on.window}"] if works_on.window else [])
            yield from ([f"prefix{works_on.prefix}"] if works_on.prefix else [])
            yield from ([f"document{works_on.document}"] if works_on.document else [])
        case Sequences(height=height, width=width, heads=heads):
            yield from (shape, f"{height}x{width}tokens", f"{heads}heads")
            yield from (["causal"] if works_on.causal else [])
        case _:
            assert_never(works_on)
    if works_on.channels_last:
        yield "channels_last"
