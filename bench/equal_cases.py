"""The equal cases of a noise floor: of the kind that a run measures, and as long as what it measures."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import torch
from msgspec.structs import replace
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from results.records import Case, FeatureMap, Images, Logits, Sequences, Subject, Timing, Tokens

from .cuda_device import made_current
from .moved_inputs import moved_input
from .prepared import Timed
from .threads import cpu_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from results.records import Input

    from .measure import Instruments
    from .noise import Place

#: What the equal cases work on: a convolution of a middle stage of a network, what most of its time goes into, a
#: softmax of a classifier's logits, PyTorch's attention between some tokens, and a projection of tokens...
INPUTS: Mapping[Subject, Input] = MappingProxyType(
    {
        Subject.NETWORK: Images(batch=4, channels=64, height=16, width=16, num_classes=64),
        Subject.MODULE: FeatureMap(batch=4, channels=64, height=16, width=16),
        Subject.OP: Logits(shape=(64, 1000), dim=1),
        Subject.TOKENS: Tokens(batch=1, heads=8, kv_heads=8, queries=64, keys=64, head_dim=64),
        Subject.MIXER: Sequences(batch=1, height=8, width=8, heads=4, head_dim=64),
    }
)
EQUALS = {
    Subject.NETWORK: "convolutions",
    Subject.MODULE: "convolutions",
    Subject.OP: "softmaxes",
    Subject.TOKENS: "attentions",
    Subject.MIXER: "linear layers",
}
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
        input=INPUTS[place.subject],
        device=place.device,
        timing=place.timing,
        threads=place.threads,
    )
    with cpu_threads(place.threads), made_current(place.device):
        while case.input.batch < MOST_BATCH:
            call, clock = instruments.prepare(case).call, instruments.clock_for(case)  # type: ignore[union-attr]
            # The first call loads and allocates.
            if min(clock.time(call, 1) for _ in range(CALLS_TO_SIZE)) >= LEAST_CALL_S:
                break
            case = replace(case, input=case.input.with_batch(2 * case.input.batch))
    return case


def build(case: Case) -> Timed:
    """Build one of the equal cases: a convolution, a softmax over the last dimension, an attention or a projection."""
    run: Callable[..., object]
    shapes = [case.shape]
    match case.input:
        case Logits():
            run = nn.Softmax(dim=-1)
        case Tokens():
            run, shapes = scaled_dot_product_attention, [case.shape] * 3
        case Sequences(token_dim=dim):
            run = nn.Linear(dim, dim, device=case.device)
        case _:
            channels = case.shape[1]
            run = nn.Conv2d(channels, channels, kernel_size=3, padding=1, device=case.device)
    # In the closure below, mypy knows no more of it than this.
    made: Callable[..., object] = run
    inputs = [torch.zeros(shape, device=case.device) for shape in shapes]

    def call() -> object:
        with torch.inference_mode():
            return made(*inputs)

    def move(random: Random) -> None:
        inputs[:] = [moved_input(x, random) for x in inputs]

    # As in a run: a graph has its addresses for good, and a network's images stay.
    stays = case.timing is Timing.GRAPH or not case.input.moves
    return Timed(call=call, move=None if stays else move)
