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
    floors = run.index.noise_floors.get((case.device, case.timing, case.subject), ())
    return (*precision_notes(run.environment, case), *((_noise_words(floors),) if floors else ()))


def precision_notes(environment: Environment, case: Case) -> tuple[str, ...]:
    """Return how convolutions and products were computed, of cases of float32 on CUDA that have any."""
    found = (environment.float32_convolutions, environment.float32_products)
    on_cuda = case.device.partition(":")[0] == "cuda"
    if not on_cuda or case.dtype != "float32" or case.subject is Subject.OP or None in found:
        return ()
    convolutions, products = (PRECISION_WORDS.get(each or "", each) for each in found)
    default = ", as PyTorch's default" if found == DEFAULTS else ""
    return (f"float32 convolutions {convolutions}, products {products}{default}.",)


def _noise_words(floors: tuple[NoiseFloor, ...]) -> str:
    """Return the worst one, which is the last, in words."""
    floor, count = floors[-1], len(floors)
    relative = f"± {format_percent(floor.relative)}"
    timing = "" if floor.timing is Timing.HOT else f", {TIMING_WORDS[floor.timing]}"
    call = format_seconds(floor.seconds_per_call)
    of_several = "" if count == 1 else f", the {'worse' if count == 2 else 'worst'} of {count}"  # noqa: PLR2004
    return (
        f"Noise floor of {floor.device}{timing} {floor.when} the run: {relative}{of_several} "
        f"(A/A: 95% of the ratios of {floor.builds} equal {floor.equals}, each built on its own, {call} a call, "
        f"{floor.pairs} rounds)."
    )
