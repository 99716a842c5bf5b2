"""How big is it: parameters, and multiply-adds by several rules side by side?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.records import Direction, Mode, Timing, Tokens

from .selection import Selection, entrants, mixer_groups, token_groups

if TYPE_CHECKING:
    from attn_impls import Registry
    from bench.complexity.counter import Counter
    from bench.prepared import Counted
    from results.records import Case, Complexity

NAME = "complexity"
#: Counting gains nothing from more, and threads that wait for each other stall where other programs run.
THREADS = 1


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return a case an implementation and backbone: batch 1, float32, one thread; counts depend on none of these."""
    return [
        replace(entrant, suite=NAME, threads=THREADS)
        for group in (
            *(entrants(selection, registry, host) for host in selection.hosts),
            *token_groups(selection, registry),
            *mixer_groups(selection, registry),
        )
        for entrant in group
    ]


def prepare(case: Case, registry: Registry) -> Counted:
    """Build the module and choose the counters."""
    from bench.prepared import Counted

    from .build import build_module

    return Counted(
        module=build_module(case, registry),
        inputs=case.input.draw(case.dtype, case.device),
        counters=token_counters(case.input) if isinstance(case.input, Tokens) else counters(),
    )


def count(case: Case, registry: Registry) -> Complexity:
    """Count what a case of any suite runs: one image of its batch, forward, in float32 on the CPU."""
    from bench.complexity.counter import count_all
    from bench.threads import cpu_threads

    prepared = prepare(size_of(case), registry)
    with cpu_threads(THREADS):
        return count_all(prepared.module, prepared.inputs, prepared.counters)


def size_of(case: Case) -> Case:
    """Return the case that is counted in place of a case of any suite; cases that differ in no size have the same."""
    return replace(
        case,
        suite=NAME,
        input=case.input.with_batch(1).laid_out(channels_last=False),
        dtype="float32",
        device="cpu",
        direction=Direction.FORWARD,
        mode=Mode.EAGER,
        timing=Timing.HOT,
        threads=THREADS,
    )


def counters() -> tuple[Counter, ...]:
    """Return the rules that are shown side by side."""
    from bench.complexity.fvcore_counter import FvcoreCounter
    from bench.complexity.ptflops_counter import PtflopsCounter
    from bench.complexity.torch_counter import TorchCounter
    from bench.complexity.torchstat import TorchstatCounter

    return (TorchstatCounter(), FvcoreCounter(), PtflopsCounter(), TorchCounter())


def token_counters(tokens: Tokens) -> tuple[Counter, ...]:
    """Return the rules for attention between tokens: what exact attention needs, and the products that ran.

    The others see layers alone, of which there are none, or a fused kernel as nothing.
    """
    from bench.complexity.model_counter import ModelCounter
    from bench.complexity.torch_counter import TorchCounter

    return (ModelCounter(tokens.model_flops(Direction.FORWARD)), TorchCounter())
