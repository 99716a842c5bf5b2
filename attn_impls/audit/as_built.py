"""Is it right as it is built, without the noise that other checks add to parameters?"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .findings import Finding, Name, fault
from .origin import attempt
from .subject import as_built, draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from .places import Place

REMEDY = "give parameters other values at first, or guard the division, root or logarithm by a small constant"


def check_as_built(home: Place) -> Iterator[Finding]:
    """Call it with random numbers and with zeros, in each mode."""
    seen: list[str] = []
    for training in (False, True):
        module = as_built(home, training=training)
        for words, x in {"random input": draw(home), "zeros": torch.zeros(home.shape)}.items():
            with torch.no_grad():
                output = attempt(module, x)
            if isinstance(output, Tensor) and not bool(output.isfinite().all()):
                bad = int((~output.isfinite()).sum())
                mode = "training" if training else "evaluation"
                seen.append(f"{bad} of {output.numel()} for {words} in {mode}")
    if seen:
        yield fault(Name.OUTPUT_NOT_FINITE, f"as built, numbers are NaN or infinite: {'; '.join(seen)}", REMEDY)


def uninitialized(place: Place) -> tuple[str, ...]:
    """Return the names of parameters and buffers that hold what was in memory before, also after a first call.

    Raises:
        Exception: what building the module raises.

    """
    with _nan_where_nothing_was_written():
        module = as_built(place)
        if not _nan_in(module):
            return ()
        # What is made ready by a call, such as room for a result, is none.
        with torch.no_grad():
            attempt(module, draw(place))
    return tuple(_nan_in(module))


def _nan_in(module: nn.Module) -> list[str]:
    named = (*module.named_parameters(), *module.named_buffers())
    return [name for name, tensor in named if tensor.is_floating_point() and bool(tensor.isnan().any())]


@contextmanager
def _nan_where_nothing_was_written() -> Iterator[None]:
    """Let ``torch.empty`` give NaN: what is in fresh memory is another number every time."""
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    filled = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = True  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.utils.deterministic.fill_uninitialized_memory = filled  # type: ignore[attr-defined]
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
