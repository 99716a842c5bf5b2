"""How fast are logit functions, one against another and against a copy: eager, compiled, fused?"""

from __future__ import annotations

import dataclasses
from functools import cache, partial
from itertools import product
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attn_impls import sources
from results.blocks import OP_BASELINE
from results.ranges import ITEM_BYTES
from results.records import PLAIN, Case, Direction, Logits, Mode, Timing

from . import latency
from .logit_sizes import BRANCHES, CHANNELS, CLASSES, HEADS, TOKENS
from .papers import psk
from .selection import Defaults, added, op_entrants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attn_impls import Registry
    from bench.prepared import Timed

    from .selection import Selection

NAME = "operators"

#: Softmax and HardSoftmax as PyTorch has it, as one writes them, and by kernels of their own.
FUNCTIONS = (
    "softmax",
    "softmax/naive",
    "softmax/fused",
    "hard_softmax/as_written",
    "hard_softmax",
    "hard_softmax/fused",
)
#: What is compiled too, unless asked otherwise: PyTorch's softmax, and the HardSoftmax that nothing overflows.
COMPILED = frozenset({"softmax", "hard_softmax"})

#: A backward pass alone has no use without its forward pass, whose results it needs.
DIRECTIONS = (Direction.FORWARD, Direction.FORWARD_BACKWARD)

#: Weights of branches at the batch that the PSK paper trains MobileNet with, a classifier's, and attention over the
#: tokens of 64 images.
LOGITS = (
    Logits(shape=(256, BRANCHES, CHANNELS), dim=1),
    Logits(shape=(4096, CLASSES), dim=1),
    Logits(shape=(64, HEADS, TOKENS, TOKENS), dim=3),
)
#: Attention of one sequence grows from here, its length doubling, for as long as the device holds it.
FIRST_LENGTH = 1024
#: How often all cases of a block hold a tensor of logits: each its input and the gradient of its result...
HELD_EACH = 2
#: ...on a GPU also the place that it is put in: there even what fills the memory is done in milliseconds...
MOVED_EACH = 1
#: ...and the one that runs what it makes meanwhile: HardSoftmax as written saves six.
HELD_RUNNING = 8
#: Of the memory that is free now: something else may want some.
SHARE_OF_FREE = 0.8


def defaults(registry: Registry) -> Defaults:
    """Return the functions that the PSK paper compares, what can be made of them, and what is added."""
    return Defaults(implementations=(*FUNCTIONS, *added(registry)), modes=())


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return every logit function of every shape; PyTorch's softmax and a copy are always among them."""
    # Asked once a device: on CUDA it takes a process of its own.
    asked = () if selection.shapes else selection.devices
    chosen = [Logits(shape=shape, dim=dim) for shape, dim in selection.shapes]
    entered = len(_functions(selection, registry, LOGITS[0]))
    # Found once for each shape: a digest of its source belongs to every function.
    functions = cache(partial(_functions, selection, registry))
    free = {device: _free_bytes(device, selection.timing_on(device)) for device in asked}
    return [
        replace(
            function,
            suite=NAME,
            dtype=dtype,
            device=device,
            direction=direction,
            threads=selection.threads_on(device),
            timing=selection.timing_on(device),
        )
        for device, dtype in product(selection.devices, selection.dtypes)
        for logits in chosen or _logits(free[device], dtype, _held(entered, device, selection.timing_on(device)))
        for direction in selection.directions
        if direction in DIRECTIONS
        for function in functions(logits)
    ]


def prepare(case: Case, registry: Registry) -> Timed:
    """Build the function, its inputs and the call that is timed."""
    return latency.prepare(case, registry)


def _functions(selection: Selection, registry: Registry, logits: Logits) -> list[Case]:
    chosen = op_entrants(selection, registry, logits)
    if not chosen:
        return []
    copy = Case(suite="", implementation=PLAIN, source=sources.digest(), input=logits)
    executed = [replace(case, mode=mode) for case in chosen for mode in selection.modes or _modes(case)]
    # Without PyTorch's softmax as it is there are no ratios.
    softmax = op_entrants(dataclasses.replace(selection, implementations=(OP_BASELINE,)), registry, logits)
    return [copy, *(case for case in softmax if case not in executed), *executed]


def _modes(function: Case) -> Sequence[Mode]:
    return (Mode.EAGER, Mode.COMPILED) if function.implementation in COMPILED else (Mode.EAGER,)


def _held(functions: int, device: str, timing: Timing) -> int:
    """Return how many tensors of the logits' size a block holds; what the clock writes to is none of the free bytes."""
    if timing is Timing.GRAPH:
        # Each case keeps one graph, which holds what its call makes. The calls before the capture hold nothing by then:
        # torch gives their cached memory back to the device before each capture, and when memory runs out.
        return functions * (HELD_EACH + HELD_RUNNING)
    # A processor takes longer than LONGEST_MOVED_S for what fills its memory.
    return functions * (HELD_EACH + (0 if device == "cpu" else MOVED_EACH)) + HELD_RUNNING


def _logits(free_bytes: int, dtype: str, held: int) -> Iterator[Logits]:
    """Yield those of the PSK paper's network first."""
    yield from psk.branch_logits()
    yield from LOGITS
    room, length = SHARE_OF_FREE * free_bytes, FIRST_LENGTH
    while HEADS * length**2 * ITEM_BYTES[dtype] * held <= room:
        yield Logits(shape=(1, HEADS, length, length), dim=3)
        length *= 2


def _free_bytes(device: str, timing: Timing) -> int:
    """Return the memory of a device that cases can have with this timing; nothing, where it does not say."""
    if device == "cpu":
        from bench.limits import available_bytes

        return available_bytes() or 0
    from bench.gpus import free_bytes

    return free_bytes(device, timing)
