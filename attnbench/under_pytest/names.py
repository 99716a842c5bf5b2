"""Case -> its test's name, and the name of the table that its benchmark stands in.

Neither depends on the machine, or on where anything is installed: benchmarks are compared by them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from results.records import Case, FeatureMap, Images, Input, Logits, Mode

if TYPE_CHECKING:
    from collections.abc import Iterator


def case_name(case: Case) -> str:
    """Return the name of a case's test: ``latency[module-se-4x64x32x32-float32-cpu-forward]``."""
    compiled = [] if case.mode is Mode.EAGER else [case.mode]
    slot = [] if case.slot is None else [case.slot]
    return f"{case.suite}[{'-'.join((_place(case), case.implementation, *slot, *_shared(case), *compiled))}]"


def group_name(case: Case) -> str:
    """Return what the cases of its block have in common: ``latency: module 4x64x32x32 float32 cpu forward``."""
    return f"{case.suite}: {' '.join((_place(case), *_shared(case)))}"


def _place(case: Case) -> str:
    return case.host or str(case.subject)


def _shared(case: Case) -> Iterator[str]:
    yield from _input_words(case.input)
    yield from (case.dtype, case.device, case.direction)


def _input_words(works_on: Input) -> Iterator[str]:
    shape = "x".join(map(str, works_on.shape))
    match works_on:
        case Images(num_classes=num_classes):
            yield from (shape, f"{num_classes}classes")
        case FeatureMap():
            yield shape
        case Logits(dim=dim):
            # As the option --logits has it.
            yield shape if dim == len(works_on.shape) - 1 else f"{shape}@{dim}"
        case _:
            assert_never(works_on)
    if works_on.channels_last:
        yield "channels_last"
