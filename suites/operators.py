"""How fast are functions on logits, one against another and against a copy: eager, compiled, fused?"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from attn_impls import sources
from results.bandwidth import ITEM_BYTES, OPERATORS
from results.compare import OP_BASELINE
from results.records import PLAIN, Case, Direction, Mode, Subject, Timing

from . import latency
from .papers import psk
from .selection import Defaults, is_attention, op_entrants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attn_impls import Registry
    from bench.prepared import Timed

    from .selection import Selection

NAME = OPERATORS

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

#: Shape and dimension of logits: two branches of 256 channels at the batch that the PSK paper trains MobileNet with,
#: a classifier of ImageNet's classes, and attention over 197 tokens (a 224 x 224 image in 16 x 16 patches with a class
#: token), 64 images of 8 heads.
LOGITS = (((256, 2, 256), 1), ((4096, 1000), 1), ((64, 8, 197, 197), 3))
#: Attention of one sequence grows from here, its length doubling, for as long as the device holds it.
HEADS, FIRST_LENGTH = 8, 1024
#: How often all cases of a block hold a tensor of logits: each its input and the gradient of its result...
HELD_EACH = 2
#: ...on a GPU also the place that it is put in: there even what fills the memory is done in milliseconds...
MOVED_EACH = 1
#: ...and the one that runs what it makes meanwhile: HardSoftmax as written saves six.
HELD_RUNNING = 8
#: Of the memory that is free now: something else may want some.
SHARE_OF_FREE = 0.8


def defaults(registry: Registry) -> Defaults:
    """Return the functions that the PSK paper compares, what can be made of them, and what --plugin brings."""
    # Here: prepare knows all suites, this one too.
    from .prepare import registry_with

    ours = registry_with(()).specs
    added = (spec.name for spec in registry.specs.values() if spec.name not in ours and not is_attention(spec))
    return Defaults(implementations=(*FUNCTIONS, *added), modes=())


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return every function on logits of every shape; PyTorch's softmax and a copy are always among them."""
    functions = _functions(selection, registry)
    # Asked once a device: on CUDA it takes a process of its own.
    asked = () if selection.logits else selection.devices
    free = {device: _free_bytes(device, selection.timing_on(device)) for device in asked}
    return [
        replace(
            function,
            suite=NAME,
            shape=shape,
            dim=dim,
            dtype=dtype,
            device=device,
            direction=direction,
            threads=selection.threads_on(device),
            timing=selection.timing_on(device),
        )
        for device, dtype in product(selection.devices, selection.dtypes)
        for shape, dim in selection.logits
        or _logits(free[device], dtype, _held(len(functions), device, selection.timing_on(device)))
        for direction in selection.directions
        if direction in DIRECTIONS
        for function in functions
    ]


def prepare(case: Case, registry: Registry) -> Timed:
    """Build the function, its inputs and the call that is timed."""
    return latency.prepare(case, registry)


def _functions(selection: Selection, registry: Registry) -> list[Case]:
    chosen = op_entrants(selection, registry)
    if not chosen:
        return []
    copy = Case(suite="", implementation=PLAIN, source=sources.digest(), subject=Subject.OP, shape=())
    executed = [replace(case, mode=mode) for case in chosen for mode in selection.modes or _modes(case)]
    # Without PyTorch's softmax as it is there are no ratios.
    softmax = op_entrants(replace(selection, implementations=(OP_BASELINE,)), registry)
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


def _logits(free_bytes: int, dtype: str, held: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield shapes and dimensions: those of the PSK paper's network first."""
    yield from psk.branch_logits()
    yield from LOGITS
    room, length = SHARE_OF_FREE * free_bytes, FIRST_LENGTH
    while HEADS * length**2 * ITEM_BYTES[dtype] * held <= room:
        yield (1, HEADS, length, length), 3
        length *= 2


def _free_bytes(device: str, timing: Timing) -> int:
    """Return the memory of a device that cases can have with this timing; nothing, where it does not say."""
    if device == "cpu":
        from bench.limits import available_bytes

        return available_bytes() or 0
    from bench.gpus import free_bytes

    return free_bytes(device, timing)
