"""What fused_cpu.py and fused_cuda.py have in common: candidates, their calls in turn, ratios and verdicts."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import torch

from attn_impls.kernels import operators
from attn_impls.normalizers import HardSoftmax, HardSoftmaxAsWritten
from bench.sampling import calls_per_sample, warm_up
from results.intervals import median_interval

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from bench.clocks import Clock

    Normalizer = Callable[[Tensor], Tensor]

WARM_UP_S = 0.5
DIRECTIONS = ("forward", "forward+backward")
NAMES = ("softmax", "as written", "compiled softmax", "compiled HardSoftmax", "fused softmax")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How many times as long one takes as another: the median of the rounds' ratios, with its 95% interval."""

    value: float
    low: float
    high: float


def ratio(seconds: list[float], of: list[float]) -> Ratio:
    """Compare two candidates round by round."""
    ratios = [above / below for above, below in zip(seconds, of, strict=True)]
    low, high = median_interval(ratios, 0.95) or (min(ratios), max(ratios))
    return Ratio(value=median(ratios), low=low, high=high)


def dtype_named(name: str) -> torch.dtype:
    """Return one of torch's dtypes."""
    dtype: torch.dtype = getattr(torch, name)
    return dtype


def candidates(dim: int, against: Sequence[str]) -> dict[str, Normalizer]:
    """Return what is compared; the fused kernel comes first."""
    # Made only if it is compared: to ask for anything compiled takes seconds.
    known: dict[str, Callable[[], Normalizer]] = {
        "fused": lambda: lambda x: operators.hard_softmax(x, dim),
        "softmax": lambda: lambda x: torch.softmax(x, dim),
        "as written": lambda: HardSoftmaxAsWritten(dim),
        "compiled softmax": lambda: torch.compile(lambda x: torch.softmax(x, dim), fullgraph=True),
        "compiled HardSoftmax": lambda: torch.compile(HardSoftmax(dim), fullgraph=True),
        "fused softmax": lambda: lambda x: operators.softmax(x, dim),
    }
    return {name: make() for name, make in known.items() if name == "fused" or name in against}


def forward(normalizer: Normalizer, x: Tensor) -> Callable[[], object]:
    """Return inference."""

    def call() -> object:
        with torch.inference_mode():
            return normalizer(x)

    return call


def forward_and_backward(normalizer: Normalizer, x: Tensor, grad: Tensor) -> Callable[[], object]:
    """Return a step of training, without the addition to a gradient that is already there."""
    leaf = x.clone().requires_grad_()
    return lambda: torch.autograd.grad(normalizer(leaf), leaf, grad)


def calls_of(
    compared: dict[str, Normalizer], x: Tensor, grad: Tensor, direction: str
) -> dict[str, Callable[[], object]]:
    """Return a call for each candidate and for a copy into memory that is there."""
    result = torch.empty_like(x)
    calls = {
        name: forward(normalizer, x) if direction == "forward" else forward_and_backward(normalizer, x, grad)
        for name, normalizer in compared.items()
    }
    return {**calls, "copy": lambda: result.copy_(x)}


def interleaved(
    calls: dict[str, Callable[[], object]], clock: Clock, rounds: int, order: random.Random
) -> dict[str, list[float]]:
    """Return the seconds of one call, a sample a round: all take turns, in random order."""
    number = {name: calls_per_sample(warm_up(call, clock, WARM_UP_S).call_s, clock) for name, call in calls.items()}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name in order.sample(list(calls), len(calls)):
                # Untimed: what another candidate left in the caches and on the heap is not what is compared.
                clock.time(calls[name], number[name])
                seconds[name].append(clock.time(calls[name], number[name]) / number[name])
    finally:
        gc.enable()
    return seconds


def judged(found: Sequence[tuple[str, float, float]]) -> list[str]:
    """Return one line for each demand: its name, what was found, what is wanted at least."""
    return [
        f"{'holds' if value >= wanted else 'FALLS SHORT':11} {name}: {value:.2f}, wanted {wanted}"
        for name, value, wanted in found
    ]


def text(value: Ratio) -> str:
    """Return a ratio with its interval."""
    return f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]"
