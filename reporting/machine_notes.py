"""What a reader of times must know of the machine: how noisy it was, and how it computes float32."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.records import Subject, Timing

from .describe import TIMING_WORDS
from .units import format_percent, format_seconds

if TYPE_CHECKING:
    from results.records import Case, Environment, NoiseFloor, Run

#: How CUDA computes float32, by what the records call it.
PRECISION_WORDS = {"tf32": "in TF32", "ieee": "in full float32"}
#: Of convolutions and products, what nobody has to ask PyTorch for.
DEFAULTS = ("tf32", "ieee")


def machine_notes(run: Run, case: Case) -> tuple[str, ...]:
    """Return the notes under a table of times, each only where it applies.

    Args:
        run: what the table is of.
        case: any of the table's.

    """
    floor = run.index.noise_floor(case)
    return (*precision_notes(run.environment, case), *(() if floor is None else (_noise_words(floor),)))


def precision_notes(environment: Environment, case: Case) -> tuple[str, ...]:
    """Return how convolutions and products were computed, of cases of float32 on CUDA that have any."""
    found = (environment.float32_convolutions, environment.float32_products)
    on_cuda = case.device.partition(":")[0] == "cuda"
    if not on_cuda or case.dtype != "float32" or case.subject is Subject.OP or None in found:
        return ()
    convolutions, products = (PRECISION_WORDS.get(each or "", each) for each in found)
    default = ", as PyTorch's default" if found == DEFAULTS else ""
    return (f"float32 convolutions {convolutions}, products {products}{default}.",)


def _noise_words(floor: NoiseFloor) -> str:
    relative = f"± {format_percent(floor.relative)}"
    timing = "" if floor.timing is Timing.HOT else f", {TIMING_WORDS[floor.timing]}"
    call = format_seconds(floor.seconds_per_call)
    return (
        f"Noise floor of {floor.device}{timing} before the run: {relative} (A/A: 95% of the ratios of {floor.builds} "
        f"equal {floor.equals}, each built on its own, {call} a call, {floor.pairs} rounds)."
    )
