"""The equal cases of a noise floor: of the kind that a run measures, and as long as what it measures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from results.records import Case, Subject, Timing

from .cuda_device import made_current
from .placement import elsewhere
from .prepared import Timed
from .threads import cpu_threads

if TYPE_CHECKING:
    from random import Random

    from .measure import Instruments
    from .noise import Place

#: What the equal cases work on: a convolution of a middle stage of a network, what most of its time goes into, and a
#: softmax of a classifier's logits...
MAP, LOGITS = (4, 64, 16, 16), (64, 1000)
#: ...with the batch doubled until a call takes so long: of some 10 us, what a fast GPU needs for these, launches and
#: events are a large part, which the cases of the run hide...
LEAST_CALL_S = 100e-6
#: ...or until it is so large.
MOST_BATCH = 2**14
CALLS_TO_SIZE = 3


def long_enough(instruments: Instruments, place: Place) -> Case:
    """Return a case of the place whose calls take LEAST_CALL_S or more there."""
    case = Case(
        suite="noise",
        implementation="equal",
        source="",
        subject=place.subject,
        shape=LOGITS if place.subject is Subject.OP else MAP,
        device=place.device,
        timing=place.timing,
        threads=place.threads,
    )
    with cpu_threads(place.threads), made_current(place.device):
        while case.shape[0] < MOST_BATCH:
            call, clock = instruments.prepare(case).call, instruments.clock_for(case)  # type: ignore[union-attr]
            # The first call loads and allocates.
            if min(clock.time(call, 1) for _ in range(CALLS_TO_SIZE)) >= LEAST_CALL_S:
                break
            case = replace(case, shape=(2 * case.shape[0], *case.shape[1:]))
    return case


def build(case: Case) -> Timed:
    """Build one of the equal cases: a convolution, or a softmax over the last dimension."""
    if case.subject is Subject.OP:
        module: nn.Module = nn.Softmax(dim=-1)
    else:
        channels = case.shape[1]
        module = nn.Conv2d(channels, channels, kernel_size=3, padding=1, device=case.device)
    x = torch.zeros(case.shape, device=case.device)

    def call() -> object:
        with torch.inference_mode():
            return module(x)

    def move(random: Random) -> None:
        nonlocal x
        x = elsewhere(x, random)

    # As in a run: a graph has its addresses for good, and a network's images stay.
    stays = case.timing is Timing.GRAPH or case.subject is Subject.NETWORK
    return Timed(call=call, move=None if stays else move)
